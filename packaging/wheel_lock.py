"""wheels/wheels.toml: every wheel that goes into a zip, with its SHA-256 and its platforms."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
LOCK_FILE = REPOSITORY / "wheels" / "wheels.toml"
CACHE_FOLDER = REPOSITORY / "wheels" / "cache"

_HEADER = """\
# Written by `./run package --lock` from requirements.txt and requirements-lifter.txt; do not edit.
# Wheels are fetched into wheels/cache by name, version and SHA-256, from pip's ordinary index.
"""


@dataclass(frozen=True, order=True, slots=True)
class LockedWheel:
    """A file name as the package index has it, and where it belongs.

    platforms:    names of the zips that carry it.
    is_full_only: whether only the full zips do, which have PyTorch.
    """

    file: str
    sha256: str
    platforms: tuple[str, ...]
    is_full_only: bool = False

    @property
    def path(self) -> Path:
        """Where it lies once fetched."""
        return CACHE_FOLDER / self.file


def read_lock(path: Path = LOCK_FILE) -> list[LockedWheel]:
    """Read the lock file, sorted by file name. Raises ValueError where it is damaged."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["wheel"]
        return sorted(
            LockedWheel(
                row["file"], row["sha256"], tuple(row["platforms"]), row.get("full_only", False)
            )
            for row in rows
        )
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(f"{path}: not a lock file ({error}).") from error


def write_lock(wheels: Iterable[LockedWheel], path: Path = LOCK_FILE) -> None:
    """Write the lock file, sorted."""
    blocks = [_HEADER]
    for wheel in sorted(wheels):
        platforms = ", ".join(f'"{name}"' for name in wheel.platforms)
        blocks.append(
            f'[[wheel]]\nfile = "{wheel.file}"\nsha256 = "{wheel.sha256}"\n'
            f"platforms = [{platforms}]\n" + "full_only = true\n" * wheel.is_full_only
        )
    path.write_text("\n".join(blocks), encoding="utf-8")


def wheels_of(
    platform: str, wheels: Iterable[LockedWheel], *, is_full: bool = False
) -> list[LockedWheel]:
    """The wheels of one platform's small or full zip."""
    return [
        wheel
        for wheel in wheels
        if platform in wheel.platforms and (is_full or not wheel.is_full_only)
    ]
