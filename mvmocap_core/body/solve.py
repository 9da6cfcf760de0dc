"""From cameras and keypoints to a motion clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.evidence import Evidence, gather_evidence
from mvmocap_core.body.fit import fit_motion, fit_shape
from mvmocap_core.body.kinematics import Pose, forward, landmark_positions
from mvmocap_core.body.residuals import point_normals
from mvmocap_core.body.skeleton import JOINT_NAMES, JOINT_PARENTS, Body, average_body
from mvmocap_core.body.uncertainty import joint_confidence, joint_errors
from mvmocap_core.body.world import SOLE_LANDMARKS, WorldFrame, find_world, stature_m
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.detection.detections import LANDMARK_NAMES, NOISE_CORRELATION_S, Track
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.geometry.rotations import rotmat_to_quat_wxyz
from mvmocap_core.lifting.lifted import Lifted
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.contacts import detect_contacts
from mvmocap_core.options import ASSUMED_HEIGHT_M
from mvmocap_core.progress import Progress, part, silent
from mvmocap_core.sync.timeline import Timeline

LANDMARK_PLAY_M = 0.015
"""How far a landmark wanders from its place on the posed body (standard deviation)."""
SHAPE_FRAMES = 300
MIN_WELL_SEEN = 5
"""Frames in which two views see the performer well; with fewer the body cannot be measured."""
_WELL_SEEN = 8.0
_SEEN = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    """One performer in the calibration's frame. on_body: (F, 33, 3) landmarks as posed."""

    pose: Pose
    body: Body
    evidence: Evidence
    on_body: np.ndarray
    confidence: np.ndarray


def solve_body(
    tracks: Sequence[Track],
    timeline: Timeline,
    calibration: Calibration,
    *,
    fps: float,
    start_s: float | None = None,
    end_s: float | None = None,
    height_m: float | None = None,
    lifted: Lifted | None = None,
    progress: Progress = silent,
) -> MotionClip:
    """Fit a skeleton of constant bone lengths to all views over the whole take.

    The motion covers the union of the videos, or `start_s` to `end_s`, at `fps`.
    height_m: the performer's stature; None assumes `ASSUMED_HEIGHT_M`. Cameras in metres know
    the scale better: then it has no say.
    lifted: what single views say of depth at `frame_times`; a single video needs it.
    Raises UnsolvableError if no frame in the range shows the whole trunk in two views.
    """
    return solve_bodies(
        [tracks], timeline, calibration,
        fps=fps, start_s=start_s, end_s=end_s, height_m=height_m, lifted=[lifted],
        progress=progress,
    )[0]  # fmt: skip


def solve_bodies(
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    calibration: Calibration,
    *,
    fps: float,
    start_s: float | None = None,
    end_s: float | None = None,
    height_m: float | None = None,
    lifted: Sequence[Lifted | None],
    progress: Progress = silent,
) -> list[MotionClip]:
    """Fit a skeleton to each of several performers, (P) of (V) tracks: one world, one floor.

    See `solve_body`. height_m: the first performer's stature, which sizes the others too; None
    takes them to be `ASSUMED_HEIGHT_M` on average. The first one's place at the first frame is the
    origin of the world.
    """
    times_s = frame_times(people[0], timeline, fps, start_s, end_s)
    fitted = []
    for k, (tracks, own) in enumerate(zip(people, lifted, strict=True)):
        evidence = gather_evidence(tracks, timeline, calibration.cameras, times_s, own)
        told = part(progress, 0.8 * k / len(people), 0.8 / len(people))
        told(0.0, "Measuring the body")
        body = measure_body(evidence, fps)
        pose = fit_motion(body, evidence, fps=fps, progress=part(told, 0.25, 0.75))
        on_body = landmark_positions(*forward(pose, body), body)
        confidence = joint_confidence(on_body, evidence)
        fitted.append(_Fitted(pose, body, evidence, on_body, confidence))
    progress(0.8, "Finding the floor")
    world = _find_world(fitted, calibration, fps, height_m)
    return [_to_clip(each, world, timeline, calibration, times_s, fps) for each in fitted]


def frame_times(
    tracks: Sequence[Track],
    timeline: Timeline,
    fps: float,
    start_s: float | None,
    end_s: float | None,
) -> np.ndarray:
    """(F,) whole multiples of the frame time, over the union of the videos or the given range."""
    clocks = [timeline.to_first(view, track.times_s) for view, track in enumerate(tracks)]
    first = min(float(c[0]) for c in clocks) if start_s is None else start_s
    last = max(float(c[-1]) for c in clocks) if end_s is None else end_s
    frames = np.arange(np.ceil(first * fps - 1e-6), np.floor(last * fps + 1e-6) + 1)
    if len(frames) < 2:
        raise UnsolvableError(
            f"Nothing to solve between {first:.2f} s and {last:.2f} s: widen --start and --end.",
            reason="empty_range",
        )
    return frames / fps


