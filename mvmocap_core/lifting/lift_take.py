"""Lifting all views of a take with the network, each by itself."""

from collections.abc import Mapping, Sequence

import numpy as np

from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import LANDMARK_NAMES, MIN_CONFIDENCE, Track
from mvmocap_core.lifting.joints import LANDMARK_INDICES
from mvmocap_core.lifting.lifted import Lifted, combine, fill, sampled
from mvmocap_core.lifting.lifting import LIFTER_FPS, LifterInput, lift, lifter_input
from mvmocap_core.lifting.weights import load_weights
from mvmocap_core.sync.timeline import Timeline

REAL_OVER_VIRTUAL = 1.5
"""Errors on real detections over those on the virtual ones that the network was trained on."""
UNSEEN_OVER_SEEN = 2.5
"""Errors on joints that the view does not see, over what the network expects of them."""
_REACH_S = 0.3
"""How far from a frame that shows the performer a pose is still lifted."""


def view_input(
    track: Track, timeline: Timeline, cameras: Cameras, view: int, times_s: np.ndarray
) -> LifterInput | None:
    """One view at `times_s` (F,), `LIFTER_FPS` apart, on the first video's clock.

    None if the performer's hips are never seen together.
    """
    xy, confidence = sampled(track, cameras, view, timeline.from_first(view, times_s))
    confidence = np.where(confidence > MIN_CONFIDENCE, np.clip(confidence, 0.0, 1.0), 0.0)
    try:
        return lifter_input(xy, confidence)
    except ValueError:
        return None


def lifter_times(times_s: np.ndarray) -> np.ndarray:
    """(T,) moments `LIFTER_FPS` apart that cover `times_s` (F,)."""
    n = int(np.ceil((times_s[-1] - times_s[0]) * LIFTER_FPS)) + 1
    return times_s[0] + np.arange(max(n, 2)) / LIFTER_FPS


def with_network(
    by_detector: Lifted,
    tracks: Sequence[Track],
    timeline: Timeline,
    cameras: Cameras,
    times_s: np.ndarray,
) -> Lifted:
    """The detector's guesses at `times_s` (F,) and the network's.

    Of one video, both together know more than either. Of two, the detector's own 3D is the better
    guess once it is put right; the network adds what the detector does not see.
    Raises InputError if the network's weights are missing.
    """
    by_network = lift_take(load_weights()[0], tracks, timeline, cameras, times_s)
    return (combine if len(tracks) == 1 else fill)(by_detector, by_network)


def lift_take(
    weights: Mapping[str, np.ndarray],
    tracks: Sequence[Track],
    timeline: Timeline,
    cameras: Cameras,
    times_s: np.ndarray,
) -> Lifted:
    """Every view's lifted pose at `times_s` (F,), seconds on the first video's clock.

    weights: of the lifter, see `lifting.lift`.
    """
    shape = (len(tracks), len(times_s), len(LANDMARK_NAMES))
    points = np.full((*shape, 3), np.nan)
    error = np.full((*shape, 2), np.inf)
    axes = np.full((*shape[:2], 3, 3), np.nan)
    grid_s = lifter_times(times_s)
    at = (times_s - grid_s[0]) * LIFTER_FPS
    left = np.clip(np.floor(at).astype(int), 0, len(grid_s) - 2)
    share = np.clip(at - left, 0.0, 1.0)[:, None, None]
    for view, track in enumerate(tracks):
        given = view_input(track, timeline, cameras, view, grid_s)
        if given is None:
            continue
        pose, spread = lift(weights, given.keypoints)
        spread = np.where(given.keypoints[..., 2:] > 0, spread, UNSEEN_OVER_SEEN * spread)
        near = _near_seen(given.keypoints[..., 2].any(axis=1))
        rows = np.flatnonzero(near[left] & near[left + 1])
        between = [(1.0 - share) * a[left] + share * a[left + 1] for a in (pose, spread)]
        points[view, rows[:, None], LANDMARK_INDICES] = between[0][rows]
        error[view, rows[:, None], LANDMARK_INDICES] = REAL_OVER_VIRTUAL * between[1][rows]
        axes[view, rows] = given.R_crop_cam[np.where(share[:, 0, 0] < 0.5, left, left + 1)][rows]
    return Lifted(points, error, axes, "network")


def _near_seen(seen: np.ndarray) -> np.ndarray:
    """(T,) frames that show the performer -> frames within `_REACH_S` of one."""
    reach = round(_REACH_S * LIFTER_FPS)
    return np.convolve(seen.astype(float), np.ones(2 * reach + 1))[reach : reach + len(seen)] > 0
