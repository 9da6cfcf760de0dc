"""Asks Blender's own tool whether it takes a zip."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 120


class InvalidZipError(Exception):
    """Blender's tool refused the zip; the message is its own."""


def validate_zip(path: Path) -> None:
    """Run Blender's `extension validate` on a zip, or warn that there is no bpy to do it with.

    Raises InvalidZipError.
    """
    tool = _blender_tool()
    if tool is None:
        print(f"package: no bpy module here, {path.name} was not validated.", file=sys.stderr)
        return
    done = subprocess.run(
        [sys.executable, str(tool), "validate", str(path)],
        capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    if done.returncode != 0:
        raise InvalidZipError(f"{path.name}: {(done.stdout + done.stderr).strip()}")


def _blender_tool() -> Path | None:
    """Path of blender_ext.py in the bpy module, which is not imported."""
    found = importlib.util.find_spec("bpy")
    if found is None or found.origin is None:
        return None
    scripts = Path(found.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    return next(scripts, None)
