"""Build a humanoid armature from a clip's skeleton."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import bpy
from mathutils import Vector

from .rest_pose import RestBone

ROOT_BONE = "root"
_ROOT_LENGTH_M = 0.3


def generate_armature(
    name: str,
    bones: Sequence[RestBone],
    collection: bpy.types.Collection,
    *,
    has_root: bool = False,
) -> bpy.types.Object:
    """Add an armature object to `collection` with the given rest pose, and make it active.

    Object and armature are called `name`, or name.001 and so on where that is taken.

    has_root: put a bone called `ROOT_BONE` on the floor, above all others.
    """
    armature = bpy.data.armatures.new(name)
    armature.display_type = "OCTAHEDRAL"
    armature_object = bpy.data.objects.new(name, armature)
    armature_object.show_in_front = True  # seen through the footage's and a character's mesh
    collection.objects.link(armature_object)
    with editing_bones(armature_object) as edit_bones:
        root = edit_bones.new(ROOT_BONE) if has_root else None
        if root is not None:
            root.head, root.tail = Vector((0.0, 0.0, 0.0)), Vector((0.0, _ROOT_LENGTH_M, 0.0))
            root.use_deform = False
        for bone in bones:
            edit_bone = edit_bones.new(bone.name)
            edit_bone.head, edit_bone.tail = Vector(bone.head), Vector(bone.tail)
            edit_bone.align_roll(Vector(bone.rotmat[:, 2]))
            if bone.parent >= 0:
                edit_bone.parent = edit_bones[bones[bone.parent].name]
                edit_bone.use_connect = bone.is_connected
            elif root is not None:
                edit_bone.parent = root
    for pose_bone in armature_object.pose.bones:
        pose_bone.rotation_mode = "QUATERNION"
    return armature_object


@contextmanager
def editing_bones(armature_object: bpy.types.Object) -> Iterator[bpy.types.ArmatureEditBones]:
    """Edit mode on this armature, which stays the active object afterwards."""
    active = bpy.context.view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.view_layer.objects.active = armature_object
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        yield armature_object.data.edit_bones
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
