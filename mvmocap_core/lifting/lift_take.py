"""Lifting all views of a take with a network, at the rate that it was trained at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import LANDMARK_NAMES, MIN_CONFIDENCE, Track
from mvmocap_core.lifting.joints import LANDMARK_INDICES, N_JOINTS
from mvmocap_core.lifting.lifted import Lifted, sampled
from mvmocap_core.lifting.lifting import LIFTER_FPS, LifterInput, lift, lifter_input
from mvmocap_core.sync.timeline import Timeline

REAL_OVER_VIRTUAL = 1.5
"""Errors on real detections over those on the virtual ones that the network was trained on."""
UNSEEN_OVER_SEEN = 2.5
"""Errors on joints that the view does not see, over what the network expects of them."""
DOUBTFUL = 0.05
"""Confidence of keypoints between frames."""
_REACH_S = 0.3
"""How far from a frame that shows the performer a pose is still lifted."""


@dataclass(frozen=True, slots=True, eq=False)
class FilmedTake:
    """One performer's tracks, one a view, and when and from where they were filmed.

    times_s: (F,) moments to lift, seconds on the first video's clock.
    """

    tracks: Sequence[Track]
    timeline: Timeline
    cameras: Cameras
    times_s: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class LifterViews:
    """V views of a take, T frames `LIFTER_FPS` apart, as lifters want them.

    keypoints:  (V, T, J, 3) x, y in units of their size, confidence; 0 where missing.
    size:       (V, T) radians; 1 in a view that never shows the hips together.
    R_crop_cam: (V, T, 3, 3) axes of the lifted poses; NaN in such a view.
    """

    keypoints: np.ndarray
    size: np.ndarray
    R_crop_cam: np.ndarray


ViewsLifter = Callable[[LifterViews], tuple[np.ndarray, np.ndarray]]
"""Gives poses (V, T, J, 3) from the root in every view's crop, over stature, NaN where it says
nothing, and their errors (V, T, J, 2), one standard deviation across the view and along it."""


def by_weights(weights: Mapping[str, np.ndarray]) -> ViewsLifter:
    """Every view by itself with a temporal lifter's weights, see `lifting.lift`."""

    def lifter(views: LifterViews) -> tuple[np.ndarray, np.ndarray]:
        told = [lift(weights, keypoints) for keypoints in views.keypoints]
        poses, errors = (np.stack(part) for part in zip(*told, strict=True))
        return poses, errors

    return lifter


def lift_take(lifter: ViewsLifter, filmed: FilmedTake, source: str) -> Lifted:
    """Every view's pose at the take's moments. source: see `Lifted`."""
    shape = (len(filmed.tracks), len(filmed.times_s), len(LANDMARK_NAMES))
    points = np.full((*shape, 3), np.nan)
    error = np.full((*shape, 2), np.inf)
    axes = np.full((*shape[:2], 3, 3), np.nan)
    views = lifter_views(filmed)
    poses, errors = lifter(views)
    errors = np.where(views.keypoints[..., 2:] > 0, errors, UNSEEN_OVER_SEEN * errors)
    at = (filmed.times_s - filmed.times_s[0]) * LIFTER_FPS
    left = np.clip(np.floor(at).astype(int), 0, poses.shape[1] - 2)
    share = np.clip(at - left, 0.0, 1.0)[:, None, None]
    for view in range(len(filmed.tracks)):
        near = _near_seen(views.keypoints[view, ..., 2].any(axis=1))
        rows = np.flatnonzero(near[left] & near[left + 1])
        between = [
            (1.0 - share) * a[left] + share * a[left + 1] for a in (poses[view], errors[view])
        ]
        points[view, rows[:, None], LANDMARK_INDICES] = between[0][rows]
        error[view, rows[:, None], LANDMARK_INDICES] = REAL_OVER_VIRTUAL * between[1][rows]
        nearest = np.where(share[:, 0, 0] < 0.5, left, left + 1)
        axes[view, rows] = views.R_crop_cam[view, nearest][rows]
    return Lifted(points, error, axes, source)


def lifter_views(filmed: FilmedTake) -> LifterViews:
    """All views `LIFTER_FPS` apart, from the first of the take's moments on to the last."""
    grid_s = _lifter_times(filmed.times_s)
    shape = (len(filmed.tracks), len(grid_s))
    keypoints = np.zeros((*shape, N_JOINTS, 3), dtype=np.float32)
    size, axes = np.ones(shape), np.full((*shape, 3, 3), np.nan)
    for view in range(len(filmed.tracks)):
        given = _view_input(filmed, view, grid_s)
        if given is not None:
            keypoints[view], size[view] = given.keypoints, given.size
            axes[view] = given.R_crop_cam
    return LifterViews(keypoints, size, axes)


def interpolated(keypoints: np.ndarray, confidence: float = DOUBTFUL) -> np.ndarray:
    """Keypoints (V, T, J, 3) with the missing ones from the frames before and after, doubtful.

    For lifters of single frames, which want all joints. What a view never shows stays missing.
    confidence: of the missing ones.
    """
    filled = keypoints.copy()
    frames = np.arange(keypoints.shape[1])
    for view, joint in np.ndindex(keypoints.shape[0], keypoints.shape[2]):
        is_seen = keypoints[view, :, joint, 2] > 0
        if is_seen.all() or not is_seen.any():
            continue
        for axis in range(2):
            column = keypoints[view, :, joint, axis]
            filled[view, :, joint, axis] = np.interp(frames, frames[is_seen], column[is_seen])
        filled[view, ~is_seen, joint, 2] = confidence
    return filled


def _view_input(filmed: FilmedTake, view: int, times_s: np.ndarray) -> LifterInput | None:
    """One view at `times_s` (T,), `LIFTER_FPS` apart; None if it never shows the hips together."""
    clock_s = filmed.timeline.from_first(view, times_s)
    xy, confidence = sampled(filmed.tracks[view], filmed.cameras, view, clock_s)
    confidence = np.where(confidence > MIN_CONFIDENCE, np.clip(confidence, 0.0, 1.0), 0.0)
    try:
        return lifter_input(xy, confidence)
    except ValueError:
        return None


def _lifter_times(times_s: np.ndarray) -> np.ndarray:
    """(T,) moments `LIFTER_FPS` apart that cover `times_s` (F,)."""
    n = int(np.ceil((times_s[-1] - times_s[0]) * LIFTER_FPS)) + 1
    return times_s[0] + np.arange(max(n, 2)) / LIFTER_FPS


def _near_seen(seen: np.ndarray) -> np.ndarray:
    """(T,) frames that show the performer -> frames within `_REACH_S` of one."""
    reach = round(_REACH_S * LIFTER_FPS)
    return np.convolve(seen.astype(float), np.ones(2 * reach + 1))[reach : reach + len(seen)] > 0
