"""Fingers and wrists of one performer, from what the views saw of both hands."""

from collections.abc import Sequence

import numpy as np

from mvmocap_core.body.world import stature_m
from mvmocap_core.detection.hands import HandSightings
from mvmocap_core.geometry.interpolation import nearest_samples
from mvmocap_core.geometry.rotations import (
    quat_wxyz_to_rotmat,
    rotmat_to_quat_wxyz,
    rotmat_to_rotvec,
    rotvec_to_rotmat,
)
from mvmocap_core.hands.arm import LEFT_ELBOW, reach
from mvmocap_core.hands.evidence import HandEvidence, gather_hand
from mvmocap_core.hands.fit import fit_hand, fit_hand_shape
from mvmocap_core.hands.kinematics import HandPose
from mvmocap_core.hands.residuals import HandPrior
from mvmocap_core.hands.skeleton import (
    N_FINGER_JOINTS,
    RELAXED_RAD,
    HandShape,
    joint_rotations,
)
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.finger_names import SIDES
from mvmocap_core.motion.fingers import FingerMotion, with_fingers
from mvmocap_core.motion.pose import JointMotion, forward, joint_motion, with_motion
from mvmocap_core.motion.spans import spans
from mvmocap_core.progress import Progress, part, silent
from mvmocap_core.sync.timeline import Timeline

