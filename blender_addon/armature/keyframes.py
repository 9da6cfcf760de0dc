"""Write many keyframes at once, in every Blender from 4.2 on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

_LINEAR = 1  # number of the interpolation LINEAR, which foreach_set wants in place of the name


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
    for channel in channels:
        if channel.values.ndim != 2 or len(channel.values) != len(frames):
            raise ValueError(f"{channel.data_path}: {channel.values.shape} for {len(frames)} keys")
    action = bpy.data.actions.new(action_name)
    curves = _curves_of_new_action(animated, action)
    for channel in channels:
        for index, values in enumerate(channel.values.T):
            _write_curve(_new_curve(curves, channel, index), frames, values)
    return action


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
    points.foreach_set("co", np.stack([frames, values], axis=1).astype(np.float32).ravel())
    points.foreach_set("interpolation", np.full(len(frames), _LINEAR, dtype=np.int32))
    curve.update()
