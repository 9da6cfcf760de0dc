"""Bake a take onto an armature, as the animator asked for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.finger_names import has_fingers

from .bake_options import BakeOptions, RetargetOptions
from .bone_map import check_bone_map
from .bone_presets import BUNDLED, Follower, RigSetting, read_presets
from .eulers import EULER_ORDERS, to_axis_angles, to_eulers
from .keyframes import Channel, key_current_action, push_to_nla, write_keyframes
from .library_override import editable_armature
from .mapping.fingers import finger_bones
from .read_rig import read_rig
from .resample import SampledMotion, part_of_motion, sample_motion
from .retarget import retarget
from .rig_settings import apply_settings, check_target
from .take_scene import add_generated


@dataclass(frozen=True, slots=True)
class Baked:
    """What a bake has animated; the library override in place of a linked armature."""

    armature_object: bpy.types.Object
    n_frames: int


def bake_take(
    armature_object: bpy.types.Object,
    clip: MotionClip,
    bone_map: Mapping[str, str],
    options: BakeOptions,
    *,
    settings: Sequence[RigSetting] = (),
    followers: Sequence[Follower] = (),
) -> Baked:
    """Bake the clip onto a rig, each bone in its own rotation mode.

    settings: properties of the rig to set first; those that it lacks are passed over.
    followers: other bones to key, where the rig has them.

    Raises:
        InputError: before anything is changed, when the rig cannot be animated, the map does not
            fit, or the range holds no frame.
    """
    check_target(armature_object)
    joints = [str(name) for name in clip.joint_names]
    bones = [bone.name for bone in armature_object.data.bones]
    if not bone_map:
        message = f"{armature_object.name}: no bone is mapped; detect the bones or choose them."
        raise InputError(message, reason="bad_bone_map")
    check_bone_map(bone_map, joints, bones, source=armature_object.name)
    motion, frame_start = chosen_motion(clip, options)
    channels = rig_channels(armature_object, clip, motion, bone_map, options.retarget, followers)
    armature_object = editable_armature(armature_object)
    apply_settings(armature_object, settings)
    frames = frame_start + np.arange(len(motion.times_s))
    name = options.action_name or f"{armature_object.name} mvmocap"
    if options.use_current_action:
        key_current_action(armature_object, name, channels, frames)
    else:
        write_keyframes(armature_object, name, channels, frames)
    if options.use_nla:
        push_to_nla(armature_object)
    return Baked(armature_object, len(frames))


def rig_channels(
    armature_object: bpy.types.Object,
    clip: MotionClip,
    motion: SampledMotion,
    bone_map: Mapping[str, str],
    options: RetargetOptions | None = None,
    followers: Sequence[Follower] = (),
) -> list[Channel]:
    """Curves of the bones that follow the motion; of fingers too, where the clip has them.

    Raises:
        InputError: when the way is to lie on a root bone that cannot carry it.
    """
    rig = read_rig(armature_object)
    if has_fingers(clip.joint_names):
        bone_map = {**finger_bones(rig, bone_map, read_presets([BUNDLED])[0]), **bone_map}
    keys = retarget(rig, clip, motion, bone_map, options, followers)
    channels: list[Channel] = []
    for bone, quats in keys.rotations_quat_wxyz.items():
        mode = armature_object.pose.bones[rig.names[bone]].rotation_mode
        channels.append(_rotation_channel(rig.names[bone], mode, quats))
    for bone, location in keys.locations.items():
        path = f"{bone_path(rig.names[bone])}.location"
        channels.append(Channel(path, location, rig.names[bone]))
    return channels


def _rotation_channel(bone: str, mode: str, quats: np.ndarray) -> Channel:
    """In the bone's own mode: actions that it had before still fit."""
    if mode in EULER_ORDERS:
        return Channel(f"{bone_path(bone)}.rotation_euler", to_eulers(quats, mode), bone)
    if mode == "AXIS_ANGLE":
        return Channel(f"{bone_path(bone)}.rotation_axis_angle", to_axis_angles(quats), bone)
    return Channel(f"{bone_path(bone)}.rotation_quaternion", quats, bone)


def bone_path(name: str) -> str:
    """Data path of a pose bone."""
    return f'pose.bones["{bpy.utils.escape_identifier(name)}"]'


def bake_generated(
    name: str, clip: MotionClip, options: BakeOptions, collection: bpy.types.Collection
) -> Baked:
    """Add an armature made from the clip's skeleton, with the motion on it.

    Raises:
        InputError: before anything is changed, when the range holds no frame.
    """
    motion, frame_start = chosen_motion(clip, options)
    armature_object = add_generated(
        name, clip, motion, collection,
        frame_start=frame_start, root_motion=options.retarget.root_motion,
    )  # fmt: skip
    if options.action_name:
        armature_object.animation_data.action.name = options.action_name
    if options.use_nla:
        push_to_nla(armature_object)
    return Baked(armature_object, len(motion.times_s))


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
