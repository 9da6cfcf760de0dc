"""Clips made of clips: other rates and speeds, mirrored, looped, one after another.

Each function returns a new clip of the same kind of body. Clips that no longer go with what was
filmed have no cameras.
"""

from dataclasses import fields, replace

import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.motion.blending import continuing, cross_fade, frames_of
from mvmocap_core.motion.clip import FRAMED, MotionClip
from mvmocap_core.motion.fingers import fingers_of, without_fingers
from mvmocap_core.motion.pose import JointMotion, continuous, joint_motion, with_motion

_MIRROR = np.array([-1.0, 1.0, 1.0])
_MIRROR_QUAT = np.array([1.0, 1.0, -1.0, -1.0])
_LEG = ("left_knee", "left_ankle")


def resampled(clip: MotionClip, fps: float) -> MotionClip:
    """The same motion at `fps` frames a second, from its first frame to its last at most."""
    n_frames = int(np.floor((clip.times_s[-1] - clip.times_s[0]) * fps + 1e-6)) + 1
    if n_frames < 2:
        message = f"--fps {fps:g} leaves one frame of a motion this short; give more."
        raise InputError(message, reason="bad_option")
    times_s = clip.times_s[0] + np.arange(n_frames) / fps
    return replace(_at(clip, times_s), fps=float(fps))


def retimed(clip: MotionClip, speed: float) -> MotionClip:
    """The motion `speed` times as fast, at the same frame rate."""
    lasts_s = (clip.times_s[-1] - clip.times_s[0]) / speed
    passed_s = np.arange(int(np.floor(lasts_s * clip.fps + 1e-6)) + 1) / clip.fps
    if len(passed_s) < 2:
        message = f"--speed {speed:g} leaves one frame of a motion this short; give less."
        raise InputError(message, reason="bad_option")
    faster = _at(clip, clip.times_s[0] + speed * passed_s)
    return _without_cameras(replace(faster, times_s=clip.times_s[0] + passed_s))


def mirrored(clip: MotionClip) -> MotionClip:
    """Left for right, in the plane through the origin that the performer faces along."""
    joints, landmarks = _twins(clip.joint_names), _twins(clip.landmark_names)
    return _without_cameras(
        replace(
            clip,
            positions_m=clip.positions_m[:, joints] * _MIRROR,
            rotations_quat_wxyz=clip.rotations_quat_wxyz[:, joints] * _MIRROR_QUAT,
            rest_offsets_m=clip.rest_offsets_m[joints] * _MIRROR,
            error_m=clip.error_m[:, joints],
            confidence=clip.confidence[:, joints],
            contacts=clip.contacts[:, ::-1],
            landmarks_m=clip.landmarks_m[:, landmarks] * _MIRROR,
        )
    )


def joined(first: MotionClip, second: MotionClip, blend_s: float) -> MotionClip:
    """The second clip after the first, turned and moved along the floor to go on where it ends.

    They overlap for `blend_s` seconds, in which one passes into the other. The body is the
    first's; fingers stay where both have them.

    Raises InputError if the clips are of other skeletons, or too short for that.
    """
    if fingers_of(first) is None or fingers_of(second) is None:
        first, second = without_fingers(first), without_fingers(second)
    if first.joint_names.tolist() != second.joint_names.tolist():
        message = "the clips have other joints; solve both with the same version."
        raise InputError(message, reason="other_skeleton")
    second = _on_body(resampled(second, first.fps), first)
    n_blend = _blend_frames(blend_s, first.fps, min(len(first.times_s), len(second.times_s)))
    second = continuing(first, second, n_blend)
    parts = (
        frames_of(first, slice(None, -n_blend)),
        cross_fade(frames_of(first, slice(-n_blend, None)), frames_of(second, slice(n_blend))),
        frames_of(second, slice(n_blend, None)),
    )
    return _without_cameras(_one_after_another(parts))


def looped(clip: MotionClip, blend_s: float) -> MotionClip:
    """A cycle: its last frame is followed by its first, turned and moved along by one cycle.

    The last `blend_s` seconds pass into those before the new first frame, which are left out.
    Raises InputError if the clip is too short for that.
    """
    n_blend = _blend_frames(blend_s, clip.fps, len(clip.times_s) // 2)
    head = continuing(clip, clip, n_blend)
    parts = (
        frames_of(clip, slice(n_blend, -n_blend)),
        cross_fade(frames_of(clip, slice(-n_blend, None)), frames_of(head, slice(n_blend))),
    )
    return _without_cameras(_one_after_another(parts))


def _blend_frames(blend_s: float, fps: float, n_frames: int) -> int:
    n_blend = max(1, round(blend_s * fps))
    if n_blend >= n_frames:
        message = f"the motion is too short to blend for {blend_s:g} s; blend for less."
        raise InputError(message, reason="bad_option")
    return n_blend


def _at(clip: MotionClip, times_s: np.ndarray) -> MotionClip:
    """The clip's frames at other times within it: smooth curves, the nearest frame's contacts."""
    inside_s = np.clip(times_s, clip.times_s[0], clip.times_s[-1])

    def between(values: np.ndarray) -> np.ndarray:
        return interpolate_hermite(clip.times_s, values, inside_s)

    quat = between(continuous(clip.rotations_quat_wxyz))
    nearest = np.rint((inside_s - clip.times_s[0]) * clip.fps).astype(int)
    nearest = np.minimum(nearest, len(clip.times_s) - 1)
    changed = replace(
        frames_of(clip, nearest),
        times_s=times_s,
        positions_m=between(clip.positions_m),
        rotations_quat_wxyz=quat / np.linalg.norm(quat, axis=-1, keepdims=True),
        landmarks_m=between(clip.landmarks_m),
    )
    return with_motion(changed, joint_motion(changed))


def _one_after_another(parts: tuple[MotionClip, ...]) -> MotionClip:
    """All frames, timed from the first one on."""
    changes = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in FRAMED
        if name != "times_s"
    }
    n_frames = len(changes["positions_m"])
    changes["times_s"] = parts[0].times_s[0] + np.arange(n_frames) / parts[0].fps
    changes["rotations_quat_wxyz"] = continuous(changes["rotations_quat_wxyz"])
    return replace(parts[0], T_cam_world_frames=None, **changes)


def _on_body(clip: MotionClip, other: MotionClip) -> MotionClip:
    """The motion on another clip's body, as high above the floor as its legs are long."""
    names = clip.joint_names.tolist()
    legs_m = [
        sum(float(np.linalg.norm(each.rest_offsets_m[names.index(name)])) for name in _LEG)
        for each in (clip, other)
    ]
    scale = legs_m[1] / legs_m[0]
    motion = joint_motion(clip)
    body = replace(clip, rest_offsets_m=other.rest_offsets_m, landmarks_m=scale * clip.landmarks_m)
    return with_motion(body, JointMotion(scale * motion.root_m, motion.local))


def _without_cameras(clip: MotionClip) -> MotionClip:
    """The clip without what it was filmed with."""
    names = ("K", "dist", "image_size", "T_cam_world", "sync_offset_s", "sync_drift_ppm")
    none = {f.name: getattr(clip, f.name)[:0] for f in fields(clip) if f.name in names}
    return replace(clip, T_cam_world_frames=None, **none)


def _twins(names: np.ndarray) -> list[int]:
    """Row of each name's other side; its own where it has none."""
    rows = {str(name): row for row, name in enumerate(names)}
    return [rows[_twin(name)] for name in rows]


def _twin(name: str) -> str:
    parts = name.split("_")
    swapped = {"left": "right", "right": "left"}
    return "_".join(swapped.get(part, part) for part in parts)
