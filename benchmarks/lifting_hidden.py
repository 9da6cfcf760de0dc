"""What a lost view or a hidden arm costs, by method."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.clips import SCORED, SCORED_LANDMARKS, Clip
from benchmarks.motion_capture import MotionCapture, load_motions
from benchmarks.synthetic import Difficulty, SyntheticTake, make_take
from mvmocap_core.body.single_views import lift_performer
from mvmocap_core.body.solve import frame_times, solve_body
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.detection.detections import LANDMARK_NAMES, Track
from mvmocap_core.geometry.alignment import similarity_transform
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.options import SolveOptions
from mvmocap_core.solving import solve_tracks
from mvmocap_core.sync.timeline import Timeline

HARMS = ("nothing", "view", "arm")
"""Nothing hidden; 30 % of the second view's frames removed; the left arm hidden from both views."""
_ARM = [
    LANDMARK_NAMES.index(f"left_{part}") for part in ("elbow", "wrist", "pinky", "index", "thumb")
]
_ARM_SCORED = [SCORED.index(name) for name in ("left_elbow", "left_wrist")]
_HIDDEN_S, _LOST_SHARE, _STARTS = 0.5, 0.3, 0.35
_LONGEST_S = 6.0
_FPS = 30.0
_HEIGHT_M = 1.75


@dataclass(frozen=True, slots=True)
class Harm:
    """Errors, mm, in the frames and joints that were harmed; all of them where nothing was.

    in_radius: share of these that are nearer to the truth than `error_m`.
    """

    motion: str
    harm: str
    by_method_mm: dict[str, float]
    in_radius: dict[str, float]


def score_hidden(split: str, index: int, methods: Sequence[str]) -> list[Harm]:
    """One virtual take, harmed in every way. True cameras and clocks: the fit is what differs."""
    motions = load_motions(split, min_duration_s=3.0)
    whole = motions[index % len(motions)]
    n_frames = round(_LONGEST_S * whole.fps)
    clip = MotionCapture(whole.name, whole.subject, whole.fps, whole.landmarks_m[:n_frames])
    take = make_take(np.random.default_rng(index), clip, Difficulty(max_offset_s=0.3))
    rows = []
    for harm in HARMS:
        tracks, start_s, end_s = harmed(take, harm)
        scores = {
            method: _score(take, clip, tracks, harm, (start_s, end_s), method) for method in methods
        }
        rows.append(_harm(clip.name, harm, scores))
    return rows


def score_footage(clip: Clip, methods: Sequence[str]) -> list[Harm]:
    """A filmed clip, harmed in every way and solved as a take: nothing of the cameras is known."""
    rows = []
    for harm in HARMS:
        tracks, start_s, end_s = harmed(clip, harm)
        scores: dict[str, tuple[float, float]] = {}
        for method in methods:
            options = SolveOptions(height_m=clip.height_m, method=method)
            motion = solve_tracks(
                tracks, clip.sounds, options, fps=clip.fps, focal_35mm=(None, None)
            ).motion
            truth = interpolate_hermite(clip.truth_times_s, clip.truth_m, motion.times_s)
            is_known = np.isfinite(truth).all(axis=(1, 2))
            scores[method] = _compare(motion, truth, is_known, harm, (start_s, end_s))
        rows.append(_harm(clip.name, harm, scores))
    return rows


def harmed(take: SyntheticTake | Clip, harm: str) -> tuple[list[Track], float, float]:
    """Tracks, and from when to when they are harmed, on the first clock."""
    duration_s = float(take.tracks[0].times_s[-1])
    start_s = _STARTS * duration_s
    if harm == "nothing":
        return list(take.tracks), 0.0, duration_s
    if harm == "view":
        end_s = start_s + _LOST_SHARE * duration_s
        lost = _hide(take.tracks[1], start_s - take.offset_s, end_s - take.offset_s, None)
        return [take.tracks[0], lost], start_s, end_s
    end_s = start_s + _HIDDEN_S
    offsets_s = (0.0, take.offset_s)
    hidden = [
        _hide(track, start_s - offset_s, end_s - offset_s, _ARM)
        for track, offset_s in zip(take.tracks, offsets_s, strict=True)
    ]
    return hidden, start_s, end_s


