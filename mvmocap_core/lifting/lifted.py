"""What every view by itself says of the pose in depth. Numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import LANDMARK_NAMES, Track
from mvmocap_core.geometry.cameras import undistort_points
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.lifting.joints import (
    HIPS,
    LANDMARK_INDICES,
    SHOULDERS,
    crop_axes,
    stature_of,
)
from mvmocap_core.sync.timeline import Timeline

DETECTOR_ERROR = (0.03, 0.055)
"""Of the detector's own 3D, across and along the view, over stature; one standard deviation.

Of a landmark that it sees; of one that it is half sure of, twice as much.
"""
_LEAST_SURE, _IN_SIGHT = 0.2, 0.7
SEEN_WEIGHT = 0.25
"""A landmark counts as seen by two views when the second best has this weight (confidence^2)."""
HIP_LANDMARKS = LANDMARK_INDICES[list(HIPS)]
TRUNK_LANDMARKS = LANDMARK_INDICES[[*HIPS, *SHOULDERS]]


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """V views, F frames of the motion, L landmarks of the detector.

    points: (V, F, L, 3) from the middle of the hips, in the view's crop (x right, y down, z along
            the ray to the performer), over stature; NaN where nothing was lifted.
    error:  (V, F, L, 2) standard deviation across the view and along it, over stature.
    R_crop_cam: (V, F, 3, 3) from the camera's axes to the crop's; NaN where nothing was lifted.
    source: what made it: "detector"; "network", which includes the detector's; or a method.
    """

    points: np.ndarray
    error: np.ndarray
    R_crop_cam: np.ndarray
    source: str

    def __getitem__(self, frames: slice | np.ndarray) -> "Lifted":
        return Lifted(
            self.points[:, frames], self.error[:, frames], self.R_crop_cam[:, frames], self.source
        )


def lift_by_detector(
    tracks: Sequence[Track], timeline: Timeline, cameras: Cameras, times_s: np.ndarray
) -> Lifted:
    """The detector's own 3D at `times_s` (F,), seconds on the first video's clock."""
    points, errors, axes = [], [], []
    for view, track in enumerate(tracks):
        ideal = undistort_points(track.keypoints_2d_px, cameras.K[view], cameras.dist[view])
        root = ideal[:, HIP_LANDMARKS].mean(axis=1)
        world = track.world_landmarks_m - track.world_landmarks_m[:, HIP_LANDMARKS].mean(
            axis=1, keepdims=True
        )
        stature = _typical_stature(world[:, LANDMARK_INDICES])
        world = np.where(np.isfinite(ideal).all(axis=-1, keepdims=True), world, np.nan)
        columns = np.concatenate(
            [world.reshape(len(world), -1) / stature, track.confidence, root], axis=1
        )
        at = interpolate_hermite(track.times_s, columns, timeline.from_first(view, times_s))
        n = len(LANDMARK_NAMES)
        points.append(at[:, : 3 * n].reshape(len(times_s), n, 3))
        errors.append(1.0 / np.clip(at[:, 3 * n : 4 * n], _LEAST_SURE, 1.0))
        axes.append(crop_axes(at[:, -2:]))
    error = np.stack(errors)[..., None] * np.array(DETECTOR_ERROR)
    return Lifted(np.stack(points), error, np.stack(axes), "detector")


def _typical_stature(world_m: np.ndarray) -> float:
    statures = stature_of(world_m)
    known = statures[np.isfinite(statures) & (statures > 0)]
    return float(np.median(known)) if len(known) else float("nan")


def blindness(weight: np.ndarray) -> np.ndarray:
    """Keypoints' weights (V, F, L) -> (F, L) in [0, 1]: 1 where fewer than two views see it."""
    if len(weight) < 2:
        return np.ones(weight.shape[1:])
    second = np.sort(weight, axis=0)[-2]
    return np.clip(1.0 - second / SEEN_WEIGHT, 0.0, 1.0)


def hiddenness(weight: np.ndarray) -> np.ndarray:
    """Keypoints' weights (V, F, L) -> (F, L) in [0, 1]: 1 where no view sees it."""
    return np.clip(1.0 - weight.max(axis=0) / SEEN_WEIGHT, 0.0, 1.0)


def combine(first: Lifted, second: Lifted) -> Lifted:
    """Both guesses, weighed by their errors; where one has nothing, the other. Named the second.

    Their errors are taken as independent of one another.
    """
    missing = [~np.isfinite(lifted.points).all(axis=-1) for lifted in (first, second)]
    precision = [
        np.where(gone[..., None], 0.0, lifted.error**-2.0)[..., (0, 0, 1)]
        for lifted, gone in zip((first, second), missing, strict=True)
    ]
    points = [
        np.where(gone[..., None], 0.0, lifted.points)
        for lifted, gone in zip((first, second), missing, strict=True)
    ]
    total = precision[0] + precision[1]
    known = total[..., :1] > 0
    mean = (precision[0] * points[0] + precision[1] * points[1]) / np.where(known, total, 1.0)
    error = np.where(known, np.where(known, total, 1.0) ** -0.5, np.inf)[..., (0, 2)]
    axes = np.where(np.isfinite(first.R_crop_cam), first.R_crop_cam, second.R_crop_cam)
    return Lifted(np.where(known, mean, np.nan), error, axes, second.source)


def fill(first: Lifted, second: Lifted) -> Lifted:
    """The first's guesses, and the second's for landmarks that the first says nothing of."""
    chosen = choose(np.isfinite(first.points).all(axis=-1), first, second)
    is_placed = np.isfinite(first.R_crop_cam).all(axis=(-2, -1), keepdims=True)
    return replace(chosen, R_crop_cam=np.where(is_placed, first.R_crop_cam, second.R_crop_cam))


def choose(is_first: np.ndarray, first: Lifted, second: Lifted) -> Lifted:
    """The first's guesses where `is_first` (V, F, L), the second's elsewhere; named the second."""
    chosen = is_first[..., None]
    return replace(
        second,
        points=np.where(chosen, first.points, second.points),
        error=np.where(chosen, first.error, second.error),
    )


def in_sight(by_detector: Lifted) -> np.ndarray:
    """(V, F, L) bool: landmarks that the detector sees, by the error of its own 3D."""
    return by_detector.error[..., 1] <= DETECTOR_ERROR[1] / _IN_SIGHT


def sampled(
    track: Track, cameras: Cameras, view: int, clock_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Undistorted keypoints (F, J, 2) and confidence (F, J) at times on the track's own clock."""
    ideal = undistort_points(
        track.keypoints_2d_px[:, LANDMARK_INDICES], cameras.K[view], cameras.dist[view]
    )
    columns = np.concatenate([ideal, track.confidence[:, LANDMARK_INDICES, None]], axis=-1)
    at = interpolate_hermite(track.times_s, columns, clock_s)
    found = np.isfinite(at).all(axis=-1)
    return np.where(found[..., None], at[..., :2], 0.0), np.where(found, at[..., 2], 0.0)
