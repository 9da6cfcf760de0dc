"""The floor that the feet stand on: its slope, and how high heels and toes stand above it."""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.geometry.cameras import rigid_transform
from mvmocap_core.geometry.rotations import rotmat_between, rotmat_to_quat_wxyz
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.contacts import SOLE_M
from mvmocap_core.motion.pose import joint_motion
from mvmocap_core.motion.spans import spans

_SLOPE_STD = np.tan(np.radians(4.0))
"""How far the solve's vertical may be off; floors are level."""
_PLAY_M = 0.015
_REST_STD_M = 0.03
_SIDES_STD_M = 0.01
"""How much higher one foot's landmark may sit on the foot than the other's."""
_INDEPENDENT_S = 0.4
_ROUNDS = 12
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """slope: (2,) metres up a metre along x and y.

    rest_m: (2, 2) height at which the left and the right foot's heel and toe stand.
    """

    slope: np.ndarray
    rest_m: np.ndarray


def find_floor(soles_m: np.ndarray, standing: np.ndarray, fps: float) -> Floor:
    """The floor under the points that stand, robustly; level at 0 where none does.

    soles_m: (F, 2, 2, 3) left/right foot, heel/toe, world; standing: (F, 2, 2) bool.
    """
    rows, heights = [np.zeros((0, 6))], [np.zeros(0)]
    for foot, point in np.ndindex(2, 2):
        for start, stop in spans(standing[:, foot, point]):
            found = soles_m[start:stop, foot, point]
            row = np.zeros((len(found), 6))
            # What stands is in one place. Frame by frame, its error across the floor goes with
            # that in height, and feet that never step would lean the floor by many degrees.
            row[:, :2] = np.median(found[:, :2], axis=0)
            row[:, 2 + 2 * foot + point] = 1.0
            rows.append(row)
            heights.append(found[:, 2] - SOLE_M)
    A, b = np.concatenate(rows), np.concatenate(heights)
    if len(A) == 0:
        return Floor(np.zeros(2), np.full((2, 2), SOLE_M))
    middle = A[:, :2].mean(axis=0)
    A[:, :2] -= middle
    prior = _prior()
    # Heels and toes of one foot are each about as far from the plane through all of them.
    solution = np.concatenate([np.zeros(2), np.full(4, np.percentile(b, 10))])
    share = min(1.0, 1.0 / (fps * _INDEPENDENT_S))
    for _ in range(_ROUNDS):
        off = (b - A @ solution) / _PLAY_M
        weight = share / (_PLAY_M**2 * (1.0 + off**2))
        normal = (A * weight[:, None]).T @ A + prior
        centre = np.array([0.0, 0.0, *[solution[2:].mean()] * 4])
        solution = np.linalg.solve(normal, A.T @ (weight * b) + prior @ centre)
    slope = solution[:2]
    return Floor(slope, SOLE_M + solution[2:].reshape(2, 2) - slope @ middle)


def _prior() -> np.ndarray:
    """(6, 6) information about the slope and the heights of left heel, left toe and the right."""
    prior = np.diag([_SLOPE_STD**-2.0] * 2 + [_REST_STD_M**-2.0] * 4)
    for point in range(2):
        sides = np.zeros(6)
        sides[2 + point], sides[4 + point] = 1.0, -1.0
        prior += np.outer(sides, sides) / _SIDES_STD_M**2
    return prior


def level(
    clip: MotionClip, floor: Floor, about_m: np.ndarray | None = None
) -> tuple[MotionClip, Floor]:
    """Turn and lift the whole scene, cameras too, so that the floor is level at height 0.

    about_m: (3,) what stays above the same place; None is the pelvis at the first frame. Returns
    the clip and its new floor.
    """
    normal = np.array([-floor.slope[0], -floor.slope[1], 1.0])
    R = rotmat_between(normal, _UP)
    first = clip.positions_m[0, 0] if about_m is None else about_m
    lift_m = float(np.mean(floor.rest_m)) - SOLE_M
    t = first - R @ first
    t[2] = -lift_m
    motion = joint_motion(clip)
    quat = clip.rotations_quat_wxyz.copy()
    quat[:, 0] = rotmat_to_quat_wxyz(R @ motion.local[:, 0])
    back = rigid_transform(R.T, -R.T @ t)
    levelled = replace(
        clip,
        positions_m=clip.positions_m @ R.T + t,
        rotations_quat_wxyz=quat,
        landmarks_m=clip.landmarks_m @ R.T + t,
        T_cam_world=clip.T_cam_world @ back,
        T_cam_world_frames=None
        if clip.T_cam_world_frames is None
        else clip.T_cam_world_frames @ back,
    )
    return levelled, Floor(np.zeros(2), floor.rest_m - lift_m)
