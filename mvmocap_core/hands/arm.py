"""Arms that bring a wrist where a hand is: two-bone inverse kinematics in the elbow's plane."""

import numpy as np

from mvmocap_core.geometry.rotations import rotmat_between, rotvec_to_rotmat, unit
from mvmocap_core.geometry.two_bones import bend_rad

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
    lengths_m = float(np.linalg.norm(elbow_m)), float(np.linalg.norm(wrist_m))
    wanted = bend_rad(np.linalg.norm(reach_m, axis=1), *lengths_m)
    for _ in range(_STEPS):  # the hinge is not exactly square to the arm: once is not enough
        first, second = upper @ elbow_m, lower @ wrist_m
        along = unit(first)
        axis = np.cross(along, unit(second)) + _HINGE_SHARE * (upper @ hinge)
        axis = unit(axis - (axis * along).sum(axis=1, keepdims=True) * along)
        more = wanted - bend_rad(np.linalg.norm(first + second, axis=1), *lengths_m)
        lower = rotvec_to_rotmat(axis * more[:, None]) @ lower
        aim = rotmat_between(upper @ elbow_m + lower @ wrist_m, reach_m)
        upper, lower = aim @ upper, aim @ lower
    return upper, lower
