"""How far a solve may be trusted, from what the solve itself says about its certainty."""

from collections.abc import Iterator

import numpy as np

from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.geometry.rotations import rotation_angle_deg
from mvmocap_core.report.evidence import (
    Evidence,
    doubt_where_seen_m,
    seen_by_view,
)
from mvmocap_core.report.findings import Finding, Verdict, above, below, summed_up
from mvmocap_core.report.limits import (
    BONE_VARIATION,
    FOCAL_STD,
    MIN_MARGIN,
    OFFSET_STD_S,
    OPPOSITE_DEG,
    POSE_ERROR_M,
    REPROJECTION_REL,
    ROOM_OFF_DEG,
    ROTATION_STD_DEG,
    SAME_SIDE_DEG,
    SURE_MOTION_S,
)
from mvmocap_core.report.performer import judge_performer
from mvmocap_core.room.turns import room_turns
from mvmocap_core.sync.timeline import CERTAIN


def judge(evidence: Evidence) -> Verdict:
    """Grade a finished solve."""
    findings = [
        *_geometry(evidence),
        *_fit(evidence),
        *_clocks(evidence),
        *judge_performer(evidence),
        *_moved_cameras(evidence),
    ]
    return summed_up(findings)


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
    yield from below(
        min(angle_deg, 180.0 - angle_deg),
        SAME_SIDE_DEG if is_same_side else OPPOSITE_DEG,
        "cameras_too_close" if is_same_side else "cameras_opposite",
        f"The two views are {angle_deg:.0f} degrees apart, which hardly shows depth; "
        "film with the phones 60 to 100 degrees apart.",
    )
    yield from above(
        calibration.rotation_std_deg,
        ROTATION_STD_DEG,
        "rotation_uncertain",
        f"The direction between the phones is only known to {calibration.rotation_std_deg:.1f} "
        "degrees; let the performer turn and step about, 60 to 100 degrees between the phones.",
    )
    yield from above(
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
    yield from above(
        worst,
        REPROJECTION_REL,
        "reprojection",
        f"The skeleton misses the videos by {100 * worst:.1f} % of the performer's height; "
        "look for swapped limbs in the pictures below.",
    )
    beyond_deg = max(calibration.view_angle_deg, 90.0)
    shown = np.nan_to_num(np.sin(np.radians(beyond_deg)), nan=1.0)
    yield from above(
        float(calibration.bone_variation * shown),
        BONE_VARIATION,
        "bones_vary",
        "The views disagree about the length of the bones; check that both show the same moment "
        "and the same person.",
    )
    doubt_m = doubt_where_seen_m(evidence)
    yield from above(
        doubt_m,
        POSE_ERROR_M,
        "pose_uncertain",
        f"A tenth of the joints may be off by more than {100 * doubt_m:.0f} cm, because more than "
        "one placement of the phones fits; film closer, with 60 to 100 degrees between them.",
    )


def _clocks(evidence: Evidence) -> Iterator[Finding]:
    timeline = evidence.timeline
    worst_s = float(np.max(timeline.offset_std_s))
    yield from above(
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
