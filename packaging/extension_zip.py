"""Puts one platform's extension together."""

from collections.abc import Sequence
from pathlib import Path

from licences import licence_files
from manifest import manifest_text, read_manifest
from reproducible import write_zip
from requirements import unmet
from targets import PLATFORMS, targets
from wheel_files import fits, read_wheel
from wheel_lock import REPOSITORY

ADDON_FOLDER = REPOSITORY / "blender_addon"

PATH_LIMIT = 259
"""Of Windows, without the zero at the end."""
TYPICAL_PREFIX = 120
"""Of Blender's site-packages for extensions in the profile of a Windows user."""

_LEFT_OUT = ("__pycache__", "blender_manifest.toml")


class ZipError(Exception):
    """The zip would not work; the message names every reason."""


def zip_name(platform: str) -> str:
    """File name of the extension for a platform."""
    return f"mvmocap-{read_manifest()['version']}-{platform}.zip"


def build_zip(platform: str, core: Path, wheels: Sequence[Path], folder: Path) -> Path:
    """Write the extension for a platform into a folder and return its path.

    core, wheels: the core's wheel, and all others of this platform.
    Raises ZipError where a requirement is unmet or a path too long for Windows.
    """
    carried = [core, *wheels]
    problems = [*missing_requirements(platform, carried), *long_paths(carried)]
    if problems:
        raise ZipError("\n".join(problems))
    names = [path.name for path in carried]
    entries: dict[str, bytes | Path] = {
        **{path.relative_to(ADDON_FOLDER).as_posix(): path for path in addon_files()},
        **licence_files(carried),
        **{f"wheels/{path.name}": path for path in carried},
        "LICENSE": REPOSITORY / "LICENSE",
        "blender_manifest.toml": manifest_text(platform, names).encode(),
    }
    target = folder / zip_name(platform)
    write_zip(target, entries)
    return target


def addon_files() -> list[Path]:
    """The add-on's own files: code and data."""
    return sorted(
        path
        for path in ADDON_FOLDER.rglob("*")
        if path.is_file() and not any(part in _LEFT_OUT for part in path.parts)
    )


def missing_requirements(platform: str, wheels: Sequence[Path]) -> list[str]:
    """What wheels of a platform ask for and do not get, for each Python; none is right."""
    problems = []
    for target in targets(PLATFORMS[platform]):
        facts = [read_wheel(path) for path in wheels if fits(path.name, target)]
        problems += unmet({each.name: each for each in facts}, target)
    return problems


def long_paths(wheels: Sequence[Path]) -> list[str]:
    """Files whose paths are too long for Windows once Blender has unpacked them; none is right."""
    return [
        f"{path.name}: {name} is {len(name)} characters long."
        for path in wheels
        for name in read_wheel(path).files
        if TYPICAL_PREFIX + len(name) > PATH_LIMIT
    ]
