"""Guesses put right by the take itself, where a part of the take that is held out agrees.

Stretches that two views do see are hidden in turn, as if they did not: a view whose guesses there
come nearer to what the views saw is put right, any other is left as it was.
"""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.lifting.correction import correct
from mvmocap_core.lifting.joints import LANDMARK_INDICES
from mvmocap_core.lifting.lifted import Lifted

EVERY_S, HELD_OUT = 2.5, 0.2
"""The seen part of a take is cut into pieces about as long; the middle of each is held out."""
_MOST = 0.5
_MIN_HELD_OUT = 30  # landmarks of frames, for a median that means something


@dataclass(frozen=True, slots=True, eq=False)
class Adaptation:
    """What putting guesses right is worth on the held-out part, by view (V,).

    before, after: median error of a guess over stature; NaN where too little is known to tell.
    is_used:       whether the view's guesses were put right.
    """

    before: np.ndarray
    after: np.ndarray
    is_used: np.ndarray


def adapt(
    lifted: Lifted, offsets: np.ndarray, poses: np.ndarray, times_s: np.ndarray
) -> tuple[Lifted, Adaptation]:
    """The guesses of every view that `correct` brings nearer to the truth, put right by it.

    offsets, poses, times_s: see `correction.correct`.
    """
    is_held_out = held_out(offsets, times_s)
    known = np.where(is_held_out[:, None, None], np.nan, offsets)
    tried = correct(lifted, known, poses, times_s)
    before, after = (median_error(each, offsets, poses, is_held_out) for each in (lifted, tried))
    return better_views(lifted, correct(lifted, offsets, poses, times_s), before, after)


def better_views(
    lifted: Lifted, right: Lifted, before: np.ndarray, after: np.ndarray
) -> tuple[Lifted, Adaptation]:
    """The second guesses in views where they are better. before, after: see `Adaptation`."""
    is_used = after < before  # NaN is not
    chosen = is_used[:, None, None, None]
    return (
        replace(
            lifted,
            points=np.where(chosen, right.points, lifted.points),
            error=np.where(chosen, right.error, lifted.error),
        ),
        Adaptation(before, after, is_used),
    )


def held_out(offsets: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """(F,) bool: stretches of the frames in which two views see most joints.

    offsets (F, L, 3), times_s (F,): see `correction.correct`.
    """
    is_seen = np.isfinite(offsets[:, LANDMARK_INDICES]).all(axis=-1).mean(axis=1) > _MOST
    n_seen = int(is_seen.sum())
    seen_s = n_seen * float(np.median(np.diff(times_s)))
    n_pieces = max(1, round(seen_s / EVERY_S))
    within = np.cumsum(is_seen) * n_pieces / max(n_seen, 1) % 1.0
    return is_seen & (np.abs(within - 0.5) <= 0.5 * HELD_OUT)


def median_error(
    lifted: Lifted, offsets: np.ndarray, poses: np.ndarray, frames: np.ndarray
) -> np.ndarray:
    """(V,) over stature, over the lifter's joints in some frames (F,) bool; NaN for too few.

    offsets, poses: see `correction.correct`.
    """
    R_crop_world = lifted.R_crop_cam @ poses[:, None, :3, :3]
    truth = np.einsum("vfab,flb->vfla", R_crop_world, offsets)
    off = np.linalg.norm(lifted.points - truth, axis=-1)[:, frames][..., LANDMARK_INDICES]
    medians = np.full(len(off), np.nan)
    for view, each in enumerate(off):
        known = each[np.isfinite(each)]
        if len(known) >= _MIN_HELD_OUT:
            medians[view] = np.median(known)
    return medians
