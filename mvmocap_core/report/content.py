"""The report as data: what `report.json` holds. Its schema is docs/schemas/report.schema.json."""

import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from mvmocap_core import __version__
from mvmocap_core.body.world import stature_m
from mvmocap_core.calibration.cameras import Calibration, Cameras
from mvmocap_core.detection.detections import Detections
from mvmocap_core.errors import MocapError
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.fingers import hands_seen, without_fingers
from mvmocap_core.options import ASSUMED_HEIGHT_M
from mvmocap_core.report.evidence import Evidence, camera_positions_m, of_body, seen_by_view
from mvmocap_core.report.findings import GRADES, Verdict, summed_up
from mvmocap_core.report.missing import missing_performers
from mvmocap_core.report.moments import FIRM, WEAK, binned_trust, worst_moments
from mvmocap_core.report.verdict import judge
from mvmocap_core.stages import Stages
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.video.frames import VideoInfo

REPORT_SCHEMA = 1

_PACKAGES = ("numpy", "scipy", "av", "mediapipe", "opencv-python-headless")
_FULL_FRAME_WIDTH_MM = 36.0
_TRUST_BINS = 240


def solved_report(
    people: Sequence[Evidence], stages: Stages, *, fits: Sequence[MotionClip] | None = None
) -> dict[str, Any]:
    """Make the report of a finished solve. Cameras and accuracy are told from the first performer.

    fits: everybody's whole motion before it was cleaned up and trimmed, which the verdict is
    about; the evidence's own if not given.
    """
    whole = [each.motion for each in people] if fits is None else fits
    verdicts = [judge(of_body(each, fit)) for each, fit in zip(people, whole, strict=True)]
    told = [summed_up(missing_performers(people)), *verdicts]
    lead = of_body(people[0])
    return {
        "schema_version": REPORT_SCHEMA,
        "verdict": max((verdict.grade for verdict in told), key=GRADES.index),
        "reasons": _each_once(verdict.reasons for verdict in told),
        "advice": _each_once(verdict.advice for verdict in told),
        "sync": sync_section(lead.timeline),
        "cameras": _camera_section(lead),
        "accuracy": _accuracy_section(lead),
        "people": [
            _person_section(person, each, verdict)
            for person, (each, verdict) in enumerate(zip(people, verdicts, strict=True))
        ],
        **_run_section(stages),
    }


