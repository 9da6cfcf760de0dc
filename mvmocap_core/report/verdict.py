"""How far a solve may be trusted, from what the solve itself says about its certainty."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mvmocap_core.body.world import stature_m
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.geometry.rotations import rotation_angle_deg
from mvmocap_core.lifting.adaptation import Adaptation
from mvmocap_core.report.evidence import (
    Evidence,
    doubt_where_seen_m,
    filmed_by_view,
    kept_frames,
    movement_m,
    seen_by_view,
)
from mvmocap_core.report.limits import (
    BONE_VARIATION,
    FOCAL_STD,
    MIN_MARGIN,
    MOSTLY_ERROR_M,
    MOVEMENT_M,
    OFFSET_STD_S,
    ONE_VIEW_NOTE,
    OPPOSITE_DEG,
    POSE_ERROR_M,
    REPROJECTION_REL,
    ROOM_OFF_DEG,
    ROTATION_STD_DEG,
    SAME_SIDE_DEG,
    SEEN_BY_ALL,
    SHOWN,
    SINGLE_VIEWS_NOTE,
    SURE_MOTION_S,
    Limits,
)
from mvmocap_core.room.turns import room_turns
from mvmocap_core.sync.timeline import CERTAIN

_LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
Grade = Literal["good", "check", "unusable"]
GRADES: tuple[Grade, ...] = ("good", "check", "unusable")
"""From the best to the worst."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the animator should know. `reason` is a code, `advice` a sentence."""

    grade: Grade
    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """grade: the worst of the findings. reasons: codes of those that are not good."""

    grade: Grade
    reasons: tuple[str, ...]
    advice: tuple[str, ...]


def judge(evidence: Evidence) -> Verdict:
    """Grade a finished solve."""
    findings = [
        *_geometry(evidence),
        *_fit(evidence),
        *_clocks(evidence),
        *_performer(evidence),
        *_single_views(evidence),
        *_moved_cameras(evidence),
    ]
    return summed_up(findings)


def summed_up(findings: Sequence[Finding]) -> Verdict:
    """The verdict that findings amount to; without any it is good."""
    order: tuple[Grade, ...] = ("unusable", "check", "good")
    ordered = sorted(findings, key=lambda finding: order.index(finding.grade))
    bad = [finding for finding in ordered if finding.grade != "good"]
    return Verdict(
        grade=bad[0].grade if bad else "good",
        reasons=tuple(finding.reason for finding in bad),
        advice=tuple(finding.advice for finding in ordered),
    )


def _geometry(evidence: Evidence) -> Iterator[Finding]:
    calibration = evidence.calibration
    if len(evidence.tracks) == 1:
        yield Finding(
            "check",
            "monocular",
            "One video alone: depth, the lens and the place on the floor are guesses; "
            "film with two phones for a motion that can be trusted.",
        )
        return
    angle_deg = calibration.view_angle_deg
    is_same_side = angle_deg < 90.0
    yield from _below(
        min(angle_deg, 180.0 - angle_deg),
        SAME_SIDE_DEG if is_same_side else OPPOSITE_DEG,
        "cameras_too_close" if is_same_side else "cameras_opposite",
        f"The two views are {angle_deg:.0f} degrees apart, which hardly shows depth; "
        "film with the phones 60 to 100 degrees apart.",
    )
    yield from _above(
        calibration.rotation_std_deg,
        ROTATION_STD_DEG,
        "rotation_uncertain",
        f"The direction between the phones is only known to {calibration.rotation_std_deg:.1f} "
        "degrees; let the performer turn and step about, 60 to 100 degrees between the phones.",
    )
    yield from _above(
        float(np.max(calibration.focal_std)),
        FOCAL_STD,
        "focal_uncertain",
        "The lenses are uncertain, so depth may be stretched; "
        "film closer or let the performer step towards a phone.",
    )
    yield from _room(calibration)
    if calibration.margin < MIN_MARGIN:
        yield Finding(
            "check",
            "cameras_ambiguous",
            "Another placement of the phones explains the videos nearly as well; "
            "compare the solved cameras with where the phones stood.",
        )


