"""Which other extensions bring a package: Blender unpacks the wheels of all into one folder."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def extensions_with(package: str, repositories: Iterable[Path], *, but: str) -> list[str]:
    """Names of the installed extensions whose wheels have a package, without the one called `but`.

    package:      in any of its spellings, such as opencv-python-headless.
    repositories: folders of Blender's extension repositories.
    """
    names = set()
    for repository in repositories:
        for manifest in sorted(repository.glob("*/blender_manifest.toml")):
            found = _read(manifest)
            wheels = (wheel for wheel in found.get("wheels", ()) if isinstance(wheel, str))
            if found.get("id") != but and any(
                _package(wheel) == _plain(package) for wheel in wheels
            ):
                names.add(str(found.get("name", manifest.parent.name)))
    return sorted(names)


def _read(manifest: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # Blender has told its user already


def _package(wheel: str) -> str:
    return _plain(wheel.replace("\\", "/").rpartition("/")[2].partition("-")[0])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