def _hide(track: Track, start_s: float, end_s: float, landmarks: list[int] | None) -> Track:
    """The track without some landmarks, or without all (None), from `start_s` to `end_s`."""
    is_hidden = np.zeros(track.confidence.shape, dtype=bool)
    frames = (track.times_s >= start_s) & (track.times_s < end_s)
    is_hidden[np.ix_(frames, np.arange(is_hidden.shape[1]) if landmarks is None else landmarks)] = (
        True
    )
    return replace(
        track,
        keypoints_2d_px=np.where(is_hidden[..., None], np.nan, track.keypoints_2d_px),
        confidence=np.where(is_hidden, 0.0, track.confidence),
        world_landmarks_m=np.where(is_hidden[..., None], np.nan, track.world_landmarks_m),
    )


def _harm(motion: str, harm: str, scores: dict[str, tuple[float, float]]) -> Harm:
    errors_mm, in_radius = (
        {method: score[of] for method, score in scores.items()} for of in range(2)
    )
    return Harm(motion, harm, errors_mm, in_radius)


def _score(
    take: SyntheticTake,
    clip: MotionCapture,
    tracks: list[Track],
    harm: str,
    harmed_s: tuple[float, float],
    method: str,
) -> tuple[float, float]:
    """See `_compare`."""
    timeline, cameras = Timeline.known(np.array([0.0, take.offset_s])), take.cameras
    times_s = frame_times(tracks, timeline, _FPS, None, None)
    lifted = None
    if method != "geometry":
        lifted, _ = lift_performer(tracks, timeline, cameras, times_s, method=method)
    motion = solve_body(
        tracks, timeline, _calibration(take), fps=_FPS, height_m=_HEIGHT_M, lifted=lifted
    )
    truth = clip.at(np.clip(take.start_s + times_s, 0.0, clip.duration_s))[:, SCORED_LANDMARKS]
    ends_s = [timeline.to_first(view, track.times_s[[0, -1]]) for view, track in enumerate(tracks)]
    shared = (times_s >= max(e[0] for e in ends_s)) & (times_s <= min(e[1] for e in ends_s))
    return _compare(motion, truth, shared, harm, harmed_s)


def _compare(
    motion: MotionClip,
    truth: np.ndarray,
    shared: np.ndarray,
    harm: str,
    harmed_s: tuple[float, float],
) -> tuple[float, float]:
    """Error, mm, where it was harmed, after one similarity over the other frames; share in radius.

    truth: (F, 12, 3) of `SCORED` at the motion's times; shared: (F,) frames that both views film.
    """
    joints = [list(motion.joint_names).index(name) for name in SCORED]
    found = motion.landmarks_m[:, SCORED_LANDMARKS]
    found = np.where(np.isfinite(found), found, motion.positions_m[:, joints])
    counted = shared & (motion.times_s >= harmed_s[0]) & (motion.times_s < harmed_s[1])
    sure = shared if harm == "nothing" else shared & ~counted
    fit = similarity_transform(found[sure].reshape(-1, 3), truth[sure].reshape(-1, 3))
    limbs = _ARM_SCORED if harm == "arm" else list(range(len(SCORED)))
    apart_m = np.linalg.norm(fit.apply(found) - truth, axis=-1)[counted][:, limbs]
    radius_m = motion.error_m[counted][:, [joints[limb] for limb in limbs]]
    return float(1000.0 * apart_m.mean()), float((apart_m < radius_m).mean())


def _calibration(take: SyntheticTake) -> Calibration:
    return Calibration(
        cameras=take.cameras,
        offset_s=np.array([0.0, take.offset_s]),
        offset_std_s=np.zeros(2),
        agreement=np.ones(2),
        focal_std=np.zeros(2),
        rotation_std_deg=0.5,
        lone_focal_std=np.zeros(2),
        lone_rotation_std_deg=0.5,
        view_angle_deg=take.angle_deg,
        reprojection_rms_px=np.ones(2),
        reprojection_rel=np.full(2, 0.005),
        bone_variation=0.05,
        swapped_share=np.zeros(2),
        margin=1.0,
        n_frames=len(take.tracks[0].times_s),
    )
