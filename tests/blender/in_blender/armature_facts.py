"""motion.npz FPS: bake it at a frame rate, and look at the armature."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, bake_clip, finish, heads_m

from blender_addon.armature.rest_pose import bone_name
from mvmocap_core.motion.clip import load_motion

path, fps = arguments()
clip = load_motion(Path(path))
armature_object, motion = bake_clip(clip, float(fps))
names = [bone_name(str(name)) for name in clip.joint_names]
scene = bpy.context.scene
frames = sorted({0, 7, 18, len(motion.times_s) // 2, len(motion.times_s) - 1})
bones = armature_object.data.bones
finish(
    {
        "version": bpy.app.version_string,
        "times_s": [motion.times_s[frame] for frame in frames],
        "heads_m": [heads_m(armature_object, names, 1 + frame).tolist() for frame in frames],
        "fps": scene.render.fps / scene.render.fps_base,
        "frame_range": [scene.frame_start, scene.frame_end],
        "key_range": list(armature_object.animation_data.action.frame_range),
        "rest_m": {bone.name: [list(bone.head_local), list(bone.tail_local)] for bone in bones},
        "axes": {bone.name: np.array(bone.matrix_local.to_3x3()).tolist() for bone in bones},
        "connected": [bone.name for bone in bones if bone.use_connect],
        "collections": [collection.name for collection in bpy.data.collections],
    }
)
