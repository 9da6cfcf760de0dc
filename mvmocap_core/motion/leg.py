"""Legs that reach where a foot is put: two-bone inverse kinematics that keeps the knee's plane."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.geometry.rotations import rotmat_between, rotvec_to_rotmat, unit
from mvmocap_core.geometry.two_bones import bend_rad, knee_axis

_HINGE_SHARE = 0.1
"""How much the rest pose's hinge counts beside the plane that thigh and shank span."""
_STEPS = 3


@dataclass(frozen=True, slots=True, eq=False)
class LegPose:
    """World rotations (F, 3, 3) of the thigh (hip joint) and the shank (knee joint)."""

    thigh: np.ndarray
    shank: np.ndarray


def reach(
    pose: LegPose, hip_m: np.ndarray, target_m: np.ndarray, knee_m: np.ndarray, ankle_m: np.ndarray
) -> LegPose:
    """Bend and swing the leg so that the ankle comes to `target_m`; no change where it is there.

    hip_m, target_m: (F, 3) world. knee_m, ankle_m: (3,) rest offsets of the knee in the thigh's
    frame and of the ankle in the shank's. Where the target is out of reach the leg is straight. A
    knee that is bent backwards is bent forwards as much.
    """
    thigh, shank = pose.thigh, pose.shank
    upper_m, lower_m = float(np.linalg.norm(knee_m)), float(np.linalg.norm(ankle_m))
    wanted_m = np.linalg.norm(target_m - hip_m, axis=1)
    for _ in range(_STEPS):  # the hinge is not exactly square to the leg: once is not enough
        upper, lower = thigh @ knee_m, shank @ ankle_m
        hinge = knee_axis(unit(upper), unit(lower), thigh[..., 0], _HINGE_SHARE)
        now = bend_rad(np.linalg.norm(upper + lower, axis=1), upper_m, lower_m)
        now *= np.where((np.cross(upper, lower) * hinge).sum(axis=1) < 0.0, -1.0, 1.0)
        more = bend_rad(wanted_m, upper_m, lower_m) - now
        shank = rotvec_to_rotmat(hinge * more[:, None]) @ shank
        aim = rotmat_between(thigh @ knee_m + shank @ ankle_m, target_m - hip_m)
        thigh, shank = aim @ thigh, aim @ shank
    return LegPose(thigh, shank)
