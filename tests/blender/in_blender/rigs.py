"""Rigs of the families that the presets know."""

import bpy
import numpy as np
from mathutils import Matrix, Vector

from benchmarks.rig_families import Skeleton, load_family
from blender_addon.armature.generate import editing_bones


def add_skeleton(skeleton: Skeleton) -> bpy.types.Object:
    """An armature object with the skeleton's bones, axes, units and constraints."""
    turn = Matrix.Rotation(np.pi / 2, 4, "X") if skeleton.is_y_up else Matrix.Identity(4)
    matrix_world = turn @ Matrix.Scale(skeleton.unit_m, 4)
    inverse = np.array(matrix_world.inverted())
    rig = bpy.data.objects.new(skeleton.family, bpy.data.armatures.new(skeleton.family))
    bpy.context.scene.collection.objects.link(rig)
    with editing_bones(rig) as bones:
        for bone, name in enumerate(skeleton.names):
            ends = np.stack([skeleton.heads_m[bone], skeleton.tails_m[bone]])
            head, tail = ends @ inverse[:3, :3].T
            axes = np.array(turn)[:3, :3].T @ skeleton.rotmats[bone]
            edit_bone = bones.new(name)
            edit_bone.head, edit_bone.tail = Vector(head), Vector(tail)
            edit_bone.align_roll(Vector(axes[:, 2]))
            if skeleton.parents[bone] >= 0:
                edit_bone.parent = bones[skeleton.names[skeleton.parents[bone]]]
    rig.matrix_world = matrix_world
    for bone, control in skeleton.copies.items():
        constraint = rig.pose.bones[bone].constraints.new("COPY_TRANSFORMS")
        constraint.target, constraint.subtarget = rig, control
    for control in set(skeleton.copies.values()):
        rig.data.bones[control].use_deform = False
    bpy.context.view_layer.update()
    return rig


def add_mixamo() -> bpy.types.Object:
    """A T-posed skeleton as Mixamo's FBX comes in: centimetres, Y up, names with a prefix."""
    return add_skeleton(load_family("mixamo"))


def add_metarig() -> bpy.types.Object:
    """Rigify's human metarig."""
    import addon_utils

    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_human_metarig_add()
    return bpy.context.object


def add_rigify_rig() -> bpy.types.Object:
    """The rig that Rigify makes from its basic human metarig."""
    import addon_utils

    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_basic_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    return bpy.context.object


RIGS = {"mixamo": add_mixamo, "metarig": add_metarig, "rigify": add_rigify_rig}
