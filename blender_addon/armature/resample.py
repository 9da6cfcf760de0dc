"""A clip's motion at another frame rate. Plain numpy, no Blender."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import MotionClip

from .quaternions import slerp


@dataclass(frozen=True, slots=True, eq=False)
class SampledMotion:
    """What is keyed: F frames of a scene, J joints.

    fps:      frames a second of the scene; frame i is at times_s[0] + i / fps.
    times_s:  (F,) seconds on the first video's clock.
    root_m:   (F, 3) the root joint in the world.
    rotations_quat_wxyz: (F, J, 4) local, as in `MotionClip`; neighbours in time have no sign flip.
    """

    fps: float
    times_s: np.ndarray
    root_m: np.ndarray
    rotations_quat_wxyz: np.ndarray


def sample_motion(clip: MotionClip, fps: float | None = None) -> SampledMotion:
    """The clip at `fps` frames a second (None: its own), from its first frame to its last.

    Between the clip's frames rotations are interpolated on the sphere, the root linearly.

    Raises:
        ValueError: when fps is not positive.
    """
    fps = clip.fps if fps is None else fps
    if not fps > 0:
        raise ValueError(f"fps must be positive, not {fps}")
    quats = continuous_signs(clip.rotations_quat_wxyz)
    root = clip.positions_m[:, int(np.argmin(clip.joint_parents))]
    if abs(fps - clip.fps) <= 1e-6 * clip.fps or len(clip.times_s) < 2:
        return SampledMotion(fps, clip.times_s, root, quats)
    n_frames = int(np.floor((clip.times_s[-1] - clip.times_s[0]) * fps + 1e-6)) + 1
    times_s = clip.times_s[0] + np.arange(n_frames) / fps
    left = np.searchsorted(clip.times_s, times_s, side="right") - 1
    left = np.clip(left, 0, len(clip.times_s) - 2)
    step = clip.times_s[left + 1] - clip.times_s[left]
    part = np.clip((times_s - clip.times_s[left]) / step, 0.0, 1.0)
    root = root[left] + part[:, None] * (root[left + 1] - root[left])
    return SampledMotion(
        fps, times_s, root, slerp(quats[left], quats[left + 1], part[:, None, None])
    )


def part_of_motion(motion: SampledMotion, first: int, last: int) -> SampledMotion:
    """The frames from `first` to `last`, both included, counted from 0.

    Raises:
        InputError: when the motion has none of them.
    """
    first, last = max(first, 0), min(last, len(motion.times_s) - 1)
    if last < first:
        message = "the motion has no frame between the in and the out point; move them."
        raise InputError(message, reason="bad_option")
    part = slice(first, last + 1)
    return SampledMotion(
        fps=motion.fps,
        times_s=motion.times_s[part],
        root_m=motion.root_m[part],
        rotations_quat_wxyz=motion.rotations_quat_wxyz[part],
    )


def way_over_floor_m(root_m: np.ndarray) -> np.ndarray:
    """(F, 3) how far the root (F, 3) has gone since the first frame, level."""
    return (root_m - root_m[:1]) * np.array([1.0, 1.0, 0.0])


def continuous_signs(quats_wxyz: np.ndarray) -> np.ndarray:
    """(F, ..., 4) the same rotations, signs chosen so that no frame flips against the last."""
    dots = np.sum(quats_wxyz[1:] * quats_wxyz[:-1], axis=-1, keepdims=True)
    flips = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)
    return np.concatenate([quats_wxyz[:1], quats_wxyz[1:] * flips])
