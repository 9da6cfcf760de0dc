"""Fingers of a motion clip: joints after the body's, there only when hands were solved."""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.finger_names import FINGER_NAMES, has_fingers
from mvmocap_core.motion.pose import joint_motion, with_motion

_SEEN = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class FingerMotion:
    """What a clip's arrays hold of the joints `FINGER_NAMES`, in their order; see `MotionClip`.

    rotations_quat_wxyz: (F, 30, 4); rest_offsets_m: (30, 3); error_m, confidence: (F, 30).
    """

    rotations_quat_wxyz: np.ndarray
    rest_offsets_m: np.ndarray
    error_m: np.ndarray
    confidence: np.ndarray


def fingers_of(clip: MotionClip) -> FingerMotion | None:
    """The clip's fingers; None where it has none."""
    if not has_fingers(clip.joint_names):
        return None
    names = clip.joint_names.tolist()
    rows = [names.index(name) for name in FINGER_NAMES]
    return FingerMotion(
        clip.rotations_quat_wxyz[:, rows],
        clip.rest_offsets_m[rows],
        clip.error_m[:, rows],
        clip.confidence[:, rows],
    )


def hands_seen(clip: MotionClip) -> list[np.ndarray]:
    """Of the left and the right hand (F,) bool: its fingers are as somebody saw them.

    Elsewhere they are relaxed. Empty where the clip has none.
    """
    fingers = fingers_of(clip)
    if fingers is None:
        return []
    return [side.mean(axis=1) > _SEEN for side in np.split(fingers.confidence, 2, axis=1)]


def without_fingers(clip: MotionClip) -> MotionClip:
    """The clip with the body's joints alone."""
    names = clip.joint_names.tolist()
    rows = [row for row, name in enumerate(names) if name not in FINGER_NAMES]
    return replace(
        clip,
        joint_names=clip.joint_names[rows],
        joint_parents=clip.joint_parents[rows],  # the body's joints come first
        positions_m=clip.positions_m[:, rows],
        rotations_quat_wxyz=clip.rotations_quat_wxyz[:, rows],
        rest_offsets_m=clip.rest_offsets_m[rows],
        error_m=clip.error_m[:, rows],
        confidence=clip.confidence[:, rows],
    )


def with_fingers(clip: MotionClip, fingers: FingerMotion | None) -> MotionClip:
    """A body's clip with fingers on its wrists; as it was with None."""
    if fingers is None:
        return clip
    names = [*clip.joint_names.tolist(), *FINGER_NAMES]
    parents = [*clip.joint_parents.tolist(), *(_parent(name, names) for name in FINGER_NAMES)]
    places = np.zeros((*fingers.error_m.shape, 3))  # where `with_motion` puts them
    extended = replace(
        clip,
        joint_names=np.array(names),
        joint_parents=np.array(parents),
        positions_m=np.concatenate([clip.positions_m, places], axis=1),
        rotations_quat_wxyz=np.concatenate(
            [clip.rotations_quat_wxyz, fingers.rotations_quat_wxyz], axis=1
        ),
        rest_offsets_m=np.concatenate([clip.rest_offsets_m, fingers.rest_offsets_m]),
        error_m=np.concatenate([clip.error_m, fingers.error_m], axis=1),
        confidence=np.concatenate([clip.confidence, fingers.confidence], axis=1),
    )
    return with_motion(extended, joint_motion(extended))


def _parent(name: str, names: list[str]) -> int:
    """Row of the joint before a finger's joint."""
    finger, number = name.rsplit("_", 1)
    if number == "1":
        return names.index(f"{finger.partition('_')[0]}_wrist")
    return names.index(f"{finger}_{int(number) - 1}")
