"""A first pose for every frame, in closed form, from triangulated landmarks."""

import numpy as np
from scipy.ndimage import median_filter

from mvmocap_core.body.kinematics import Pose
from mvmocap_core.body.skeleton import JOINT, LANDMARK, N_JOINTS
from mvmocap_core.geometry.rotations import (
    rotmat_between,
    rotmat_to_rotvec,
    rotvec_to_rotmat,
    unit,
)
from mvmocap_core.geometry.two_bones import knee_axis

_STRAIGHT = 0.15
"""How much a limb's default twist counts against the plane of its bend."""
_TRUNK = [LANDMARK[f"{s}_{p}"] for s in ("left", "right") for p in ("shoulder", "hip")]
_NEAR_S = 0.15
_LEAP = 0.4
"""Of the trunk's length, from the median of what is near in time: no trunk leaps and comes back."""


def without_leaps(points: np.ndarray, weight: np.ndarray, fps: float) -> np.ndarray:
    """Landmarks (F, 33, 3) at `fps`, NaN where one of the trunk is elsewhere for a few frames.

    A hip that a view saw beyond the other hip would turn the pose around, and no descent turns it
    back. Only what two views see counts: a single view's guess is elsewhere for a reason.

    weight: (V, F, 33) of the views' keypoints; 0 = not seen.
    """
    is_seen = (weight[:, :, _TRUNK] > 0).sum(axis=0) > 1
    is_seen &= np.isfinite(points[:, _TRUNK]).all(axis=-1)
    if not is_seen.any(axis=0).all():
        return points
    seen = _interpolated(np.where(is_seen[..., None], points[:, _TRUNK], np.nan))
    reach = max(round(_NEAR_S * fps), 1)
    near = median_filter(seen, size=(2 * reach + 1, 1, 1), mode="nearest")
    middle = near.reshape(len(points), 2, 2, 3).mean(axis=1)
    length = float(np.median(np.linalg.norm(middle[:, 0] - middle[:, 1], axis=-1)))
    is_away = is_seen & (np.linalg.norm(seen - near, axis=-1) > _LEAP * length)
    is_away &= ~(is_away | ~is_seen).all(axis=0)
    steady = points.copy()
    steady[:, _TRUNK] = np.where(is_away[..., None], np.nan, points[:, _TRUNK])
    return steady


def starting_pose(points: np.ndarray) -> Pose:
    """Poses from landmarks (F, 33, 3); missing ones (NaN) are interpolated over time.

    Raises ValueError if a landmark of the trunk is missing throughout.
    """
    points = _fill(points)
    at = {name: points[:, index] for name, index in LANDMARK.items()}
    local = np.broadcast_to(np.eye(3), (len(points), N_JOINTS, 3, 3)).copy()
    hips = 0.5 * (at["left_hip"] + at["right_hip"])
    shoulders = 0.5 * (at["left_shoulder"] + at["right_shoulder"])
    up = shoulders - hips
    pelvis = _frame(at["left_hip"] - at["right_hip"], up)
    chest = _frame(at["left_shoulder"] - at["right_shoulder"], up)
    local[:, 0] = pelvis
    bend = rotvec_to_rotmat(rotmat_to_rotvec(_transpose(pelvis) @ chest) / 3.0)
    for name in ("spine_1", "spine_2", "spine_3"):
        local[:, JOINT[name]] = bend
    nod = rotvec_to_rotmat(rotmat_to_rotvec(_transpose(chest) @ _head_frame(at)) / 2.0)
    local[:, JOINT["neck"]] = local[:, JOINT["head"]] = nod
    for side, sign in (("left", 1.0), ("right", -1.0)):
        _place_arm(local, at, side, sign, chest)
        _place_leg(local, at, side, pelvis)
    back = pelvis[..., 1]
    trunk = np.median(np.linalg.norm(up, axis=1))
    return Pose(hips + 0.08 * trunk * back, local)


def _fill(points: np.ndarray) -> np.ndarray:
    filled = _interpolated(points)
    if not np.isfinite(filled[:, _TRUNK]).all():
        raise ValueError("a landmark of the trunk is never seen by two views")
    middle = filled[:, _TRUNK].mean(axis=1, keepdims=True)
    return np.where(np.isfinite(filled), filled, middle)


def _interpolated(points: np.ndarray) -> np.ndarray:
    """Points (F, N, 3) with each one's gaps filled over time; NaN stays who is never there."""
    filled = points.copy()
    frames = np.arange(len(points))
    for index in range(points.shape[1]):
        good = np.isfinite(points[:, index]).all(axis=1)
        if not good.any():
            continue
        for axis in range(3):
            filled[:, index, axis] = np.interp(frames, frames[good], points[good, index, axis])
    return filled


def _place_arm(
    local: np.ndarray, at: dict[str, np.ndarray], side: str, sign: float, chest: np.ndarray
) -> None:
    upper = unit(at[f"{side}_elbow"] - at[f"{side}_shoulder"])
    fore = unit(at[f"{side}_wrist"] - at[f"{side}_elbow"])
    along = np.array([sign, 0.0, 0.0])
    default = chest @ rotmat_between(along, _into(chest, upper))
    up = -sign * np.cross(upper, fore) + _STRAIGHT * default[..., 2]
    arm = _frame(sign * upper, up)
    local[:, JOINT[f"{side}_shoulder"]] = _transpose(chest) @ arm
    local[:, JOINT[f"{side}_elbow"]] = rotmat_between(along, _into(arm, fore))


def _place_leg(local: np.ndarray, at: dict[str, np.ndarray], side: str, pelvis: np.ndarray) -> None:
    thigh = unit(at[f"{side}_knee"] - at[f"{side}_hip"])
    shank = unit(at[f"{side}_ankle"] - at[f"{side}_knee"])
    foot = unit(at[f"{side}_foot_index"] - at[f"{side}_heel"])
    down = np.array([0.0, 0.0, -1.0])
    default = pelvis @ rotmat_between(down, _into(pelvis, thigh))
    x = knee_axis(thigh, shank, default[..., 0], _STRAIGHT)
    leg = np.stack([x, np.cross(-thigh, x), -thigh], axis=-1)
    lower = rotmat_between(down, _into(leg, shank))
    local[:, JOINT[f"{side}_hip"]] = _transpose(pelvis) @ leg
    local[:, JOINT[f"{side}_knee"]] = lower
    forward = np.array([0.0, -1.0, 0.0])
    local[:, JOINT[f"{side}_ankle"]] = rotmat_between(forward, _into(leg @ lower, foot))


def _head_frame(at: dict[str, np.ndarray]) -> np.ndarray:
    left = at["left_ear"] - at["right_ear"]
    forward = at["nose"] - 0.5 * (at["left_ear"] + at["right_ear"])
    return _frame(left, np.cross(forward, left))


def _frame(left: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Columns left, back, up: `left` exactly, `up` as nearly as can be."""
    x = unit(left)
    z = unit(up - (up * x).sum(axis=1, keepdims=True) * x)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _transpose(R: np.ndarray) -> np.ndarray:
    return R.transpose(0, 2, 1)


def _into(R: np.ndarray, v: np.ndarray) -> np.ndarray:
    """World directions (F, 3) in the axes of frames (F, 3, 3)."""
    return np.einsum("fba,fb->fa", R, v)