SHAPE_FRAMES = 80
"""Of each hand, from which its size is measured."""
HELD_S, FADE_S = 0.2, 0.6
"""So long an unseen hand stays as it was, and then so long until it is relaxed."""
RADIUS_68 = 1.872
"""The ball that holds 68 % of an isotropic normal distribution in 3D, in standard deviations."""
_WRIST_STD_M = (0.01, 0.05)
"""Least and most that the body's wrist is taken to be off, per axis."""
_UNSEEN_STD_OF_LENGTH = np.array([0.05, 0.12, 0.2])
"""Of a finger's three joints in relaxed hands, over the hand's length, per axis."""
_MIRROR = np.diag([-1.0, 1.0, 1.0])
_LANDMARK_OF_JOINT = np.array([1 + 4 * (j // 3) + j % 3 for j in range(N_FINGER_JOINTS)])


def add_hands(
    clip: MotionClip,
    sightings: Sequence[HandSightings],
    timeline: Timeline,
    person: int,
    progress: Progress = silent,
) -> MotionClip:
    """The clip with fingers, and arms that hold the hands where they are, turned as they are.

    A hand that no view sees is relaxed, its wrist as the body has it. The clip stays as it is where
    no view ever saw a hand.

    clip:      with the cameras. sightings: of each video. person: the clip's row in them.
    """
    seen = [gather_hand(sightings, clip, timeline, person, side) for side in range(len(SIDES))]
    if not any(evidence.weight.any() for evidence in seen):
        return clip
    priors = [_prior(clip, side) for side in range(len(SIDES))]
    progress(0.0, "Measuring the hands")
    shape = _measure(seen, priors, stature_m(clip.rest_offsets_m))
    motion = joint_motion(clip)
    names = clip.joint_names.tolist()
    fingers: list[FingerMotion] = []
    for side, name in enumerate(SIDES):
        progress(0.2 + 0.4 * side, f"Fitting the {name} hand")
        told = part(progress, 0.2 + 0.4 * side, 0.4)
        hand = _FittedHand.of(seen[side], priors[side], shape, float(clip.fps), told)
        mirror = _MIRROR if side else np.eye(3)
        wrist = mirror @ hand.wrist @ mirror
        motion = _with_arm(motion, clip, side, hand.wrist_m @ mirror, wrist)
        wrist_error_m = clip.error_m[:, names.index(f"{name}_wrist")]
        fingers.append(hand.fingers(side, shape, wrist_error_m))
    progress(1.0, "Hands fitted")
    turned = with_motion(clip, motion)
    both = FingerMotion(
        np.concatenate([each.rotations_quat_wxyz for each in fingers], axis=1),
        np.concatenate([each.rest_offsets_m for each in fingers]),
        np.concatenate([each.error_m for each in fingers], axis=1),
        np.concatenate([each.confidence for each in fingers], axis=1),
    )
    return with_fingers(turned, both)


class _FittedHand:
    """One hand, as a left one, at all frames of the motion.

    wrist_m:   (F, 3) world. wrist: (F, 3, 3) world rotation. angles_rad: (F, A).
    share:     (F,) in [0, 1] of what was fitted; the rest is relaxed.
    std_m:     (F, 15) of the joints about the wrist, per axis.
    sureness:  (F,) that some view saw the hand.
    """

    def __init__(self, prior: HandPrior, length_m: float) -> None:
        n_frames = len(prior.wrist_m)
        self.wrist_m, self.wrist = prior.wrist_m.copy(), prior.wrist.copy()
        self.angles_rad = np.tile(RELAXED_RAD, (n_frames, 1))
        self.share, self.sureness = np.zeros(n_frames), np.zeros(n_frames)
        unseen = np.tile(_UNSEEN_STD_OF_LENGTH * length_m, N_FINGER_JOINTS // 3)
        self.std_m = np.tile(unseen, (n_frames, 1))

    @classmethod
    def of(
        cls,
        evidence: HandEvidence,
        prior: HandPrior,
        shape: HandShape,
        fps: float,
        progress: Progress,
    ) -> "_FittedHand":
        hand = cls(prior, shape.length_m)
        is_seen = evidence.weight.max(axis=0) > 0.0
        hand.share = _share_of_fit(is_seen, fps)
        hand.sureness = 1.0 - np.prod(1.0 - np.sqrt(evidence.weight), axis=0)
        parts = [slice(*span) for span in spans(hand.share > 0.0)]
        for number, span in enumerate(parts):
            progress(number / len(parts), f"Fitting hands, frame {span.start + 1}")
            pose, variance = fit_hand(evidence[span], prior[span], shape, fps=fps)
            hand._take(span, pose, variance[:, _LANDMARK_OF_JOINT])
        return hand

    def _take(self, span: slice, pose: HandPose, variance: np.ndarray) -> None:
        """The fit's frames, faded to what they are without it."""
        share, body_wrist = self.share[span, None], self.wrist[span]
        turned = rotmat_to_rotvec(body_wrist.swapaxes(1, 2) @ pose.wrist)
        self.wrist_m[span] += share * (pose.wrist_m - self.wrist_m[span])
        self.wrist[span] = body_wrist @ rotvec_to_rotmat(share * turned)
        self.angles_rad[span] = share * pose.angles_rad + (1.0 - share) * RELAXED_RAD
        fitted = share * variance / 3.0 + (1.0 - share) * self.std_m[span] ** 2
        self.std_m[span] = np.sqrt(fitted)

    def fingers(self, side: int, shape: HandShape, wrist_error_m: np.ndarray) -> FingerMotion:
        """As joints of a clip. wrist_error_m: (F,) of the clip's wrist."""
        local = joint_rotations(self.angles_rad)
        offsets = shape.offsets_m[:N_FINGER_JOINTS]
        if side:
            local, offsets = _MIRROR @ local @ _MIRROR, offsets @ _MIRROR
        return FingerMotion(
            rotmat_to_quat_wxyz(local),
            offsets,
            np.hypot(wrist_error_m[:, None], RADIUS_68 * self.std_m),
            np.tile((self.share * self.sureness)[:, None], N_FINGER_JOINTS),
        )


def _prior(clip: MotionClip, side: int) -> HandPrior:
    """What the body says of a hand, as a left one."""
    wrist = clip.joint_names.tolist().index(f"{SIDES[side]}_wrist")
    positions, world = forward(joint_motion(clip), clip.joint_parents, clip.rest_offsets_m)
    std_m = np.clip(clip.error_m[:, wrist] / RADIUS_68, *_WRIST_STD_M)
    mirror = _MIRROR if side else np.eye(3)
    return HandPrior(positions[:, wrist] @ mirror, mirror @ world[:, wrist] @ mirror, std_m)


def _measure(
    seen: Sequence[HandEvidence], priors: Sequence[HandPrior], stature: float
) -> HandShape:
    """The hands' proportions, from the frames that show them best."""
    sampled: list[tuple[HandEvidence, HandPrior]] = []
    for evidence, prior in zip(seen, priors, strict=True):
        trust = evidence.weight.sum(axis=0)
        good = np.flatnonzero(trust > 0.5 * max(float(trust.max()), 1e-9))
        if len(good):
            chosen = np.linspace(0, len(good) - 1, min(len(good), SHAPE_FRAMES)).round()
            frames = good[chosen.astype(int)]
            sampled.append((evidence[frames], prior[frames]))
    return fit_hand_shape(sampled, stature)


def _share_of_fit(is_seen: np.ndarray, fps: float) -> np.ndarray:
    """(F,) 1 where a hand is seen or was a moment ago, smoothly down to 0 where not for long."""
    frames = np.arange(len(is_seen))
    seen = np.flatnonzero(is_seen)
    if not len(seen):
        return np.zeros(len(is_seen))
    away_s = np.abs(seen[nearest_samples(seen, frames)] - frames) / fps
    s = np.clip(1.0 - (away_s - HELD_S) / FADE_S, 0.0, 1.0)
    return s * s * (3.0 - 2.0 * s)


def _with_arm(
    motion: JointMotion, clip: MotionClip, side: int, wrist_m: np.ndarray, wrist: np.ndarray
) -> JointMotion:
    """The motion with a wrist at `wrist_m` (F, 3), turned as `wrist` (F, 3, 3) in the world.

    The arm reaches there in the plane that it is in. What of the turn is about the forearm goes to
    the elbow's joint: wrists do not twist.
    """
    names = clip.joint_names.tolist()
    shoulder, elbow, joint = (
        names.index(f"{SIDES[side]}_{kind}") for kind in ("shoulder", "elbow", "wrist")
    )
    above = clip.joint_parents[shoulder]
    places, world = forward(motion, clip.joint_parents, clip.rest_offsets_m)
    hinge = -LEFT_ELBOW if side else LEFT_ELBOW
    upper, lower = reach(
        (world[:, shoulder], world[:, elbow]), wrist_m - places[:, shoulder],
        clip.rest_offsets_m[elbow], clip.rest_offsets_m[joint], hinge,
    )  # fmt: skip
    twist, bent = _twist_and_bend(lower.swapaxes(1, 2) @ wrist, clip.rest_offsets_m[joint])
    local = motion.local.copy()
    local[:, shoulder] = world[:, above].swapaxes(1, 2) @ upper
    local[:, elbow] = upper.swapaxes(1, 2) @ lower @ twist
    local[:, joint] = bent
    return JointMotion(motion.root_m, local)


def _twist_and_bend(rotmat: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two rotations (F, 3, 3) whose product is `rotmat`: the first about `axis` (3,), all of it."""
    way = axis / np.linalg.norm(axis)
    quat = rotmat_to_quat_wxyz(rotmat)
    along = quat[:, 1:] @ way
    twist = np.concatenate([quat[:, :1], along[:, None] * way], axis=1)
    norm = np.linalg.norm(twist, axis=1, keepdims=True)
    twist = np.where(norm > 1e-6, twist / np.maximum(norm, 1e-6), [1.0, 0.0, 0.0, 0.0])
    turn = quat_wxyz_to_rotmat(twist)
    return turn, turn.swapaxes(1, 2) @ rotmat
