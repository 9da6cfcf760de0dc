"""What an animator would have to mend in a motion, measured against the truth."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from benchmarks.clips import SCORED, SCORED_LANDMARKS
from benchmarks.standing import stances
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.geometry.alignment import jitter, similarity_transform
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.geometry.rotations import quat_wxyz_to_rotmat, rotmat_to_rotvec
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.soles import sole_points

SOLES = np.array(
    [
        [LANDMARK_NAMES.index(f"{side}_{part}") for part in ("heel", "foot_index")]
        for side in ("left", "right")
    ]
)
"""(2, 2) left/right foot, heel/toe."""
_NEAR_S = 1.0 / 30.0
"""How far off the beginning or end of a contact may be where that is tolerated."""
_BACKWARDS_DEG = 5.0
_PEAK_S = 0.1
"""How far from the truth's the peak of a wrist's speed is looked for."""
_HINGES = {"knee": (0, 1.0), "elbow": (2, -1.0)}
"""Axis of the left hinge's rotation vector, and the sign with which it bends."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What was really done.

    times_s: (F,) evenly spaced, on the first video's clock; landmarks_m: (F, 33, 3) with NaN
    where the truth has no such point.
    """

    times_s: np.ndarray
    landmarks_m: np.ndarray

    @property
    def fps(self) -> float:
        """Frames a second."""
        return float((len(self.times_s) - 1) / (self.times_s[-1] - self.times_s[0]))

    def contacts(self) -> np.ndarray:
        """(F, 2, 2) bool: heels and toes that stand on the floor, see `stances`."""
        return stances(self.landmarks_m[:, SOLES], self.fps)

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """(N, 33, 3) at other times; NaN outside."""
        return interpolate_hermite(self.times_s, self.landmarks_m, times_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class MotionScore:
    """Of one motion.

    skate_mm:      mean way over the floor from frame to frame of true contacts; a frame is
                   a thirtieth of a second at any rate. truth's own: skate_truth_mm.
    penetration_mm: 95th percentile of the depth of heels and toes below their rest height, each
                   foot's its own. truth's own: penetration_truth_mm.
    float_mm:      mean height of true contacts above the same.
    hits, misses, false_alarms: contacts, over frames, feet, heels and toes; far_misses and
                   far_false_alarms are those further than a thirtieth of a second from a contact.
    w_mpjpe_mm:    joints, after one similarity.
    jerk, jerk_truth: m/s^3.
    knee_acceleration, knee_acceleration_truth: m/s^2, 99th percentile: knees that pop.
    peak_speed, peak_speed_truth: of the wrist that is truly the fastest, about then, m/s.
    backwards_frames: in which an elbow or a knee is bent over 5 degrees the wrong way.
    """

    skate_mm: float
    skate_truth_mm: float
    penetration_mm: float
    penetration_truth_mm: float
    float_mm: float
    hits: int
    misses: int
    false_alarms: int
    far_misses: int
    far_false_alarms: int
    w_mpjpe_mm: float
    jerk: float
    jerk_truth: float
    knee_acceleration: float
    knee_acceleration_truth: float
    peak_speed: float
    peak_speed_truth: float
    backwards_frames: int


def score_motion(
    motion: MotionClip, offsets_m: np.ndarray, truth: Truth, filmed_s: tuple[float, float]
) -> dict[str, float]:
    """Score the frames between `filmed_s`, which both videos filmed.

    offsets_m: (2, 2, 3) where heels and toes are on the feet, in the ankle's frame.
    """
    inside = (motion.times_s >= max(filmed_s[0], truth.times_s[0])) & (
        motion.times_s <= min(filmed_s[1], truth.times_s[-1])
    )
    times_s = motion.times_s[inside]
    true_m = truth.at(times_s)
    joints = motion.positions_m[inside][:, _rows(motion)]
    similarity = similarity_transform(
        joints.reshape(-1, 3), true_m[:, SCORED_LANDMARKS].reshape(-1, 3)
    )
    aligned = similarity.apply(joints)
    nearest = np.clip(np.round((times_s - truth.times_s[0]) * truth.fps), 0, len(truth.times_s) - 1)
    contacts = truth.contacts()[nearest.astype(int)]
    soles_m = similarity.scale * sole_points(motion, offsets_m)[inside]
    found = motion.contacts[inside]
    fps = motion.fps
    true_joints = true_m[:, SCORED_LANDMARKS]
    score = MotionScore(
        **_feet(soles_m, contacts, fps),
        skate_truth_mm=_skate_mm(true_m[:, SOLES], contacts, fps),
        penetration_truth_mm=_feet(true_m[:, SOLES], contacts, fps)["penetration_mm"],
        hits=int((found & contacts).sum()),
        misses=int((~found & contacts).sum()),
        false_alarms=int((found & ~contacts).sum()),
        far_misses=int((contacts & ~_or_near(found, fps)).sum()),
        far_false_alarms=int((found & ~_or_near(contacts, fps)).sum()),
        w_mpjpe_mm=1000.0 * float(np.nanmean(np.linalg.norm(aligned - true_joints, axis=-1))),
        jerk=jitter(aligned, fps),
        jerk_truth=jitter(true_joints, fps),
        knee_acceleration=_knee_acceleration(aligned, fps),
        knee_acceleration_truth=_knee_acceleration(true_joints, fps),
        peak_speed=_peak_speed(aligned, true_joints, fps),
        peak_speed_truth=_peak_speed(true_joints, true_joints, fps),
        backwards_frames=_backwards_frames(motion),
    )
    return asdict(score)


def _rows(motion: MotionClip) -> list[int]:
    names = motion.joint_names.tolist()
    return [names.index(name) for name in SCORED]


def _feet(soles_m: np.ndarray, contacts: np.ndarray, fps: float) -> dict[str, float]:
    height = soles_m[..., 2]
    rest = np.full((2, 2), np.nan)
    for foot, point in np.ndindex(2, 2):
        if contacts[:, foot, point].any():
            rest[foot, point] = np.median(height[:, foot, point][contacts[:, foot, point]])
    above_mm = 1000.0 * (height - rest)
    return {
        "skate_mm": _skate_mm(soles_m, contacts, fps),
        "penetration_mm": float(np.nanpercentile(np.maximum(-above_mm, 0.0), 95)),
        "float_mm": float(np.nanmean(np.abs(above_mm[contacts]))) if contacts.any() else np.nan,
    }


def _skate_mm(soles_m: np.ndarray, contacts: np.ndarray, fps: float) -> float:
    moved = np.linalg.norm(np.diff(soles_m[..., :2], axis=0), axis=-1)
    both = contacts[1:] & contacts[:-1] & np.isfinite(moved)
    return 1000.0 * float(moved[both].mean()) * fps / 30.0 if both.any() else float("nan")


def _peak_speed(joints_m: np.ndarray, true_m: np.ndarray, fps: float) -> float:
    """Of the wrist that is truly the fastest, about when it is."""
    wrists = [SCORED.index("left_wrist"), SCORED.index("right_wrist")]
    speed, true_speed = (
        np.linalg.norm(np.diff(each[:, wrists], axis=0), axis=-1) * fps
        for each in (joints_m, true_m)
    )
    frame, wrist = np.unravel_index(np.nanargmax(true_speed), true_speed.shape)
    reach = max(1, round(_PEAK_S * fps))
    return float(np.nanmax(speed[max(frame - reach, 0) : frame + reach + 1, wrist]))


def _knee_acceleration(joints_m: np.ndarray, fps: float) -> float:
    knees = [SCORED.index("left_knee"), SCORED.index("right_knee")]
    acceleration = np.linalg.norm(np.diff(joints_m[:, knees], n=2, axis=0), axis=-1) * fps**2
    return float(np.nanpercentile(acceleration, 99))


def _or_near(contacts: np.ndarray, fps: float) -> np.ndarray:
    return maximum_filter1d(contacts, 2 * max(1, round(_NEAR_S * fps)) + 1, axis=0)


def _backwards_frames(motion: MotionClip) -> int:
    names = motion.joint_names.tolist()
    rotvec_deg = np.degrees(rotmat_to_rotvec(quat_wxyz_to_rotmat(motion.rotations_quat_wxyz)))
    bent = []
    for part, (axis, sign) in _HINGES.items():
        for side in ("left", "right"):
            mirrored = -1.0 if side == "right" and axis != 0 else 1.0
            bent.append(sign * mirrored * rotvec_deg[:, names.index(f"{side}_{part}"), axis])
    return int((np.stack(bent) < -_BACKWARDS_DEG).any(axis=0).sum())
