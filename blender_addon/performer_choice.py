"""The choice of a performer of the scene's take."""

from typing import Any

import bpy

from mvmocap_core.options import MAX_PEOPLE

from .scene_take import count_people

_PEOPLE = [(str(person), f"Performer {person + 1}", "") for person in range(MAX_PEOPLE)]


def performers(
    _self: bpy.types.bpy_struct, context: bpy.types.Context | None
) -> list[tuple[str, str, str]]:
    """Those whom the scene's take has; Blender needs the same strings every time."""
    return _PEOPLE[: max(count_people(context.scene), 1)] if context else _PEOPLE


def chosen(group: Any) -> int:
    """The number in `group.person`, from 0; the first where the take has fewer than before."""
    return int(group.person or 0)
