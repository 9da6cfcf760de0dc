"""The extension's manifest for one platform, from the one in blender_addon/."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from targets import BLENDERS, PYTHONS
from wheel_lock import REPOSITORY

MANIFEST_FILE = REPOSITORY / "blender_addon" / "blender_manifest.toml"


def read_manifest(path: Path = MANIFEST_FILE) -> dict[str, object]:
    """The manifest as it stands in the repository, without wheels."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def manifest_text(
    platform: str, wheel_names: Sequence[str], pythons: Sequence[str] = PYTHONS
) -> str:
    """The manifest of one platform's zip: its wheels, and the Blenders of the Pythons it is for."""
    lines = MANIFEST_FILE.read_text(encoding="utf-8").splitlines()
    earliest, latest = BLENDERS[pythons[0]][0], BLENDERS[pythons[-1]][1]
    at = next(i for i, line in enumerate(lines) if line.startswith("blender_version_min = "))
    lines[at] = f'blender_version_min = "{earliest}"'
    if latest is not None:
        lines.insert(at + 1, f'blender_version_max = "{latest}"')
    at = next(i for i, line in enumerate(lines) if line.startswith("platforms = "))
    lines[at] = f'platforms = ["{platform}"]'
    wheels = [f'    "./wheels/{name}",' for name in sorted(wheel_names)]
    lines[at + 1 : at + 1] = ["wheels = [", *wheels, "]"]
    return "\n".join(lines) + "\n"
