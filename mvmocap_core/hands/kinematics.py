"""Where a left hand's joints and tips are, and how that changes with its pose."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.geometry.rotations import rotvec_to_rotmat, skew
from mvmocap_core.hands.skeleton import (
    LANDMARK_POINTS,
    N_FINGER_JOINTS,
    N_SHAPE,
    N_TURNS,
    REST_BASIS,
    TURN_AXES,
    TURN_JOINTS,
    HandShape,
)
from mvmocap_core.motion.finger_names import FINGERS

N_UNKNOWNS = 6 + N_TURNS
"""Per frame: place of the wrist (metres), its turn, then the angles of the fingers' joints."""
_N_POINTS = N_FINGER_JOINTS + len(FINGERS)


@dataclass(frozen=True, slots=True, eq=False)
class HandPose:
    """wrist_m: (F, 3) world; wrist: (F, 3, 3) world rotation; angles_rad: (F, A) see `TURNS`."""

    wrist_m: np.ndarray
    wrist: np.ndarray
    angles_rad: np.ndarray

    def __getitem__(self, frames: slice | np.ndarray) -> "HandPose":
        return HandPose(self.wrist_m[frames], self.wrist[frames], self.angles_rad[frames])

    def moved(self, step: np.ndarray) -> "HandPose":
        """The pose after a step (F, N_UNKNOWNS)."""
        turned = self.wrist @ rotvec_to_rotmat(step[:, 3:6])
        return HandPose(self.wrist_m + step[:, :3], turned, self.angles_rad + step[:, 6:])


def concatenate(poses: list[HandPose]) -> HandPose:
    """Poses one after the other."""
    return HandPose(
        np.concatenate([pose.wrist_m for pose in poses]),
        np.concatenate([pose.wrist for pose in poses]),
        np.concatenate([pose.angles_rad for pose in poses]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PosedHand:
    """A hand in the world.

    points:   (F, 20, 3) joints, then tips.
    rotation: (F, 15, 3, 3) of joints. axes: (F, A, 3) about which each angle turns.
    """

    pose: HandPose
    points: np.ndarray
    rotation: np.ndarray
    axes: np.ndarray

    @property
    def landmarks(self) -> np.ndarray:
        """(F, 21, 3) in the detector's order."""
        return np.concatenate([self.points, self.pose.wrist_m[:, None]], axis=1)[:, LANDMARK_POINTS]


def _parent(point: int) -> int:
    """Joint that carries a joint or a tip; -1 is the wrist."""
    if point >= N_FINGER_JOINTS:
        return 3 * (point - N_FINGER_JOINTS) + 2
    return point - 1 if point % 3 else -1


_PARENTS = [_parent(point) for point in range(_N_POINTS)]


def _below() -> np.ndarray:
    """(A, 21) bool: the angle moves the landmark."""
    moves = np.zeros((N_TURNS, len(LANDMARK_POINTS)), dtype=bool)
    for landmark, point in enumerate(LANDMARK_POINTS):
        joint = _PARENTS[point] if point >= 0 else -1
        while joint >= 0:
            moves[TURN_JOINTS == joint, landmark] = True
            joint = _PARENTS[joint]
    return moves


_MOVES = _below()


def forward(pose: HandPose, shape: HandShape) -> PosedHand:
    """Put the hand's joints and tips where the pose has them."""
    n_frames = len(pose.wrist_m)
    offsets = shape.offsets_m
    points = np.empty((n_frames, _N_POINTS, 3))
    rotation = np.empty((n_frames, N_FINGER_JOINTS, 3, 3))
    axes = np.empty((n_frames, N_TURNS, 3))
    for point, parent in enumerate(_PARENTS):
        R = pose.wrist if parent < 0 else rotation[:, parent]
        start = pose.wrist_m if parent < 0 else points[:, parent]
        points[:, point] = start + R @ offsets[point]
        if point < N_FINGER_JOINTS:
            for turn in np.flatnonzero(TURN_JOINTS == point):
                axes[:, turn] = R @ TURN_AXES[turn]
                R = R @ rotvec_to_rotmat(pose.angles_rad[:, turn, None] * TURN_AXES[turn])
            rotation[:, point] = R
    return PosedHand(pose, points, rotation, axes)


def landmark_jacobian(hand: PosedHand) -> np.ndarray:
    """(F, 21, 3, N_UNKNOWNS) derivatives of the landmarks."""
    landmarks = hand.landmarks
    jacobian = np.zeros((*landmarks.shape, N_UNKNOWNS))
    jacobian[..., :3] = np.eye(3)
    arm = landmarks - hand.pose.wrist_m[:, None]
    jacobian[..., 3:6] = -skew(arm) @ hand.pose.wrist[:, None]
    for turn, joint in enumerate(TURN_JOINTS):
        moved = np.flatnonzero(_MOVES[turn])
        arm = landmarks[:, moved] - hand.points[:, joint, None]
        column = slice(6 + turn, 7 + turn)
        jacobian[:, moved, :, column] = np.cross(hand.axes[:, turn, None], arm)[..., None]
    return jacobian


def shape_jacobian(hand: PosedHand, shape: HandShape) -> np.ndarray:
    """(F, 21, 3, K) derivatives of the landmarks by the shape parameters."""
    n_frames = len(hand.points)
    by_point = np.zeros((n_frames, _N_POINTS + 1, 3, N_SHAPE))  # the last is the wrist
    for point, parent in enumerate(_PARENTS):
        R = hand.pose.wrist if parent < 0 else hand.rotation[:, parent]
        by_point[:, point] = by_point[:, parent] + R @ REST_BASIS[point]
    return shape.stature_m * by_point[:, LANDMARK_POINTS]
