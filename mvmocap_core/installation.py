"""Whether the packages that this process gets are the ones that a solve can work with.

Blender unpacks the wheels of all extensions into one folder, and of two versions of a package it
keeps the higher one: another extension may have brought what we get.
"""

import importlib
import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from mvmocap_core.errors import MocapError


class InstallationError(MocapError):
    """A package that the solve needs is absent or of a version that it cannot use."""

    reason = "installation"


@dataclass(frozen=True, slots=True)
class Need:
    """A package and the versions that serve.

    package:  as package indexes know it; module: as Python imports it.
    at_least: the first version that serves.
    below:    the first one after it that may not.
    """

    package: str
    module: str
    at_least: str
    below: str


NEEDS = (
    Need("numpy", "numpy", "1.26", "3"),
    Need("scipy", "scipy", "1.15", "2"),
    Need("av", "av", "18", "19"),
    Need("mediapipe", "mediapipe", "0.10.33", "0.10.34"),  # later ones report to their makers
    Need("absl-py", "absl", "2.3", "3"),
    Need("flatbuffers", "flatbuffers", "25.9", "26"),
    Need("matplotlib", "matplotlib", "3.8", "4"),
    Need("opencv-python-headless", "cv2", "4.8", "5"),
    Need("platformdirs", "platformdirs", "4", "5"),
    Need("tqdm", "tqdm", "4.60", "5"),
    Need("Jinja2", "jinja2", "3.1", "4"),
    Need("threadpoolctl", "threadpoolctl", "3.1", "4"),
)

LIFTER_NEEDS = (Need("torch", "torch", "2.4", "3"),)
"""What training lifters needs, and some methods; a solve by the default one does without."""

RIVALS = ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")
"""Packages that write their files over those of opencv-python-headless."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A package that is not as needed.

    found:   its version; None where it is absent.
    folder:  where it was found.
    message: what is wrong and what to do, in one line.
    """

    package: str
    found: str | None
    folder: str | None
    message: str


def check_installation(needs: Sequence[Need] = NEEDS) -> None:
    """Raise InstallationError, with all that is wrong, where a solve could not be trusted.

    Rival packages are let pass: what they have overwritten may work.
    """
    conflicts = unserved(needs)
    if conflicts:
        raise InstallationError(" ".join(conflict.message for conflict in conflicts))


def find_conflicts(needs: Sequence[Need] = NEEDS) -> list[Conflict]:
    """Give every conflict: those with rival packages too, and PyTorch where it does not serve."""
    lifter = [conflict for conflict in unserved(LIFTER_NEEDS) if conflict.found is not None]
    rivals = [rival for name in RIVALS if (rival := _rival(name)) is not None]
    return unserved(needs) + lifter + rivals


def unserved(needs: Sequence[Need] = NEEDS) -> list[Conflict]:
    """Give the needed packages that are absent or of a version that does not serve."""
    return [conflict for need in needs if (conflict := _conflict(need)) is not None]


def _conflict(need: Need) -> Conflict | None:
    version = found_version(need)
    if version is None:
        message = f"{need.package} is absent: install the extension again."
        return Conflict(need.package, None, None, message)
    if _numbers(need.at_least) <= _numbers(version) < _numbers(need.below):
        return None
    folder = _folder(need.module)
    message = (
        f"{need.package} {version} in {folder} does not serve: it has to be {need.at_least} or "
        f"later and below {need.below}. Disable the extension that brought it, or update mvmocap."
    )
    return Conflict(need.package, version, folder, message)


def _rival(package: str) -> Conflict | None:
    try:
        version = distribution(package).version
        distribution("opencv-python-headless")
    except PackageNotFoundError:
        return None
    message = (
        f"{package} {version} and opencv-python-headless overwrite each other in "
        f"{_folder('cv2')}: disable the extension that brought the other one."
    )
    return Conflict(package, version, _folder("cv2"), message)


def found_version(need: Need) -> str | None:
    """Version of a package as its files say, or as it says itself; None where it is absent."""
    try:
        return distribution(need.package).version
    except PackageNotFoundError:
        pass  # Blender carries NumPy without the files of its installer
    if importlib.util.find_spec(need.module) is None:
        return None
    version = getattr(importlib.import_module(need.module), "__version__", None)
    return None if version is None else str(version)


def _folder(module: str) -> str:
    spec = importlib.util.find_spec(module)
    origin = spec.origin if spec is not None else None
    return "an unknown place" if origin is None else str(Path(origin).parents[1])


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: those of 2.3.5rc1 are 2, 3 and 5."""
    leading = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, leading.group().split("."))) if leading else ()
