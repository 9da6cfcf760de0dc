"""Puts one platform's extension together."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from licences import licence_files
from manifest import manifest_text, read_manifest
from reproducible import write_zip
from requirements import LIFTER, unmet
from targets import PLATFORMS, PYTHONS, Target, targets
from trimming import trimmed
from wheel_files import fits, is_too_long, read_wheel
from wheel_lock import REPOSITORY

ADDON_FOLDER = REPOSITORY / "blender_addon"

_LEFT_OUT = ("__pycache__", "blender_manifest.toml")


class ZipError(Exception):
    """The zip would not work; the message names every reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """Which of the zips.

    platform: name of the operating system and processor.
    is_full:  with PyTorch, or without.
    pythons:  of the Blenders that it is for.
    """

    platform: str
    is_full: bool = False
    pythons: tuple[str, ...] = PYTHONS

    @property
    def file_name(self) -> str:
        """Of the zip."""
        only = "" if self.pythons == PYTHONS else f"-python{'-'.join(self.pythons)}"
        suffix = "-full" * self.is_full + only
        return f"mvmocap-{read_manifest()['version']}-{self.platform}{suffix}.zip"

    def takes(self, wheel: str) -> bool:
        """Whether a wheel of this name installs on one of its Blenders."""
        return any(fits(wheel, target) for target in self.targets)

    @property
    def targets(self) -> list[Target]:
        """The platform with each Python."""
        return list(targets(PLATFORMS[self.platform], self.pythons))


def build_zip(edition: Edition, core: Path, wheels: Sequence[Path], folder: Path) -> Path:
    """Write an edition of the extension into a folder and return its path.

    core, wheels: the core's wheel, and all others of this edition.
    Raises ZipError where a requirement is unmet or a path too long for Windows.
    """
    target = folder / edition.file_name
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as name:
        carried = [core, *(trimmed(path, Path(name)) for path in wheels)]
        _refuse([*missing_requirements(edition, carried), *long_paths(carried)])
        manifest = manifest_text(edition.platform, [path.name for path in carried], edition.pythons)
        entries: dict[str, bytes | Path] = {
            **{path.relative_to(ADDON_FOLDER).as_posix(): path for path in addon_files()},
            **licence_files([core, *wheels]),
            **{f"wheels/{path.name}": path for path in carried},
            "LICENSE": REPOSITORY / "LICENSE",
            "blender_manifest.toml": manifest.encode(),
        }
        _refuse(long_names(entries))
        write_zip(target, entries)
    return target


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise ZipError("\n".join(problems))


def addon_files() -> list[Path]:
    """The add-on's own files: code and data."""
    return sorted(
        path
        for path in ADDON_FOLDER.rglob("*")
        if path.is_file() and not any(part in _LEFT_OUT for part in path.parts)
    )


def missing_requirements(edition: Edition, wheels: Sequence[Path]) -> list[str]:
    """What wheels of an edition ask for and do not get, for each Python; none is right."""
    extra = LIFTER if edition.is_full else ""
    problems = []
    for target in edition.targets:
        facts = [read_wheel(path) for path in wheels if fits(path.name, target)]
        problems += unmet({each.name: each for each in facts}, target, extra=extra)
    return problems


def long_paths(wheels: Sequence[Path]) -> list[str]:
    """Files whose paths are too long for Windows once Blender has unpacked them; none is right."""
    return [
        f"{path.name}: {name} is {len(name)} characters long."
        for path in wheels
        for name in read_wheel(path).files
        if is_too_long(name)
    ]


def long_names(entries: Iterable[str]) -> list[str]:
    """Files of the extension itself whose paths are too long for Windows; none is right."""
    return [f"{name} is {len(name)} characters long." for name in entries if is_too_long(name)]
