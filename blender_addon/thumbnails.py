"""Small pictures of the videos, made by Blender's own preview of movie files."""

from pathlib import Path
from typing import Any

import bpy.utils.previews

_store: dict[str, Any] = {}
"""The one collection of previews, which Blender wants to be kept and removed by hand."""


def thumbnail(path: str) -> int:
    """Icon of a video's picture; 0 where there is none."""
    previews = _store.get("previews")
    if previews is None:
        return 0
    if path not in previews:  # drawn many times: only the first may touch the disk
        if not Path(path).is_file():
            return 0
        previews.load(path, path, "MOVIE")
    return previews[path].icon_id


def register() -> None:
    """Make room for the pictures."""
    _store["previews"] = bpy.utils.previews.new()


def unregister() -> None:
    """Free them."""
    previews = _store.pop("previews", None)
    if previews is not None:
        bpy.utils.previews.remove(previews)


CLASSES: tuple[type, ...] = ()
