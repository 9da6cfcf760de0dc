"""Start the running Blender, or Python with the bpy module, once more."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from mvmocap_core.errors import InputError


def blender_command(script: Path, arguments: Sequence[str]) -> list[str]:
    """Command line that runs `script` with bpy as this process has it.

    Raises:
        InputError: when there is no bpy.
    """
    bpy = sys.modules.get("bpy")  # importing it takes a second, and only real Blender has it now
    binary = bpy.app.binary_path if bpy is not None else ""
    if binary:
        blender = [binary, "--background", "--factory-startup", "--python-exit-code", "1"]
        return [*blender, "--python", str(script), "--", *arguments]
    if importlib.util.find_spec("bpy") is None:
        message = (
            "this Python has no bpy module; run `blender -b --python build.py -- scenes.toml`, "
            "or `pip install bpy`."
        )
        raise InputError(message, reason="no_blender")
    return [sys.executable, str(script), *arguments]