def _room(calibration: Calibration) -> Iterator[Finding]:
    """Whether the performer and the room agree on how the cameras are turned."""
    if calibration.room_axes is None:
        return
    R = calibration.cameras.T_cam_world[:, :3, :3]
    turns = room_turns(calibration.room_axes, R)
    known = np.isfinite(turns).all(axis=(1, 2))
    off_deg = rotation_angle_deg(R[known] @ R[0].T @ np.swapaxes(turns[known], 1, 2))
    if (off_deg > ROOM_OFF_DEG).any():
        yield Finding(
            "check",
            "room_disagrees",
            f"By the room's straight edges the phones are turned {off_deg.max():.0f} degrees "
            "otherwise than by the performer; compare the solved cameras with where they stood.",
        )


def _fit(evidence: Evidence) -> Iterator[Finding]:
    calibration = evidence.calibration
    if len(evidence.tracks) == 1:
        return
    worst = float(np.max(calibration.reprojection_rel))
    yield from _above(
        worst,
        REPROJECTION_REL,
        "reprojection",
        f"The skeleton misses the videos by {100 * worst:.1f} % of the performer's height; "
        "look for swapped limbs in the pictures below.",
    )
    beyond_deg = max(calibration.view_angle_deg, 90.0)
    shown = np.nan_to_num(np.sin(np.radians(beyond_deg)), nan=1.0)
    yield from _above(
        float(calibration.bone_variation * shown),
        BONE_VARIATION,
        "bones_vary",
        "The views disagree about the length of the bones; check that both show the same moment "
        "and the same person.",
    )
    doubt_m = doubt_where_seen_m(evidence)
    yield from _above(
        doubt_m,
        POSE_ERROR_M,
        "pose_uncertain",
        f"A tenth of the joints may be off by more than {100 * doubt_m:.0f} cm, because more than "
        "one placement of the phones fits; film closer, with 60 to 100 degrees between them.",
    )


def _clocks(evidence: Evidence) -> Iterator[Finding]:
    timeline = evidence.timeline
    worst_s = float(np.max(timeline.offset_std_s))
    yield from _above(
        worst_s,
        OFFSET_STD_S,
        "sync_uncertain",
        f"The clocks of the videos are only known to {1000 * worst_s:.0f} ms; "
        "record sound with both phones, or move faster.",
    )
    is_found = np.isin(timeline.method, ("audio", "motion"))
    if bool(np.any(timeline.agreement[is_found] < CERTAIN)):
        yield Finding(
            "check",
            "sync_ambiguous",
            "Another time offset fits the videos nearly as well: check in the pictures that both "
            "views show the same moment, and record sound with both phones.",
        )

    shared_s = float(seen_by_view(evidence).all(axis=0).sum()) / evidence.motion.fps
    if "motion" in timeline.method and shared_s < SURE_MOTION_S:
        yield Finding(
            "good",
            "short_without_sound",
            f"The clocks rest on {shared_s:.1f} s of motion without sound: check in the pictures "
            "that both views show the same moment.",
        )


def _performer(evidence: Evidence) -> Iterator[Finding]:
    seen = seen_by_view(evidence).all(axis=0)
    filming = filmed_by_view(evidence).all(axis=0)
    share = float(seen[filming].mean()) if filming.any() else 0.0
    yield from _below(
        share,
        SEEN_BY_ALL,
        "seldom_seen_by_both",
        f"Both views see the performer in {100 * share:.0f} % of the frames that both filmed; the "
        "rest rests on one view. Keep the whole body in both.",
    )
    yield from _filmed_by_one(evidence)
    yield from _seldom_shown(evidence)
    yield from _mostly_uncertain(evidence, float(seen.mean()))
    moved_m = movement_m(evidence.motion)
    yield from _below(
        moved_m,
        MOVEMENT_M,
        "person_still",
        f"The performer hardly moves ({100 * moved_m:.1f} cm), so the cameras cannot be found "
        "reliably; film some steps and arm swings in the same take.",
    )
    if evidence.options.height_m is None and not evidence.calibration.is_metric:
        yield Finding(
            "good",
            "height_assumed",
            "The performer's height was not given, so the scale is a guess; give --height.",
        )


def _filmed_by_one(evidence: Evidence) -> Iterator[Finding]:
    """Whether one phone alone filmed much of what the clean-up keeps."""
    times_s, is_kept = evidence.motion.times_s, kept_frames(evidence)
    by_two = filmed_by_view(evidence).sum(axis=0) >= min(2, len(evidence.tracks))
    share = float(by_two[is_kept].mean()) if is_kept.any() and by_two.any() else 1.0
    if share < ONE_VIEW_NOTE:
        shared_s = times_s[by_two]
        first_s, last_s = np.ceil(10.0 * shared_s[0]) / 10.0, np.floor(10.0 * shared_s[-1]) / 10.0
        yield Finding(
            "good",
            "one_view_only",
            f"Only one phone filmed {100 * (1.0 - share):.0f} % of the frames; depth is a guess "
            f"there. Trim the range to {first_s + 0.0:.1f} to {last_s:.1f} s, which two phones "
            "filmed.",
        )


