"""The extension in an empty Blender, and what its operators leave."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench  # noqa: F401 - sets the paths
import bpy

import blender_addon


def empty_scene(take: Path | None = None) -> bpy.types.Scene:
    """An empty Blender with the extension, the take chosen."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    blender_addon.register()
    scene = bpy.context.scene
    if take is not None:
        scene.mvmocap.take_folder = str(take)
    return scene


def refusal(operator: Callable[..., set[str]], **settings: Any) -> str:
    """What an operator says that cannot do its work; empty if it does."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            operator(**settings)
    except RuntimeError as error:  # an error report, or a poll that says no
        return str(error)
    return ""


def contents() -> list[str]:
    """Names of everything in the file that an operator may add."""
    kinds = ("objects", "armatures", "actions", "collections", "cameras", "movieclips")
    return sorted(f"{kind}/{found.name}" for kind in kinds for found in getattr(bpy.data, kind))
