"""The clean-up: from the fitted motion to one that an animator keeps.

It starts from the fit every time, so that a changed choice never adds to an earlier one.
"""

from dataclasses import fields, replace

import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.pose import joint_motion, with_motion
from mvmocap_core.motion.smoothing import smooth_motion
from mvmocap_core.options import CleanUp

_FRAMED = (
    "times_s", "positions_m", "rotations_quat_wxyz", "error_m", "confidence", "contacts",
    "landmarks_m",
)  # fmt: skip


def clean_up(fit: MotionClip, options: CleanUp) -> MotionClip:
    """Smooth the motion and trim it, as `options` say.

    What was measured stays what it is: landmarks, errors, confidence and cameras.
    Raises InputError if fewer than two frames are left.
    """
    smoothed = smooth_motion(
        joint_motion(fit),
        [str(name) for name in fit.joint_names],
        fit.confidence,
        strength=options.smoothing,
        fps=fit.fps,
    )
    return trim(with_motion(fit, smoothed), options.start_s, options.end_s)


def trim(clip: MotionClip, start_s: float | None, end_s: float | None) -> MotionClip:
    """The frames from `start_s` to `end_s`, seconds on the first video's clock; None is an end.

    Times stay: what happened at second 3 of the first video still does.
    Raises InputError if fewer than two frames are left.
    """
    half_frame_s = 0.5 / clip.fps
    low = -np.inf if start_s is None else start_s - half_frame_s
    high = np.inf if end_s is None else end_s + half_frame_s
    kept = (clip.times_s >= low) & (clip.times_s <= high)
    if kept.sum() < 2:
        message = (
            f"--start and --end leave no motion: it goes from {clip.times_s[0]:.2f} s to "
            f"{clip.times_s[-1]:.2f} s; choose a part of that."
        )
        raise InputError(message, reason="empty_range")
    changes = {f.name: getattr(clip, f.name)[kept] for f in fields(clip) if f.name in _FRAMED}
    return replace(clip, **changes)
