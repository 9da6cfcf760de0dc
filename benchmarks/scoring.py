"""Scores of one clip: ours, and triangulation of the same detections with given cameras."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from benchmarks.clips import LIMBS, SCORED, SCORED_BONES, SCORED_LANDMARKS, Clip
from benchmarks.tables import show
from mvmocap_core.body.joint_centres import CENTRE_NAMES, landmarks_to_joint_centres
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.geometry.alignment import (
    bone_length_variation,
    jitter,
    p_mpjpe,
    similarity_transform,
    w_mpjpe,
)
from mvmocap_core.geometry.cameras import undistort_points
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.geometry.rotations import rotation_angle_deg
from mvmocap_core.geometry.triangulation import triangulate_dlt
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.options import SolveOptions
from mvmocap_core.solving import Solution, solve_tracks
from mvmocap_core.sync.timeline import Timeline

_CENTRES = [CENTRE_NAMES.index(name) for name in SCORED]


@dataclass(frozen=True, kw_only=True, slots=True)
class PoseScore:
    """Errors of one set of points.

    w_mpjpe_mm, p_mpjpe_mm: see `mvmocap_core.geometry.alignment`.
    bone_variation: coefficient. jitter: mean jerk, m/s^3.
    coverage:       share of the truth's joints that were given.
    scale_error:    of the similarity, minus 1; NaN where the scale is not meant to be known.
    """

    w_mpjpe_mm: float
    p_mpjpe_mm: float
    bone_variation: float
    jitter: float
    coverage: float
    scale_error: float = float("nan")


def triangulated(clip: Clip, cameras: Cameras) -> np.ndarray:
    """(F, 33, 3) landmarks at the first track's times by plain DLT, with the true offset."""
    times_s = clip.tracks[0].times_s
    views = []
    for view, track in enumerate(clip.tracks):
        ideal = undistort_points(track.keypoints_2d_px, cameras.K[view], cameras.dist[view])
        own_s = times_s - clip.offset_s if view else times_s
        if view == 0 or np.array_equal(own_s, track.times_s):
            views.append(ideal)
        else:
            views.append(interpolate_hermite(track.times_s, ideal, own_s))
    return triangulate_dlt(np.stack(views), cameras.T_cam_world)


def score_triangulation(clip: Clip, cameras: Cameras) -> dict[str, dict[str, float]]:
    """Scores of "landmarks", and of "joints" where the clip has anatomical truth."""
    return score_landmarks(clip, clip.tracks[0].times_s, triangulated(clip, cameras))


def score_landmarks(
    clip: Clip, times_s: np.ndarray, landmarks_m: np.ndarray
) -> dict[str, dict[str, float]]:
    """Scores of landmarks (F, 33, 3) at times (F,) on the first clock; NaN = not given.

    Of "landmarks", and of "joints" where the clip has anatomical truth.
    """
    scores = {"landmarks": _score(clip, times_s, landmarks_m[:, SCORED_LANDMARKS])}
    if clip.has_joint_truth:
        centres = landmarks_to_joint_centres(landmarks_m)[:, _CENTRES]
        scores["joints"] = _score(clip, times_s, centres)
    return scores


def solve_clip(clip: Clip) -> Solution:
    """Solve the clip, given nothing but its tracks. Raises what the solver raises."""
    return solve_tracks(
        clip.tracks,
        clip.sounds,
        SolveOptions(height_m=clip.height_m),
        fps=clip.fps,
        focal_35mm=(None, None),
        given=replace(nothing_given(2), rooms=clip.rooms),
    )


RADIUS_HEAD = ("error_m holds %", *LIMBS)


def score_solution(clip: Clip, solution: Solution) -> dict[str, object]:
    """Score a solved clip."""
    motion = solution.motion
    names = [str(name) for name in motion.joint_names]
    joints = motion.positions_m[:, [names.index(name) for name in SCORED]]
    landmarks = motion.landmarks_m[:, SCORED_LANDMARKS]
    scores: dict[str, object] = {"landmarks": _score(clip, motion.times_s, landmarks)}
    scores["joints"] = _score(clip, motion.times_s, joints)
    return {
        **scores,
        **_camera_errors(clip, solution),
        **_sync(clip, solution.timeline),
        "in_radius": _share_in_radius(clip, solution.motion),
    }


