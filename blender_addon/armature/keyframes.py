"""Write many keyframes at once, in every Blender from 4.2 on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

_LINEAR = 1  # number of the interpolation LINEAR, which foreach_set wants in place of the name
_KEY_PARTS = {
    "co": (2, np.float32), "handle_left": (2, np.float32), "handle_right": (2, np.float32),
    "interpolation": (1, np.int32), "easing": (1, np.int32), "type": (1, np.int32),
    "handle_left_type": (1, np.int32), "handle_right_type": (1, np.int32),
    "amplitude": (1, np.float32), "back": (1, np.float32), "period": (1, np.float32),
}  # fmt: skip
"""What a key consists of: how many numbers, of which kind."""


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """One animated property.

    data_path: as seen from the animated object.
    values:    (F, C) one column for each component of the property.
    group:     name under which Blender shows the curves; for a bone, the bone's name.
    """

    data_path: str
    values: np.ndarray
    group: str


def write_keyframes(
    animated: bpy.types.Object, action_name: str, channels: Sequence[Channel], frames: np.ndarray
) -> bpy.types.Action:
    """Give `animated` a new action with a linear key on each of `frames` (F,) for each channel.

    An action that it had before stays in the file.

    Raises:
        ValueError: when a channel's values do not have one row for each frame.
    """
    _check_channels(channels, frames)
    action = bpy.data.actions.new(action_name)
    curves = _curves_of_new_action(animated, action)
    for channel in channels:
        for index, values in enumerate(channel.values.T):
            _write_curve(_new_curve(curves, channel, index), frames, values)
    return action


def key_current_action(
    animated: bpy.types.Object, action_name: str, channels: Sequence[Channel], frames: np.ndarray
) -> bpy.types.Action:
    """Key the channels in the action that `animated` has; a new one where it has none.

    Its keys from the first to the last of `frames` give way, all others stay. An action that is
    linked from another file is copied first.

    Raises:
        ValueError: when a channel's values do not have one row for each frame.
    """
    animation = animated.animation_data
    if animation is None or animation.action is None:
        return write_keyframes(animated, action_name, channels, frames)
    _check_channels(channels, frames)
    if animation.action.library is not None:
        animation.action = animation.action.copy()
    curves = _curves_of_action(animated, animation.action)
    for channel in channels:
        values = _joined_to_keys(curves, channel, frames)
        for index, column in enumerate(values.T):
            curve = curves.fcurves.find(channel.data_path, index=index)
            curve = curve or _new_curve(curves, channel, index)
            _replace_keys(curve, frames, column)
    return animation.action


def push_to_nla(animated: bpy.types.Object) -> None:
    """Move the active action into a new NLA track of its own, and leave no action active."""
    animation = animated.animation_data
    action = animation.action
    slot = getattr(animation, "action_slot", None)
    track = animation.nla_tracks.new()
    track.name = action.name
    strip = track.strips.new(action.name, round(action.frame_range[0]), action)
    if slot is not None:  # from 4.4 on
        strip.action_slot = slot
    animation.action = None


def _check_channels(channels: Sequence[Channel], frames: np.ndarray) -> None:
    for channel in channels:
        if channel.values.ndim != 2 or len(channel.values) != len(frames):
            raise ValueError(f"{channel.data_path}: {channel.values.shape} for {len(frames)} keys")


def _curves_of_action(animated: bpy.types.Object, action: bpy.types.Action) -> Any:
    """The collection that the object's curves in its own action are in."""
    if not hasattr(action, "slots"):  # before 4.4
        return action
    animation = animated.animation_data
    if animation.action_slot is None:
        animation.action_slot = action.slots.new(id_type="OBJECT", name=animated.name)
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(animation.action_slot, ensure=True)


def _joined_to_keys(curves: Any, channel: Channel, frames: np.ndarray) -> np.ndarray:
    """(F, C) the values, as near to what the curves are just before: a turn has several forms."""
    before = []
    for index in range(channel.values.shape[1]):
        curve = curves.fcurves.find(channel.data_path, index=index)
        if curve is None or not curve.keyframe_points:
            return channel.values
        before.append(curve.evaluate(float(frames[0]) - 1.0))
    if channel.data_path.endswith("quaternion") and channel.values[0] @ before < 0:
        return -channel.values
    if channel.data_path.endswith("rotation_euler"):
        turns = np.round((np.array(before) - channel.values[0]) / (2.0 * np.pi))
        return channel.values + 2.0 * np.pi * turns
    return channel.values


def _curves_of_new_action(animated: bpy.types.Object, action: bpy.types.Action) -> Any:
    """Assign the action, and return the collection that its curves go to."""
    animation = animated.animation_data_create()
    animation.action = action
    if not hasattr(action, "slots"):  # before 4.4
        return action
    slot = action.slots.new(id_type="OBJECT", name=animated.name)
    animation.action_slot = slot
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def _new_curve(curves: Any, channel: Channel, index: int) -> bpy.types.FCurve:
    curve = curves.fcurves.new(channel.data_path, index=index)
    group = curves.groups.get(channel.group) or curves.groups.new(channel.group)
    curve.group = group
    return curve


def _write_curve(curve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
    points = curve.keyframe_points
    points.add(len(frames))
    places = np.empty((len(frames), 2), dtype=np.float32)
    places[:, 0], places[:, 1] = frames, values
    points.foreach_set("co", places.ravel())
    points.foreach_set("interpolation", np.full(len(frames), _LINEAR, dtype=np.int32))
    curve.update()


def _replace_keys(curve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray) -> None:
    """Keys on `frames` in place of all between the first and the last of them."""
    points = curve.keyframe_points
    kept = {name: np.zeros(len(points) * size, kind) for name, (size, kind) in _KEY_PARTS.items()}
    for name, numbers in kept.items():
        points.foreach_get(name, numbers)
    at = kept["co"][::2]
    is_outside = (at < frames[0]) | (at > frames[-1])
    points.clear()
    _write_curve(curve, frames, values)
    n_kept = int(is_outside.sum())
    points.add(n_kept)
    for name, (size, kind) in _KEY_PARTS.items():
        numbers = np.zeros(len(points) * size, kind)
        points.foreach_get(name, numbers)
        numbers[len(frames) * size :] = kept[name][np.repeat(is_outside, size)]
        points.foreach_set(name, numbers)
    curve.update()
