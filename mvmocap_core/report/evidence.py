"""Everything a report is made from."""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.body.single_views import SingleViews
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.calibration.given import GivenFacts
from mvmocap_core.checks import seen_frames
from mvmocap_core.detection.detections import Track
from mvmocap_core.geometry.cameras import camera_center
from mvmocap_core.geometry.interpolation import nearest_samples
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.fingers import without_fingers
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.stabilisation.steady import CameraMotion
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.video.frames import VideoInfo

_CLEAR = 0.5
"""Confidence of a joint from which some view shows it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A performer who was followed and could not be solved.

    well_seen_s:    for how long two views, or the only one, show enough of the body.
    start_s, end_s: the performer is in the first video, on its clock.
    """

    well_seen_s: float
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A finished solve of V views. `timeline` has the calibration's refined offsets.

    motion: as it was cleaned up with the choices `clean_up`.
    given:  what the user knew; None is nothing.
    moved:  what each camera did while it filmed; empty where nobody looked.
    single_views: what single views were needed for; None where the method does without.
    left_out: who else was followed; numbered on after those who were solved.
    """

    infos: tuple[VideoInfo, ...]
    tracks: tuple[Track, ...]
    timeline: Timeline
    calibration: Calibration
    motion: MotionClip
    options: SolveOptions
    clean_up: CleanUp = CleanUp()
    given: GivenFacts | None = None
    moved: tuple[CameraMotion, ...] = ()
    single_views: SingleViews | None = None
    left_out: tuple[LeftOut, ...] = ()


def of_body(evidence: Evidence, motion: MotionClip | None = None) -> Evidence:
    """The solve without fingers, which a view sees now and then: no measure of the whole.

    motion: instead of its own.
    """
    return replace(evidence, motion=without_fingers(motion or evidence.motion))


def seen_by_view(evidence: Evidence) -> np.ndarray:
    """(V, F) bool: view v has found the performer at the motion's frame f.

    The nearest frame of the video counts, if it is less than one of its own frames away.
    """
    seen = []
    for view, track in enumerate(evidence.tracks):
        times_s = evidence.timeline.from_first(view, evidence.motion.times_s)
        seen.append(_seen_at(track, times_s))
    return np.stack(seen)


def filmed_by_view(evidence: Evidence) -> np.ndarray:
    """(V, F) bool: view v was filming at the motion's frame f."""
    filming = []
    for view, track in enumerate(evidence.tracks):
        times_s = evidence.timeline.from_first(view, evidence.motion.times_s)
        filming.append((times_s >= track.times_s[0]) & (times_s <= track.times_s[-1]))
    return np.stack(filming)


def kept_frames(evidence: Evidence) -> np.ndarray:
    """(F,) bool: frames that the clean-up keeps."""
    times_s, kept = evidence.motion.times_s, evidence.clean_up
    start_s = -np.inf if kept.start_s is None else kept.start_s
    end_s = np.inf if kept.end_s is None else kept.end_s
    return (times_s >= start_s) & (times_s <= end_s)


def camera_positions_m(motion: MotionClip) -> np.ndarray:
    """(V, 3) where the cameras stood, in the world."""
    return camera_center(motion.T_cam_world)


def movement_m(motion: MotionClip) -> float:
    """How much the performer moved: spread of the joints that move most about their mean places.

    Metres; the tenth of the joints, which is the arms of a person who stands and gestures.
    """
    spread = np.sqrt(np.nanvar(motion.positions_m, axis=0).sum(axis=-1))
    return float(np.percentile(spread, 90.0))


def doubt_where_seen_m(evidence: Evidence) -> float:
    """Metres that `error_m` of a tenth of the joints seen exceeds, where every view has somebody.

    0 where there are none. What no picture shows, such as legs below its edge, is no fault of the
    cameras.
    """
    motion = evidence.motion
    is_seen = seen_by_view(evidence).all(axis=0)[:, None] & (motion.confidence > _CLEAR)
    at_most_m = motion.error_m[is_seen]
    return float(np.nanpercentile(at_most_m, 90.0)) if np.isfinite(at_most_m).any() else 0.0


def _seen_at(track: Track, times_s: np.ndarray) -> np.ndarray:
    nearest = nearest_samples(track.times_s, times_s)
    frame_s = float(np.median(np.diff(track.times_s)))
    is_near = np.abs(track.times_s[nearest] - times_s) < frame_s
    return is_near & seen_frames(track)[nearest]
