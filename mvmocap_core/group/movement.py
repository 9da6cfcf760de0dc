"""Who moves, and who stands by."""

from collections.abc import Sequence

import numpy as np

from mvmocap_core.detection.detections import Track, person_size_px

MIN_MOVEMENT = 0.05
"""Of a person's size that landmarks wander; who moves less stands by, unless nobody moves more."""
MIN_MOVEMENT_SHARE = 0.4


def movement(track: Track) -> float:
    """How far landmarks wander over the take, robustly, in sizes of the person; the most mobile."""
    seen = track.confidence > 0.5
    points = np.where(seen[..., None], track.keypoints_2d_px, np.nan)
    points = points[:, seen.sum(axis=0) > 0.2 * (track.confidence > 0).any(axis=1).sum()]
    if not points.shape[1]:
        return 0.0
    low, high = (np.nanpercentile(points, q, axis=0) for q in (15, 85))
    spread = np.linalg.norm(high - low, axis=-1) / person_size_px(track)
    return float(np.percentile(spread, 80))


def mobility(movements: Sequence[float]) -> np.ndarray:
    """What each one's movement tells, from 0 to 1: nothing of somebody who stands like a post.

    Who performs has 1. It falls with the square, as what a speed tells about a clock does.
    """
    moved = np.asarray(movements, dtype=np.float64)
    enough = min(MIN_MOVEMENT, MIN_MOVEMENT_SHARE * float(moved.max(initial=0.0)))
    return np.minimum(moved / enough, 1.0) ** 2 if enough > 0 else np.ones_like(moved)
