"""The motion of a generated skeleton as it is in the scene, with what the animator did to it."""

from dataclasses import replace

import bpy
import numpy as np

from mvmocap_core.motion.clip import MotionClip

from . import quaternions as quat
from .earlier_take import is_untouched
from .rest_pose import bone_name
from .retarget import world_places_m


def motion_in_scene(
    source: bpy.types.Object, clip: MotionClip, scene: bpy.types.Scene, *, frame_start: int = 1
) -> MotionClip:
    """The clip that a skeleton was generated from, moving as the skeleton does now.

    The scene is played through, and stands on its frame again afterwards; a skeleton that nobody
    has touched is not looked at. frame_start: the scene's frame of the clip's first.
    """
    if is_untouched(source):
        return clip
    frame, subframe = scene.frame_current, scene.frame_subframe
    fps = scene.render.fps / scene.render.fps_base
    frames = frame_start + (clip.times_s - clip.times_s[0]) * fps
    rests = [source.data.bones[bone_name(str(name))] for name in clip.joint_names]
    rest_rotmats = np.array([bone.matrix_local.to_3x3() for bone in rests])
    matrices = np.empty((len(frames), len(rests), 4, 4))
    for index, at in enumerate(frames):
        scene.frame_set(int(at), subframe=float(at - int(at)))
        bones = source.pose.bones
        matrices[index] = [source.matrix_world @ bones[bone.name].matrix for bone in rests]
    scene.frame_set(frame, subframe=subframe)
    turns = quat.from_rotmats(_orthonormal(matrices[..., :3, :3]) @ rest_rotmats.swapaxes(1, 2))
    root = int(np.argmin(clip.joint_parents))
    return replace(
        clip,
        rotations_quat_wxyz=_local(clip, turns),
        positions_m=world_places_m(clip, turns, matrices[:, root, :3, 3]),
    )


def _local(clip: MotionClip, turns: np.ndarray) -> np.ndarray:
    """(F, J, 4) of turns (F, J, 4) in the world."""
    local = turns.copy()
    for joint, parent in enumerate(clip.joint_parents):
        if parent >= 0:
            local[:, joint] = quat.multiply(quat.conjugate(turns[:, parent]), turns[:, joint])
    return local


def _orthonormal(matrices: np.ndarray) -> np.ndarray:
    """(..., 3, 3) the rotations in evenly scaled matrices."""
    return matrices / np.cbrt(np.linalg.det(matrices))[..., None, None]
