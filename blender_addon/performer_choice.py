"""The choice of a performer of the scene's take."""

from pathlib import Path
from typing import Any

import bpy

from mvmocap_core.options import MAX_PEOPLE
from mvmocap_core.take_files import PICTURE_FILE, own_file

from .scene_take import count_people
from .thumbnails import picture

_SCALE = 5.0

_PEOPLE = [(str(person), f"Performer {person + 1}", "") for person in range(MAX_PEOPLE)]


def performers(
    _self: bpy.types.bpy_struct, context: bpy.types.Context | None
) -> list[tuple[str, str, str]]:
    """Those whom the scene's take has; Blender needs the same strings every time."""
    return _PEOPLE[: max(count_people(context.scene), 1)] if context else _PEOPLE


def chosen(group: Any) -> int:
    """The number in `group.person`, from 0; the first where the take has fewer than before."""
    return int(group.person or 0)


def draw_performers(layout: bpy.types.UILayout, scene: bpy.types.Scene, group: Any) -> None:
    """Draw the choice, with the chosen one as both views show them; nothing for one alone."""
    if count_people(scene) < 2:
        return
    layout.prop(group, "person")
    folder = Path(bpy.path.abspath(scene.mvmocap.take_folder))
    icon = picture(own_file(folder, PICTURE_FILE, chosen(group)))
    if icon:
        layout.template_icon(icon_value=icon, scale=_SCALE)
