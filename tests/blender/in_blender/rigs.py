"""Rigs of the families that the presets know."""

import bpy
import numpy as np
from mathutils import Matrix, Vector

from blender_addon.armature.generate import editing_bones

_MIXAMO = {
    "Hips": (None, (0, 0, 104)),
    "Spine": ("Hips", (0, -1, 10)),
    "Spine1": ("Spine", (0, -1, 12)),
    "Spine2": ("Spine1", (0, 0, 13)),
    "Neck": ("Spine2", (0, 1, 16)),
    "Head": ("Neck", (0, 2, 10)),
    "HeadTop_End": ("Head", (0, 2, 18)),
}
_MIXAMO_SIDE = {
    "Shoulder": ("Spine2", (6, 1, 12)),
    "Arm": ("Shoulder", (12, 0, -1)),
    "ForeArm": ("Arm", (27, 0, 0)),
    "Hand": ("ForeArm", (27, 0, 0)),
    "HandMiddle1": ("Hand", (9, 0, 0)),
    "UpLeg": ("Hips", (9, 0, -6)),
    "Leg": ("UpLeg", (0, 0, -44)),
    "Foot": ("Leg", (0, -3, -44)),
    "ToeBase": ("Foot", (0, 12, -8)),
    "Toe_End": ("ToeBase", (0, 8, 0)),
}


def add_mixamo() -> bpy.types.Object:
    """A T-posed skeleton as Mixamo's FBX comes in: centimetres, Y up, names with a prefix.

    The armature object is turned by 90 degrees and scaled to 0.01; +y above is to the back.
    """
    heads = {name: np.array(offset, dtype=float) for name, (_, offset) in _MIXAMO.items()}
    parents = {name: parent for name, (parent, _) in _MIXAMO.items()}
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for name, (parent, (x, y, z)) in _MIXAMO_SIDE.items():
            full = f"{side}{parent}" if parent in _MIXAMO_SIDE else parent
            # Mixamo's toes point forward: +y of the table is to the front for the feet
            front = -y if name in ("ToeBase", "Toe_End") else y
            parents[f"{side}{name}"] = full
            heads[f"{side}{name}"] = np.array((sign * x, front, z), dtype=float)
    for name, parent in parents.items():
        if parent is not None:
            heads[name] = heads[name] + heads[parent]
    rig = bpy.data.objects.new("Armature", bpy.data.armatures.new("Armature"))
    bpy.context.scene.collection.objects.link(rig)
    y_up = np.array(Matrix.Rotation(-np.pi / 2, 3, "X"))
    with editing_bones(rig) as bones:
        for number, (name, parent) in enumerate(parents.items()):
            bone = bones.new(f"mixamorig:{name}")
            child = next((c for c, p in parents.items() if p == name), None)
            tail = heads[child] if child else heads[name] + np.array([0.0, 0.0, 5.0])
            bone.head, bone.tail = Vector(y_up @ heads[name]), Vector(y_up @ tail)
            bone.roll = 0.4 * np.sin(3.0 * number)
            if parent is not None:
                bone.parent = bones[f"mixamorig:{parent}"]
    rig.matrix_world = Matrix.Rotation(np.pi / 2, 4, "X") @ Matrix.Scale(0.01, 4)
    bpy.context.view_layer.update()
    return rig


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