def _share_in_radius(clip: Clip, motion: MotionClip) -> dict[str, float]:
    """For every limb the share of moments whose error, after one similarity, is below `error_m`.

    Without anatomical truth, landmarks are compared, with the doubt of their joints.
    """
    rows = [motion.joint_names.tolist().index(name) for name in SCORED]
    points = motion.positions_m[:, rows]
    if not clip.has_joint_truth:
        points = motion.landmarks_m[:, SCORED_LANDMARKS]
    truth, common = _truth_at(clip, motion.times_s)
    points, radius_m = points[common], motion.error_m[common][:, rows]
    good = np.isfinite(points).all(axis=-1) & np.isfinite(truth).all(axis=-1)
    aligned = similarity_transform(points[good], truth[good]).apply(points[good])
    inside = np.full(good.shape, np.nan)
    inside[good] = np.linalg.norm(aligned - truth[good], axis=-1) <= radius_m[good]
    return {
        part: float(np.nanmean(inside[:, [name.endswith(part) for name in SCORED]]))
        for part in LIMBS
    }


def radius_cells(scores: Sequence[dict[str, Any]]) -> list[str]:
    """Percent of the joints that are nearer to the truth than `error_m`: all, then every limb."""
    shares = np.array([[score["in_radius"][part] for part in LIMBS] for score in scores])
    return [show(100.0 * share, 0) for share in (shares.mean(), *shares.mean(axis=0))]


def _camera_errors(clip: Clip, solution: Solution) -> dict[str, object]:
    found = solution.calibration.cameras
    return {
        "rotation_error_deg": float(
            rotation_angle_deg(_relative_rotation(found) @ _relative_rotation(clip.cameras).T)
        ),
        "tilt_deg": _tilt_deg(clip.cameras, solution.fit),
        "focal_error": [float(found.K[v, 0, 0] / clip.cameras.K[v, 0, 0] - 1.0) for v in range(2)],
    }


def _tilt_deg(true: Cameras, motion: MotionClip) -> float:
    """Angle between the solved and the true vertical, as the first camera sees them."""
    cosine = float(true.T_cam_world[0, :3, 2] @ motion.T_cam_world[0, :3, 2])
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _relative_rotation(cameras: Cameras) -> np.ndarray:
    return cameras.T_cam_world[1, :3, :3] @ cameras.T_cam_world[0, :3, :3].T


def _sync(clip: Clip, timeline: Timeline) -> dict[str, object]:
    return {
        "offset_error_ms": 1000.0 * float(timeline.offset_s[1] - clip.offset_s),
        "sync_method": str(timeline.method[1]),
    }


def _score(clip: Clip, times_s: np.ndarray, points: np.ndarray) -> dict[str, float]:
    """Points (F, 12, 3) at times (F,) on the first clock, where both videos saw the performer."""
    truth, common = _truth_at(clip, times_s)
    points = points[common]
    has_truth, found = (np.isfinite(a).all(axis=-1) for a in (truth, points))
    similarity = similarity_transform(points.reshape(-1, 3), truth.reshape(-1, 3))
    score = PoseScore(
        w_mpjpe_mm=1000.0 * w_mpjpe(points, truth),
        p_mpjpe_mm=1000.0 * p_mpjpe(points, truth),
        bone_variation=bone_length_variation(similarity.apply(points), SCORED_BONES),
        jitter=jitter(similarity.apply(points), clip.fps),
        coverage=float((found & has_truth).sum() / max(has_truth.sum(), 1)),
        scale_error=1.0 / similarity.scale - 1.0 if clip.height_m else float("nan"),
    )
    return asdict(score)


def _truth_at(clip: Clip, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The truth at those of the times (F,) that both videos saw, and which they are (F,) bool."""
    truth = interpolate_hermite(clip.truth_times_s, clip.truth_m, times_s)
    first, second = clip.tracks
    start = max(first.times_s[0], second.times_s[0] + clip.offset_s) - 1e-6
    end = min(first.times_s[-1], second.times_s[-1] + clip.offset_s) + 1e-6
    common = (times_s >= start) & (times_s <= end)
    return truth[common], common
