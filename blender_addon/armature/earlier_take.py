"""What an earlier set-up of the same take has left in a scene gives way to the new one.

Every object that a set-up adds is marked with its part in it, and the armature's action with a
digest of its keys. What the animator has added, and an action whose keys the animator has changed,
stay in the file.
"""

import hashlib
from collections.abc import Mapping, Sequence

import bpy
import numpy as np
from mathutils import Matrix

from .scene import PART_KEY

DIGEST_KEY = "mvmocap_digest"


def parts_of(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """The objects that set-ups have added to a collection, wherever in it they are now."""
    return [found for found in collection.all_objects if PART_KEY in found]


def mark_part(item: bpy.types.Object, part: str) -> None:
    """Remember that the object is this part of a set-up, and which keys its action has."""
    item[PART_KEY] = part
    action = _action(item)
    if action is not None:
        action[DIGEST_KEY] = _digest(action)


def is_untouched(item: bpy.types.Object) -> bool:
    """Whether an armature moves as the set-up has made it move, as far as can be seen in it."""
    action = _action(item)
    is_own = action is not None and action.get(DIGEST_KEY) == _digest(action)
    animation = item.animation_data
    has_more = bool(item.constraints) or item.parent is not None
    has_more |= any(pose_bone.constraints for pose_bone in item.pose.bones)
    is_there = item.matrix_world == Matrix.Identity(4)
    return is_own and is_there and not has_more and not animation.nla_tracks


def replace_parts(
    earlier: Sequence[bpy.types.Object], parts: Mapping[str, bpy.types.Object]
) -> None:
    """Remove earlier objects; those of the same part take their places and names.

    Whatever points to an earlier object, such as a constraint or a child, points to the new one
    afterwards.
    """
    for old in earlier:
        _replace(old, parts.get(old[PART_KEY]))


def _replace(old: bpy.types.Object, new: bpy.types.Object | None) -> None:
    belongings = _belongings(old)
    successors = [] if new is None else [new, *_belongings(new)]
    names = [item.name for item in (old, *belongings)]
    for collection in list(old.users_collection):
        collection.objects.unlink(old)
    if new is not None:
        old.user_remap(new)
    bpy.data.objects.remove(old)
    for item in belongings:
        _let_go(item)
    for name, item in zip(names, successors, strict=False):  # the new one may have less
        item.name = name


def _belongings(item: bpy.types.Object) -> list[bpy.types.ID]:
    """What a set-up has made for this object alone: its data, footage and action."""
    backgrounds = item.data.background_images if item.type == "CAMERA" else ()
    clips = [background.clip for background in backgrounds if background.clip]
    action = _action(item)
    return [made for made in (item.data, *clips, action) if made is not None]


def _let_go(item: bpy.types.ID) -> None:
    """Remove what nobody uses any more; keep an action that the animator has worked on."""
    if isinstance(item, bpy.types.Action) and item.get(DIGEST_KEY) != _digest(item):
        item.use_fake_user = True
    elif item.users == 0:
        bpy.data.batch_remove([item])


def _action(item: bpy.types.Object) -> bpy.types.Action | None:
    return item.animation_data.action if item.animation_data else None


def _digest(action: bpy.types.Action) -> str:
    """Hash of all keys."""
    digest = hashlib.blake2b(digest_size=16)
    for curve in _curves(action):
        keys = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
        curve.keyframe_points.foreach_get("co", keys)
        digest.update(f"{curve.data_path}[{curve.array_index}]".encode())
        digest.update(keys.tobytes())
    return digest.hexdigest()


def _curves(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    if not hasattr(action, "layers"):  # before 4.4
        return list(action.fcurves)
    return [
        curve
        for layer in action.layers
        for strip in layer.strips
        for channelbag in strip.channelbags
        for curve in channelbag.fcurves
    ]
