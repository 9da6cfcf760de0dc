"""motion.npz: put it on a character of other names, size and rest pose, which stands elsewhere."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish, heads_m
from mathutils import Matrix, Vector

from blender_addon.armature.animate import bake_take
from blender_addon.armature.bake_options import BakeOptions, RetargetOptions
from blender_addon.armature.generate import editing_bones
from blender_addon.armature.rest_pose import rest_bones
from mvmocap_core.motion.clip import MotionClip, load_motion

SIZE = 1.3
ARM_DOWN = np.radians(50.0)


def a_pose_m(clip: MotionClip) -> np.ndarray:
    """(J, 3) the clip's rest pose, larger, with the arms hanging down at an angle."""
    positions = np.array([bone.head for bone in rest_bones(clip)])
    for joint, parent in enumerate(clip.joint_parents):
        side, _, kind = str(clip.joint_names[joint]).partition("_")
        if kind in ("elbow", "wrist"):
            angle = ARM_DOWN if side == "left" else -ARM_DOWN
            turn = np.array(Matrix.Rotation(angle, 3, "Y"))
            positions[joint] = positions[parent] + turn @ clip.rest_offsets_m[joint]
    return SIZE * positions


def add_character(clip: MotionClip) -> bpy.types.Object:
    """One bone a joint under a root bone that follows none, each rolled at random."""
    heads = a_pose_m(clip)
    armature_object = bpy.data.objects.new("hero", bpy.data.armatures.new("hero"))
    bpy.context.scene.collection.objects.link(armature_object)
    rng = np.random.default_rng(1)
    with editing_bones(armature_object) as bones:
        root = bones.new("root")
        root.head, root.tail = Vector((0, 0, 0)), Vector((0, 0.3, 0))
        for joint, parent in enumerate(clip.joint_parents):
            bone = bones.new(f"DEF_{clip.joint_names[joint]}")
            onward = heads[joint] - heads[parent] if parent >= 0 else np.array([0, 0, 0.1])
            bone.head, bone.tail = Vector(heads[joint]), Vector(heads[joint] + 0.5 * onward)
            bone.roll = rng.uniform(-3, 3)
            bone.parent = bones[f"DEF_{clip.joint_names[parent]}"] if parent >= 0 else root
    armature_object.scale = (0.5, 0.5, 0.5)
    return armature_object


clip = load_motion(Path(arguments()[0]))
bpy.ops.wm.read_factory_settings(use_empty=True)
armature_object = add_character(clip)
bpy.context.view_layer.update()
bone_map = {str(name): f"DEF_{name}" for name in clip.joint_names}
bake_take(armature_object, clip, bone_map, BakeOptions(retarget=RetargetOptions(use_feet_ik=False)))
names = list(bone_map.values())
finish(
    {
        "frames": [0, 15, 30],
        "heads_m": [heads_m(armature_object, names, 1 + frame).tolist() for frame in (0, 15, 30)],
        "size": 0.5 * SIZE,
    }
)
