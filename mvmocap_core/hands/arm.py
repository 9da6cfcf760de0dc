"""Arms that bring a wrist where a hand is: two-bone inverse kinematics in the elbow's plane."""

import numpy as np

from mvmocap_core.geometry.rotations import rotvec_to_rotmat

LEFT_ELBOW = np.array([0.0, 0.0, -1.0])
"""Axis in the upper arm about which the left forearm bends; the right one's is its opposite."""
_HINGE_SHARE = 0.1
"""How much it counts beside the plane that the arm is bent in."""
_STEPS = 3


def reach(
    arm: tuple[np.ndarray, np.ndarray],
    reach_m: np.ndarray,
    elbow_m: np.ndarray,
    wrist_m: np.ndarray,
    hinge: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """World rotations (F, 3, 3) of the upper arm and the forearm that bring the wrist there.

    arm:     the rotations now. reach_m: (F, 3) from the shoulder to where the wrist is to be.
    elbow_m, wrist_m: (3,) rest offsets in the frames of the upper arm and of the forearm.
    hinge:   (3,) see `LEFT_ELBOW`.

    Where that is out of reach the arm is straight.
    """
    upper, lower = arm
    wanted = _bend(np.linalg.norm(reach_m, axis=1), elbow_m, wrist_m)
    for _ in range(_STEPS):  # the hinge is not exactly square to the arm: once is not enough
        first, second = upper @ elbow_m, lower @ wrist_m
        axis = np.cross(_unit(first), _unit(second)) + _HINGE_SHARE * (upper @ hinge)
        axis = _unit(axis - (axis * _unit(first)).sum(axis=1, keepdims=True) * _unit(first))
        more = wanted - _bend(np.linalg.norm(first + second, axis=1), elbow_m, wrist_m)
        lower = rotvec_to_rotmat(axis * more[:, None]) @ lower
        aim = _between(upper @ elbow_m + lower @ wrist_m, reach_m)
        upper, lower = aim @ upper, aim @ lower
    return upper, lower


def _bend(distance_m: np.ndarray, elbow_m: np.ndarray, wrist_m: np.ndarray) -> np.ndarray:
    """Angle of the elbow, 0 for a straight arm, at which shoulder and wrist are so far apart."""
    a, b = float(np.linalg.norm(elbow_m)), float(np.linalg.norm(wrist_m))
    return np.arccos(np.clip((distance_m**2 - a * a - b * b) / (2.0 * a * b), -1.0, 1.0))


def _between(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(F, 3, 3) smallest rotations that turn directions (F, 3) into others."""
    a, b = _unit(source), _unit(target)
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.arctan2(sine, (a * b).sum(axis=1, keepdims=True))
    return rotvec_to_rotmat(axis * (angle / np.maximum(sine, 1e-12)))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
