"""Put a motion on the armature that was generated from it."""

from collections.abc import Sequence
from dataclasses import replace

import bpy
import numpy as np

from .bake_options import RootMotion
from .generate import ROOT_BONE
from .keyframes import Channel, write_keyframes
from .resample import SampledMotion, way_over_floor_m
from .rest_pose import RestBone


def bake_motion(
    armature_object: bpy.types.Object,
    bones: Sequence[RestBone],
    motion: SampledMotion,
    *,
    frame_start: int = 1,
    root_motion: RootMotion = RootMotion.HIPS,
) -> int:
    """Key every bone on every frame; the first of the motion is `frame_start`.

    The pelvis moves and turns, the others turn. Returns the number of frames.

    root_motion: where the way over the floor goes: with `ROOT_BONE`, onto the bone of that name
        which `generate_armature` has made.
    """
    axes = [rest_axes(armature_object, bone.name) for bone in bones]
    way_m = way_over_floor_m(motion.root_m)
    if root_motion != RootMotion.HIPS:
        motion = replace(motion, root_m=motion.root_m - way_m)
    channels = bone_channels(bones, axes, motion)
    if root_motion == RootMotion.ROOT_BONE:
        location = way_m @ rest_axes(armature_object, ROOT_BONE)
        channels.append(Channel(f'pose.bones["{ROOT_BONE}"].location', location, ROOT_BONE))
    frames = frame_start + np.arange(len(motion.times_s))
    write_keyframes(armature_object, armature_object.name, channels, frames)
    return len(frames)


def rest_axes(armature_object: bpy.types.Object, bone_name: str) -> np.ndarray:
    """(3, 3) rest axes of a bone in the armature, as Blender rounds them."""
    return np.array(armature_object.data.bones[bone_name].matrix_local.to_3x3())


def bone_channels(
    bones: Sequence[RestBone], axes: Sequence[np.ndarray], motion: SampledMotion
) -> list[Channel]:
    """Curves of all bones, in each bone's own rest frame `axes` (3, 3).

    A joint that turns by q in world axes turns its bone by B^-1 q B, where B is the bone's rest
    orientation: the quaternion's real part stays, its vector part is seen from the bone.
    """
    channels: list[Channel] = []
    for joint, (bone, rotmat) in enumerate(zip(bones, axes, strict=True)):
        quats = motion.rotations_quat_wxyz[:, joint]
        local = np.concatenate([quats[:, :1], quats[:, 1:] @ rotmat], axis=1)
        path = f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"]'
        if bone.parent < 0:
            location = (motion.root_m - bone.head) @ rotmat
            channels.append(Channel(f"{path}.location", location, bone.name))
        channels.append(Channel(f"{path}.rotation_quaternion", local, bone.name))
    return channels
