"""The clean-up: from the fitted motion to one that an animator keeps.

It starts from the fit every time, so that a changed choice never adds to an earlier one.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import FRAMED, MotionClip
from mvmocap_core.motion.contacts import ContactEdit
from mvmocap_core.motion.feet import Ground, find_common_ground, hold_feet
from mvmocap_core.motion.pose import joint_motion, with_motion
from mvmocap_core.motion.smoothing import smooth_motion, without_spikes
from mvmocap_core.options import CleanUp


def clean_up(
    fit: MotionClip, options: CleanUp, contact_edits: Sequence[ContactEdit] = ()
) -> MotionClip:
    """Smooth the motion, hold the feet that stand, and trim it, as `options` say.

    Holding feet also levels the floor under them: the whole scene turns with it, cameras too. What
    was measured stays as it was in the scene: landmarks, errors, confidence.

    contact_edits: what somebody who looked says about the contacts.
    Raises InputError if fewer than two frames are left.
    """
    return clean_up_together([fit], options, [contact_edits])[0]


def clean_up_together(
    fits: Sequence[MotionClip],
    options: CleanUp,
    contact_edits: Sequence[Sequence[ContactEdit]] | None = None,
) -> list[MotionClip]:
    """The same for several people of one take, who keep one floor and one world."""
    edits = contact_edits or [()] * len(fits)
    if not options.lock_feet:
        return [_cleaned(fit, None, options) for fit in fits]
    grounds = find_common_ground(fits, edits)
    return [_cleaned(ground.clip, ground, options) for ground in grounds]


def _cleaned(clip: MotionClip, ground: Ground | None, options: CleanUp) -> MotionClip:
    motion = joint_motion(clip)
    if options.smoothing > 0.0:
        names = [str(name) for name in clip.joint_names]
        motion = smooth_motion(
            without_spikes(motion, names, clip.fps),
            names,
            clip.confidence,
            strength=options.smoothing,
            fps=clip.fps,
        )
    if ground is not None:
        motion = hold_feet(motion, ground)
    return trim(with_motion(clip, motion), options.start_s, options.end_s)


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
            f"--start and --end leave no motion: it goes from {clip.times_s[0]:z.2f} s to "
            f"{clip.times_s[-1]:z.2f} s; choose a part of that."
        )
        raise InputError(message, reason="empty_range")
    changes = {name: getattr(clip, name)[kept] for name in FRAMED}
    if clip.T_cam_world_frames is not None:
        changes["T_cam_world_frames"] = clip.T_cam_world_frames[:, kept]
    return replace(clip, **changes)
