"""What the views saw, at the frames of the motion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.body.lifted_prior import DepthPrior, depth_prior, fill_points, with_memory
from mvmocap_core.body.path import HipsPath, hips_path
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import (
    LANDMARK_NAMES,
    MIN_CONFIDENCE,
    Track,
    person_size_px,
)
from mvmocap_core.geometry.cameras import undistort_points
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.geometry.triangulation import triangulate_dlt
from mvmocap_core.lifting.correction import offsets_of
from mvmocap_core.lifting.lifted import Lifted, blindness
from mvmocap_core.options import ASSUMED_HEIGHT_M
from mvmocap_core.sync.timeline import Timeline

KEYPOINT_NOISE = 0.006
"""Keypoint noise and the skin's play over the bone, over the performer's height in the image."""


def _trust(name: str) -> float:
    if any(part in name for part in ("pinky", "index", "thumb")) and "foot" not in name:
        return 0.4
    if any(part in name for part in ("eye", "mouth")):
        return 0.25
    return 1.0


LANDMARK_TRUST = np.array([_trust(name) for name in LANDMARK_NAMES])
"""(L,) hands are small and blurred; the face's eight points move as one."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """V views, F frames, L landmarks.

    xy:      (V, F, L, 2) undistorted image coordinates (focal length 1); 0 where weight is 0.
    weight:  (V, F, L) in [0, 1]; 0 = not seen.
    sigma:   (V,) standard deviation of a keypoint in the units of xy.
    poses:   (V, 4, 4) T_cam_world.
    depth:   what single views say of depth; None = geometry alone.
    lifted:  what `depth` was made from.
    path:    how far away the hips are that one view alone shows; None = as far as bones tell.
    """

    xy: np.ndarray
    weight: np.ndarray
    sigma: np.ndarray
    poses: np.ndarray
    depth: DepthPrior | None = None
    lifted: Lifted | None = None
    path: HipsPath | None = None

    def __getitem__(self, frames: slice | np.ndarray) -> "Evidence":
        return replace(
            self,
            xy=self.xy[:, frames],
            weight=self.weight[:, frames],
            depth=None if self.depth is None else self.depth[frames],
            lifted=None if self.lifted is None else self.lifted[frames],
            path=None if self.path is None else self.path[frames],
        )


def gather_evidence(
    tracks: Sequence[Track],
    timeline: Timeline,
    cameras: Cameras,
    times_s: np.ndarray,
    lifted: Lifted | None = None,
) -> Evidence:
    """Keypoints of all views at `times_s` (F,), seconds on the first video's clock.

    lifted: what every view by itself says of depth, at the same times; put right already.
    """
    xy, weight, sigma = [], [], []
    for view, track in enumerate(tracks):
        K, dist = cameras.K[view], cameras.dist[view]
        ideal = undistort_points(track.keypoints_2d_px, K, dist)
        columns = np.concatenate([ideal, track.confidence[..., None]], axis=-1)
        at = interpolate_hermite(track.times_s, columns, timeline.from_first(view, times_s))
        confidence = np.where(np.isfinite(at).all(axis=-1), at[..., 2], 0.0)
        confidence = np.where(confidence > MIN_CONFIDENCE, np.clip(confidence, 0.0, 1.0), 0.0)
        xy.append(np.where(confidence[..., None] > 0, at[..., :2], 0.0))
        weight.append(confidence**2)
        sigma.append(KEYPOINT_NOISE * person_size_px(track) / K[0, 0])
    seen = Evidence(np.stack(xy), np.stack(weight), np.array(sigma), cameras.T_cam_world)
    return seen if lifted is None else _with_depth(seen, lifted, times_s)


def _with_depth(seen: Evidence, lifted: Lifted, times_s: np.ndarray) -> Evidence:
    """What the views saw, and what each by itself says of what two do not see."""
    prior = depth_prior(lifted, seen.weight, seen.poses)
    told = replace(seen, depth=prior, lifted=lifted)
    if len(seen.poses) < 2:
        return told
    points = points_seen(seen)
    depth = with_memory(prior, offsets_of(points), seen.weight, times_s)
    path = hips_path(
        points, triangulate(told), seen.xy, seen.weight, seen.sigma, seen.poses, times_s
    )
    return replace(told, depth=depth, path=path)


def offsets_seen(seen: Evidence) -> np.ndarray:
    """(F, L, 3) as `offsets_of` gives them, of landmarks that two views see; else NaN."""
    return offsets_of(points_seen(seen))


def points_seen(seen: Evidence) -> np.ndarray:
    """(F, L, 3) landmarks that two views see; else NaN."""
    is_seen = blindness(seen.weight) == 0.0
    return np.where(is_seen[..., None], triangulate(seen), np.nan)


def triangulate(evidence: Evidence) -> np.ndarray:
    """(F, L, 3) points where two views see them; elsewhere from one view's lifted pose, or NaN."""
    xy = np.where(evidence.weight[..., None] > 0, evidence.xy, np.nan)
    if len(evidence.poses) > 1:
        points = triangulate_dlt(xy, evidence.poses, evidence.weight)
    else:
        points = np.full((*evidence.weight.shape[1:], 3), np.nan)
    if evidence.lifted is None:
        return points
    return fill_points(
        points, evidence.lifted, evidence.xy, evidence.weight, evidence.poses, ASSUMED_HEIGHT_M
    )