def _each_once(lists: Iterable[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(text for texts in lists for text in texts))


def unsolvable_report(
    error: MocapError, infos: Sequence[VideoInfo], stages: Stages, *, keeps_motion: bool = False
) -> dict[str, Any]:
    """Make the report of videos that were read but could not be solved.

    keeps_motion: the take holds what an earlier solve has found, which this report is not about.
    """
    kept = ["The motion that the take holds is of an earlier solve."] if keeps_motion else []
    return {
        "schema_version": REPORT_SCHEMA,
        "verdict": "unusable",
        "reasons": [error.reason],
        "advice": [_sentence(error), *kept],
        "sync": None,
        "cameras": [_video_facts(info) for info in infos],
        "accuracy": None,
        "people": [],
        **_run_section(stages),
    }


def _sentence(error: MocapError) -> str:
    """The error's message, which a console puts after the program's name, by itself."""
    message = str(error)
    return message[:1].upper() + message[1:]


def sync_section(timeline: Timeline) -> dict[str, Any]:
    """Say how the videos' clocks relate to the first one's, one value a video."""
    return {
        "method": [str(method) for method in timeline.method],
        "offset_s": _numbers(timeline.offset_s, 6),
        "offset_std_s": _numbers(timeline.offset_std_s, 6),
        "drift_ppm": _numbers(timeline.drift_ppm, 3),
        "agreement": _numbers(timeline.agreement, 4),
    }


def detection_summary(videos: Sequence[Path], detections: Sequence[Detections]) -> dict[str, Any]:
    """Say in how many frames of each video somebody was found."""
    return {
        "detections": [
            {
                "video": str(video),
                "n_frames": len(found.times_s),
                "n_frames_with_person": int(
                    np.isfinite(found.keypoints_2d_px).any(axis=(1, 2, 3)).sum()
                ),
            }
            for video, found in zip(videos, detections, strict=True)
        ]
    }


def calibration_summary(
    infos: Sequence[VideoInfo], timeline: Timeline, calibration: Calibration
) -> dict[str, Any]:
    """Say what was found of the cameras, before there is a world to place them in."""
    return {
        "sync": sync_section(timeline),
        "cameras": [
            {**_video_facts(info), **_lens_facts(calibration, view)}
            for view, info in enumerate(infos)
        ],
        "accuracy": _calibration_facts(calibration),
    }


def _camera_section(evidence: Evidence) -> list[dict[str, Any]]:
    positions_m = camera_positions_m(evidence.motion)
    pelvis_m = evidence.motion.positions_m[:, 0]
    cameras = []
    for view, info in enumerate(evidence.infos):
        distance_m = np.linalg.norm(pelvis_m - positions_m[view], axis=1)
        cameras.append(
            {
                **_video_facts(info),
                **_lens_facts(evidence.calibration, view),
                "position_m": _numbers(positions_m[view], 3),
                "distance_m": _number(float(np.median(distance_m)), 3),
                "reprojection_rms_px": _number(evidence.calibration.reprojection_rms_px[view], 3),
                "reprojection_rel": _number(evidence.calibration.reprojection_rel[view], 5),
                "swapped_share": _number(evidence.calibration.swapped_share[view], 4),
                "given": evidence.given.names(view) if evidence.given else [],
                **_room_facts(evidence, view),
                **_movement(evidence, view),
            }
        )
    return cameras


def _room_facts(evidence: Evidence, view: int) -> dict[str, Any]:
    if evidence.given is None or not np.isfinite(evidence.given.rooms[view].axes_std_rad):
        return {}
    room = evidence.given.rooms[view]
    return {
        "room": {
            "focal_px": _number(room.focal_px, 2),
            "focal_std": _number(room.focal_log_std, 4),
            "axes_std_deg": _number(float(np.degrees(room.axes_std_rad)), 2),
        }
    }


def _movement(evidence: Evidence, view: int) -> dict[str, Any]:
    if not evidence.moved:
        return {}
    moved = evidence.moved[view]
    return {"movement": moved.kind, "turn_deg": _number(moved.turn_deg, 2)}


def _video_facts(info: VideoInfo) -> dict[str, Any]:
    return {
        "video": str(info.path),
        "image_size": [int(size) for size in info.image_size],
        "fps": _number(info.fps, 4),
        "duration_s": _number(info.duration_s, 4),
    }


def _lens_facts(calibration: Calibration, view: int) -> dict[str, Any]:
    cameras: Cameras = calibration.cameras
    focal_px = float(cameras.K[view, 0, 0])
    return {
        "focal_px": _number(focal_px, 2),
        "focal_35mm": _number(
            focal_px * _FULL_FRAME_WIDTH_MM / float(np.max(cameras.image_size[view])), 2
        ),
        "focal_std": _number(calibration.focal_std[view], 4),
        "dist": _numbers(cameras.dist[view], 6),
    }


def _calibration_facts(calibration: Calibration) -> dict[str, Any]:
    return {
        "view_angle_deg": _number(calibration.view_angle_deg, 2),
        "rotation_std_deg": _number(calibration.rotation_std_deg, 3),
        "reprojection_rel": _number(float(np.max(calibration.reprojection_rel)), 5),
        "bone_variation": _number(calibration.bone_variation, 4),
        "margin": _number(calibration.margin, 4),
        "n_frames_calibrated": int(calibration.n_frames),
    }


def _accuracy_section(evidence: Evidence) -> dict[str, Any]:
    motion = evidence.motion
    medians = np.nanmedian(motion.error_m, axis=0)
    return {
        **_calibration_facts(evidence.calibration),
        "error_median_m": _number(float(np.nanmedian(motion.error_m)), 4),
        "error_95_m": _number(float(np.nanpercentile(motion.error_m, 95)), 4),
        "error_by_joint_m": {
            str(name): _number(float(median), 4)
            for name, median in zip(motion.joint_names, medians, strict=True)
        },
    }


def _person_section(person: int, evidence: Evidence, verdict: Verdict) -> dict[str, Any]:
    whole_motion, options = evidence.motion, evidence.options
    motion = without_fingers(whole_motion)
    seen = seen_by_view(evidence)
    is_metric = evidence.calibration.is_metric
    is_measured = is_metric or person > 0  # the first performer is the measure of the others
    height_m = options.height_m or ASSUMED_HEIGHT_M
    return {
        "motion": f"motion_{person + 1}.npz" if person else "motion.npz",
        "verdict": verdict.grade,
        "reasons": list(verdict.reasons),
        "method": options.method,
        "fps": _number(float(motion.fps), 4),
        "n_frames": len(motion.times_s),
        "start_s": _number(float(motion.times_s[0]), 3),
        "end_s": _number(float(motion.times_s[-1]), 3),
        "height_m": _number(stature_m(motion.rest_offsets_m), 3) if is_measured else height_m,
        "is_height_assumed": options.height_m is None and not is_metric,
        "path_length_m": _number(_path_length_m(motion), 2),
        "seen_share": _numbers(seen.mean(axis=1), 4),
        "seen_by_all_share": _number(float(seen.all(axis=0).mean()), 4),
        "confidence": _number(float(np.nanmean(motion.confidence)), 4),
        "contact_share": _numbers(motion.contacts.any(axis=2).mean(axis=0), 4),
        "trust": _trust_section(motion),
        "hands_seen_share": [_number(float(seen.mean()), 4) for seen in hands_seen(whole_motion)],
        "single_views": _single_views_section(evidence),
        "clean_up": asdict(evidence.clean_up),
    }


def _trust_section(motion: MotionClip) -> dict[str, Any]:
    return {
        "firm": FIRM,
        "weak": WEAK,
        "bins": _numbers(binned_trust(motion, _TRUST_BINS), 3),
        "moments": [
            {
                "time_s": _number(moment.time_s, 4),
                "trust": _number(moment.trust, 3),
                "joints": list(moment.joints),
            }
            for moment in worst_moments(motion)
        ],
    }


def _single_views_section(evidence: Evidence) -> dict[str, Any] | None:
    told = evidence.single_views
    if told is None:
        return None
    adaptation, height_m = told.adaptation, stature_m(evidence.motion.rest_offsets_m)
    return {
        "frames_share": _number(told.frames_share, 4),
        "joints": {name: _number(share, 4) for name, share in told.decided().items()},
        "adaptation": adaptation
        and {
            "error_before_m": _numbers(height_m * adaptation.before, 4),
            "error_after_m": _numbers(height_m * adaptation.after, 4),
            "is_used": [bool(used) for used in adaptation.is_used],
        },
    }


def _path_length_m(motion: MotionClip) -> float:
    """Length of the way of the pelvis over the floor, at steps of about a third of a second."""
    step = max(1, round(motion.fps / 3.0))
    return float(np.linalg.norm(np.diff(motion.positions_m[::step, 0, :2], axis=0), axis=1).sum())


def _run_section(stages: Stages) -> dict[str, Any]:
    return {
        "timings_s": dict(stages.timings_s),
        "reused_stages": list(stages.reused),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Versions of what a result depends on, by name."""
    found = {"mvmocap": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found


def _number(value: float, digits: int) -> float | None:
    """A JSON number; JSON has no NaN, so that becomes null; no minus zero."""
    return round(float(value), digits) + 0.0 if math.isfinite(value) else None


def _numbers(values: np.ndarray, digits: int) -> list[float | None]:
    return [_number(float(value), digits) for value in values]


def is_solved(report: Mapping[str, Any]) -> bool:
    """Whether there is a motion that the report is about."""
    return bool(report["people"])
