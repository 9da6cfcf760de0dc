"""A left hand: joints, proportions, and how far each joint turns.

Rest pose: flat, palm down, fingers along +X, the thumb to the front (-Y), as in the body's T-pose.
A right hand is the mirror image. Lengths are linear in shape parameters.
"""

from dataclasses import dataclass, field

import numpy as np

from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.motion.finger_names import FINGER_JOINTS, FINGERS

N_FINGER_JOINTS = len(FINGER_JOINTS)

# Millimetres of an adult 1750 tall. Bones after Buryanov & Kotiuk, "Proportions of hand segments"
# (Int. J. Morphol. 2010); the detector marks fingertips a little short of their ends.
_REFERENCE_MM = 1750.0
_FIRST_MM = {
    "thumb": (24.0, -22.0, -9.0),
    "index": (93.0, -25.0, 0.0),
    "middle": (92.0, -4.0, 3.0),
    "ring": (85.0, 14.0, 1.0),
    "pinky": (77.0, 30.0, -4.0),
}
_BONES_MM = {
    "thumb": (46.2, 31.6, 23.0),
    "index": (39.8, 22.4, 18.0),
    "middle": (44.6, 26.3, 19.5),
    "ring": (41.4, 25.7, 19.5),
    "pinky": (32.7, 18.1, 18.0),
}
_FAN_DEG = {"index": -3.0, "middle": 0.0, "ring": 3.0, "pinky": 7.0}
_THUMB = np.array([0.75, -0.60, -0.28]) / np.linalg.norm([0.75, -0.60, -0.28])
_THUMB_BENDS = np.array([0.0, 0.85, -0.53])  # where its tip goes: across the palm

# Standard deviations of the palm's length, the fingers' length and the palm's width.
SHAPE_STD = np.array([0.08, 0.08, 0.08])
_PALM, _REACH, _WIDTH = range(3)
N_SHAPE = len(SHAPE_STD)


@dataclass(frozen=True, slots=True)
class Turn:
    """One angle: about `axis` of joint `joint`, degrees; positive bends to the palm.

    low, high: where it ends. rest, spread: mean and deviation of what hands do.
    acceleration: typical, rad/s^2.
    """

    joint: int
    axis: tuple[float, float, float]
    low: float
    high: float
    rest: float
    spread: float
    acceleration: float = 100.0


def _finger_way(finger: str) -> np.ndarray:
    if finger == "thumb":
        return _THUMB
    angle = np.radians(_FAN_DEG[finger])
    return np.array([np.cos(angle), np.sin(angle), 0.0])


def _turns() -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for number, finger in enumerate(FINGERS):
        way, first = _finger_way(finger), 3 * number
        if finger == "thumb":
            bend = np.cross(way, _THUMB_BENDS)
            bend /= np.linalg.norm(bend)
            aside = np.cross(bend, way)
            turns += [
                Turn(first, _tuple(aside), -35.0, 35.0, 0.0, 18.0),
                Turn(first, _tuple(bend), -30.0, 45.0, 8.0, 18.0),
                Turn(first, _tuple(way), -25.0, 25.0, 0.0, 8.0),
                Turn(first + 1, _tuple(bend), -15.0, 65.0, 15.0, 20.0),
                Turn(first + 2, _tuple(bend), -20.0, 85.0, 20.0, 25.0),
            ]
            continue
        bend = np.cross([0.0, 0.0, 1.0], way)
        more = 4.0 * (number - 1)  # relaxed fingers curl more towards the little one
        turns += [
            Turn(first, (0.0, 0.0, 1.0), -20.0, 20.0, 0.0, 8.0),
            Turn(first, _tuple(bend), -25.0, 95.0, 20.0 + more, 30.0),
            Turn(first + 1, _tuple(bend), -5.0, 115.0, 30.0 + more, 32.0),
            Turn(first + 2, _tuple(bend), -8.0, 85.0, 18.0 + more, 25.0),
        ]
    return tuple(turns)


def _tuple(v: np.ndarray) -> tuple[float, float, float]:
    return float(v[0]), float(v[1]), float(v[2])