def measure_body(evidence: Evidence, fps: float) -> Body:
    """The performer's proportions, from frames that both views see well.

    Raises UnsolvableError if there are hardly any.
    """
    good = _well_seen(evidence)
    if len(good) < MIN_WELL_SEEN:
        raise body_not_seen()
    chosen = good[np.linspace(0, len(good) - 1, min(len(good), SHAPE_FRAMES)).round().astype(int)]
    spacing_s = float(np.median(np.diff(chosen))) / fps
    independent = min(1.0, spacing_s / NOISE_CORRELATION_S)
    return fit_shape(average_body(ASSUMED_HEIGHT_M), evidence[chosen], independent=independent)


def count_well_seen(
    tracks: Sequence[Track], timeline: Timeline, calibration: Calibration, times_s: np.ndarray
) -> int:
    """In how many of the frames at `times_s` (F,) two views, or the only one, see somebody well.

    Who has fewer than `MIN_WELL_SEEN` cannot be solved.
    """
    return len(_well_seen(gather_evidence(tracks, timeline, calibration.cameras, times_s)))


def _well_seen(evidence: Evidence) -> np.ndarray:
    """The frames in which two views, or the only one, see enough of the body to measure it."""
    seen = np.sort(evidence.weight.sum(axis=2), axis=0)[-2:][0]
    return np.flatnonzero(seen > _WELL_SEEN)


def body_not_seen() -> UnsolvableError:
    """What to raise where nobody can be measured."""
    return UnsolvableError(
        "The performer's body is hardly ever seen by both views at once: keep the whole body "
        "in both pictures.",
        reason="body_not_seen",
    )


def refine_landmarks(predicted: np.ndarray, evidence: Evidence, n_steps: int = 5) -> np.ndarray:
    """Landmarks (F, L, 3) between where the body puts them and where the views see them.

    NaN where no view sees them.
    """
    points = predicted.copy()
    stiffness = LANDMARK_PLAY_M**-2.0
    for _ in range(n_steps):
        M, b, _ = point_normals(points, evidence)
        b = b + stiffness * (points - predicted)
        points -= np.linalg.solve(M + stiffness * np.eye(3), b[..., None])[..., 0]
    return np.where((evidence.weight.max(axis=0) > 0)[..., None], points, np.nan)


def _find_world(
    fitted: Sequence[_Fitted], calibration: Calibration, fps: float, height_m: float | None
) -> WorldFrame:
    """The floor under everybody; size and heading by the first performer."""
    lead = fitted[0]
    stature = stature_m(lead.body.rest_offsets_m)
    if calibration.is_metric:
        height_m = stature
    elif height_m is None and len(fitted) > 1:
        typical = float(np.mean([stature_m(each.body.rest_offsets_m) for each in fitted]))
        height_m = ASSUMED_HEIGHT_M * stature / typical
    solved = np.flatnonzero(lead.confidence.mean(axis=1) > _SEEN)
    standing = [each.on_body[each.confidence.mean(axis=1) > _SEEN] for each in fitted[1:]]
    return find_world(
        lead.pose,
        lead.body,
        np.concatenate([lead.on_body, *standing]),
        calibration.cameras,
        fps=fps,
        height_m=height_m or ASSUMED_HEIGHT_M,
        first_frame=int(solved[0]) if len(solved) else 0,
        room_axes=calibration.room_axes,
    )


def _to_clip(
    fitted: _Fitted,
    world: WorldFrame,
    timeline: Timeline,
    calibration: Calibration,
    times_s: np.ndarray,
    fps: float,
) -> MotionClip:
    pose, body, evidence, on_body = fitted.pose, fitted.body, fitted.evidence, fitted.on_body
    scaled = Body(body.stature_m * world.scale, body.shape)
    placed = world.apply_pose(pose)
    soles = world.apply(on_body[:, SOLE_LANDMARKS])
    quat = rotmat_to_quat_wxyz(placed.local)
    return MotionClip(
        fps=fps,
        times_s=times_s,
        joint_names=np.array(JOINT_NAMES),
        joint_parents=JOINT_PARENTS,
        positions_m=forward(placed, scaled)[0],
        rotations_quat_wxyz=quat,
        rest_offsets_m=scaled.rest_offsets_m,
        error_m=world.scale * joint_errors(pose, body, evidence, calibration, fps=fps),
        confidence=fitted.confidence,
        contacts=detect_contacts(soles, fps),
        landmark_names=np.array(LANDMARK_NAMES),
        landmarks_m=world.apply(refine_landmarks(on_body, evidence)),
        K=calibration.cameras.K,
        dist=calibration.cameras.dist,
        image_size=calibration.cameras.image_size,
        T_cam_world=world.apply_cameras(calibration.cameras.T_cam_world),
        sync_offset_s=timeline.offset_s,
        sync_drift_ppm=timeline.drift_ppm,
    )
