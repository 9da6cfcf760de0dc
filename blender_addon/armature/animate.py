"""Bake a take onto an armature, as the animator asked for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import MotionClip

from .bone_map import check_bone_map
from .bone_presets import RigSetting
from .keyframes import Channel, push_to_nla, write_keyframes
from .read_rig import read_rig
from .resample import SampledMotion, part_of_motion, sample_motion
from .retarget import RetargetOptions, retarget
from .take_scene import add_generated


@dataclass(frozen=True, kw_only=True, slots=True)
class BakeOptions:
    """What an animator may choose about a bake.

    fps:         of the scene; the motion is resampled to it.
    frame_start: the scene's frame on which the motion's first frame lies.
    frame_range: first and last frame of the scene to bake; None bakes the whole motion.
    action_name: of the new action; empty names it after the armature.
    use_nla:     push the action into a track of its own.
    retarget:    how the character follows the performer.
    """

    fps: float
    frame_start: int = 1
    frame_range: tuple[int, int] | None = None
    action_name: str = ""
    use_nla: bool = False
    retarget: RetargetOptions = RetargetOptions()


def bake_take(
    armature_object: bpy.types.Object,
    clip: MotionClip,
    bone_map: Mapping[str, str],
    options: BakeOptions,
    *,
    settings: Sequence[RigSetting] = (),
) -> int:
    """Bake the clip onto a rig; returns the number of frames.

    settings: properties of the rig to set first; those that it lacks are passed over.

    Raises:
        InputError: before anything is changed, when the rig cannot be animated, the map does not
            fit, or the range holds no frame.
    """
    _check_target(armature_object)
    joints = [str(name) for name in clip.joint_names]
    bones = [bone.name for bone in armature_object.data.bones]
    if not bone_map:
        message = f"{armature_object.name}: no bone is mapped; detect the bones or choose them."
        raise InputError(message, reason="bad_bone_map")
    check_bone_map(bone_map, joints, bones, source=armature_object.name)
    motion, frame_start = chosen_motion(clip, options)
    channels = rig_channels(armature_object, clip, motion, bone_map, options.retarget)
    apply_settings(armature_object, settings)
    frames = frame_start + np.arange(len(motion.times_s))
    name = options.action_name or f"{armature_object.name} mvmocap"
    write_keyframes(armature_object, name, channels, frames)
    if options.use_nla:
        push_to_nla(armature_object)
    return len(frames)


def rig_channels(
    armature_object: bpy.types.Object,
    clip: MotionClip,
    motion: SampledMotion,
    bone_map: Mapping[str, str],
    options: RetargetOptions | None = None,
) -> list[Channel]:
    """Curves of the bones that follow the motion; their rotations become quaternions.

    Raises:
        InputError: when the way is to lie on a root bone that cannot carry it.
    """
    rig = read_rig(armature_object)
    keys = retarget(rig, clip, motion, bone_map, options)
    channels: list[Channel] = []
    for bone, quats in keys.rotations_quat_wxyz.items():
        armature_object.pose.bones[rig.names[bone]].rotation_mode = "QUATERNION"
        path = f"{bone_path(rig.names[bone])}.rotation_quaternion"
        channels.append(Channel(path, quats, rig.names[bone]))
    for bone, location in keys.locations.items():
        path = f"{bone_path(rig.names[bone])}.location"
        channels.append(Channel(path, location, rig.names[bone]))
    return channels


def bone_path(name: str) -> str:
    """Data path of a pose bone."""
    return f'pose.bones["{bpy.utils.escape_identifier(name)}"]'


def bake_generated(
    name: str, clip: MotionClip, options: BakeOptions, collection: bpy.types.Collection
) -> bpy.types.Object:
    """Add an armature made from the clip's skeleton, with the motion on it.

    Raises:
        InputError: before anything is changed, when the range holds no frame.
    """
    motion, frame_start = chosen_motion(clip, options)
    armature_object = add_generated(name, clip, motion, collection, frame_start=frame_start)
    if options.action_name:
        armature_object.animation_data.action.name = options.action_name
    if options.use_nla:
        push_to_nla(armature_object)
    return armature_object


def chosen_motion(clip: MotionClip, options: BakeOptions) -> tuple[SampledMotion, int]:
    """The part of the clip to bake at the scene's rate, and the frame on which it starts.

    Raises:
        InputError: when the range holds no frame of the motion.
    """
    motion = sample_motion(clip, options.fps)
    if options.frame_range is None:
        return motion, options.frame_start
    first, last = (frame - options.frame_start for frame in options.frame_range)
    return part_of_motion(motion, first, last), options.frame_start + max(first, 0)


def apply_settings(armature_object: bpy.types.Object, settings: Sequence[RigSetting]) -> None:
    """Set custom properties of pose bones, such as Rigify's IK-FK switches, where they exist."""
    for setting in settings:
        pose_bone = armature_object.pose.bones.get(setting.bone)
        if pose_bone is not None and setting.name in pose_bone:
            kind = type(pose_bone[setting.name])
            pose_bone[setting.name] = kind(setting.value)
    armature_object.update_tag()  # or drivers of these properties would not run


def _check_target(armature_object: bpy.types.Object) -> None:
    name = armature_object.name
    if armature_object.library is not None:
        message = (
            f"{name} is linked from another file; make a library override of it first "
            "(Object > Library Override > Make)."
        )
        raise InputError(message, reason="linked_armature")
    scale = np.array(armature_object.matrix_world.to_scale())
    if scale.min() <= 0 or not np.allclose(scale, scale[0], rtol=1e-3):
        message = f"{name} is mirrored or scaled unevenly; apply its scale first (Ctrl+A)."
        raise InputError(message, reason="bad_character")