TURNS = _turns()
N_TURNS = len(TURNS)
LOW_RAD, HIGH_RAD, RELAXED_RAD, SPREAD_RAD = np.radians(
    [[getattr(turn, name) for turn in TURNS] for name in ("low", "high", "rest", "spread")]
)
ACCELERATION = np.array([turn.acceleration for turn in TURNS])
TURN_JOINTS = np.array([turn.joint for turn in TURNS])
TURN_AXES = np.array([turn.axis for turn in TURNS])
_LAST_FOLLOWS, _LAST_PLAY = 0.6, np.radians(15.0)
"""Of the middle joint's bend: hardly anybody bends a finger's last joint alone."""


def _habits() -> np.ndarray:
    """(A, A) precision of angles about `RELAXED_RAD`."""
    precision = np.diag(SPREAD_RAD**-2.0)
    for number in range(1, len(FINGERS)):
        middle, last = (int(np.flatnonzero(TURN_JOINTS == 3 * number + k)[0]) for k in (1, 2))
        row = np.zeros(N_TURNS)
        row[last], row[middle] = 1.0, -_LAST_FOLLOWS
        precision += np.outer(row, row) / _LAST_PLAY**2
    return precision


HABITS = _habits()


def _offsets() -> tuple[np.ndarray, np.ndarray]:
    """(15 + 5, 3) of joints and tips from the joint before, over stature; (..., K) by shape."""
    rest = np.zeros((N_FINGER_JOINTS + len(FINGERS), 3))
    basis = np.zeros((*rest.shape, N_SHAPE))
    for number, finger in enumerate(FINGERS):
        first = 3 * number
        rest[first] = np.array(_FIRST_MM[finger]) / _REFERENCE_MM
        basis[first, :, _PALM] = rest[first] * [1.0, 0.0, 1.0]
        basis[first, 1, _WIDTH] = rest[first, 1]
        for place, length in zip((first + 1, first + 2, N_FINGER_JOINTS + number),
                                 _BONES_MM[finger], strict=True):  # fmt: skip
            rest[place] = length / _REFERENCE_MM * _finger_way(finger)
            basis[place, :, _REACH] = rest[place]
    return rest, basis


REST, REST_BASIS = _offsets()
HAND_LENGTH = float(REST[[6, 7, 8, N_FINGER_JOINTS + 2], 0].sum())
"""From the wrist to the tip of the middle finger, over stature."""


def _landmark_points() -> np.ndarray:
    """(21,) row of joints and tips for each landmark of the detector; -1 is the wrist."""
    rows = [-1]
    for number in range(len(FINGERS)):
        rows += [3 * number, 3 * number + 1, 3 * number + 2, N_FINGER_JOINTS + number]
    return np.array(rows)


LANDMARK_POINTS = _landmark_points()


@dataclass(frozen=True, slots=True, eq=False)
class HandShape:
    """One person's hands. stature_m scales the proportions; shape: (K,) see `SHAPE_STD`."""

    stature_m: float
    shape: np.ndarray = field(default_factory=lambda: np.zeros(N_SHAPE))

    @property
    def offsets_m(self) -> np.ndarray:
        """(20, 3) of joints and tips from the joint before, left hand."""
        return self.stature_m * (REST + REST_BASIS @ self.shape)

    @property
    def length_m(self) -> float:
        """From the wrist to the tip of the middle finger."""
        return float(np.linalg.norm(self.offsets_m[[6, 7, 8, N_FINGER_JOINTS + 2]].sum(axis=0)))


def joint_rotations(angles_rad: np.ndarray) -> np.ndarray:
    """Angles (F, A) -> local rotations (F, 15, 3, 3) of a left hand's joints."""
    local = np.broadcast_to(np.eye(3), (len(angles_rad), N_FINGER_JOINTS, 3, 3)).copy()
    for k, turn in enumerate(TURNS):
        step = rotvec_to_rotmat(angles_rad[:, k, None] * TURN_AXES[k])
        local[:, turn.joint] = local[:, turn.joint] @ step
    return local
