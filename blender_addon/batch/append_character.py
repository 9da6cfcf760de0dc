"""Bring a character from its own file into the open one."""

from pathlib import Path

import bpy

from mvmocap_core.errors import InputError


def append_character(
    path: Path, armature: str, collection: bpy.types.Collection
) -> bpy.types.Object | None:
    """A copy of the armature in a .blend, with what belongs to it, linked to the collection.

    What it moves comes along: everything below the armature or above it, and meshes that it
    deforms. The rest of the file stays away. Returns None where there is no such armature.

    Raises:
        InputError: when the file cannot be read.
    """
    try:
        with bpy.data.libraries.load(str(path), link=False) as (source, target):
            names = list(source.objects)
            target.objects = list(names)
    except OSError as error:
        message = f"{path}: Blender cannot open it as a character."
        raise InputError(message, reason="bad_character") from error
    by_name = dict(zip(names, target.objects, strict=True))
    found = by_name.get(armature)
    if found is None or found.type != "ARMATURE":
        return None
    family = {found, *found.children_recursive, *_parents(found)}
    family |= {each for each in by_name.values() if each is not None and _is_moved(each, found)}
    for each in sorted(family, key=lambda member: member.name):
        collection.objects.link(each)
    return found


def _parents(child: bpy.types.Object) -> list[bpy.types.Object]:
    above: list[bpy.types.Object] = []
    while child.parent is not None:
        child = child.parent
        above.append(child)
    return above


def _is_moved(each: bpy.types.Object, armature: bpy.types.Object) -> bool:
    return any(
        modifier.type == "ARMATURE" and modifier.object == armature for modifier in each.modifiers
    )