def _seldom_shown(evidence: Evidence) -> Iterator[Finding]:
    """Whether limbs are outside the pictures, or hidden, most of the time."""
    motion = evidence.motion
    shares = np.isfinite(motion.landmarks_m).all(axis=-1).mean(axis=0)
    pairs = zip(motion.landmark_names.tolist(), shares, strict=True)
    names = [
        name.replace("_", " ") for name, share in pairs if share < SHOWN and name.endswith(_LIMBS)
    ]
    if names:
        yield Finding(
            "check",
            "seldom_shown",
            f"The videos hardly show the {', '.join(names)}: the motion has guesses there. Step "
            "back until the whole body is in the pictures, or animate these by hand.",
        )


def _mostly_uncertain(evidence: Evidence, seen_by_all: float) -> Iterator[Finding]:
    """Whether half of what the clean-up keeps is a guess. seen_by_all: share of all frames."""
    error_m = evidence.motion.error_m[kept_frames(evidence)]
    typical_m = float(np.nanmedian(error_m)) if np.isfinite(error_m).any() else 0.0
    if len(evidence.tracks) > 1 and typical_m > MOSTLY_ERROR_M:
        yield Finding(
            "check",
            "mostly_uncertain",
            f"Half of the motion may be off by more than {100 * typical_m:.0f} cm, because both "
            f"views see the performer in {100 * seen_by_all:.0f} % of the frames only. Trim the "
            "range to those, or keep the whole body in both.",
        )


def _single_views(evidence: Evidence) -> Iterator[Finding]:
    told = evidence.single_views
    if told is None or len(evidence.tracks) == 1 or told.frames_share < SINGLE_VIEWS_NOTE:
        return
    names = ", ".join(name.replace("_", " ") for name in list(told.decided())[:3])
    yield Finding(
        "good",
        "single_views_decided",
        f"In {100 * told.frames_share:.0f} % of the frames two views do not see every joint, and "
        f"single views decided (mostly {names}). {_adapted(evidence, told.adaptation)}",
    )


def _adapted(evidence: Evidence, adaptation: Adaptation | None) -> str:
    """Whether what the take itself tells put their guesses right."""
    if adaptation is None:
        return "Their guesses are as the method makes them, not put right by the take."
    height_cm = 100.0 * stature_m(evidence.motion.rest_offsets_m)
    is_used = adaptation.is_used
    if not np.isfinite(adaptation.before).any():
        return "The take shows too little to put their guesses right by."
    if not is_used.any():
        return "Putting their guesses right by the rest of the take did not help and was left out."
    before, after = (
        height_cm * float(each[is_used].mean()) for each in (adaptation.before, adaptation.after)
    )
    text = (
        "Their guesses were put right by the rest of the take: "
        f"{after:.1f} cm off instead of {before:.1f} where that can be told"
    )
    return f"{text}." if is_used.all() else f"{text}; for the other views it did not help."


def _moved_cameras(evidence: Evidence) -> Iterator[Finding]:
    for info, moved in zip(evidence.infos, evidence.moved, strict=False):
        if moved.kind == "walked":
            yield Finding(
                "check",
                "camera_moved",
                f"The phone of {info.path.name} went about while it filmed, which cannot be "
                "followed; put it on a tripod, a shelf or a chair.",
            )
        elif moved.kind == "turned":
            yield Finding(
                "good",
                "camera_turned",
                f"The phone of {info.path.name} turned by up to {moved.turn_deg:.1f} degrees; it "
                "was followed by its background. On a tripod it would be more exact.",
            )


def _above(value: float, limits: Limits, reason: str, advice: str) -> Iterator[Finding]:
    if not value <= limits.check:  # NaN is doubtful too
        yield Finding("check" if value <= limits.unusable else "unusable", reason, advice)


def _below(value: float, limits: Limits, reason: str, advice: str) -> Iterator[Finding]:
    if not value >= limits.check:
        yield Finding("check" if value >= limits.unusable else "unusable", reason, advice)
