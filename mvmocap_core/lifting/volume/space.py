"""Where in a self-calibrated take people are looked for: an upright frame about all of them."""

from itertools import combinations

import numpy as np

from mvmocap_core.geometry.rotations import unit
from mvmocap_core.geometry.triangulation import triangulate_midpoint
from mvmocap_core.lifting.joints import HIPS

_LOOK_WEIGHT = 0.05
_MEET_M = 0.15
_NEAREST_M, _FARTHEST_M = 0.5, 15.0


def working_space(keypoints: np.ndarray, T_cam_world: np.ndarray) -> np.ndarray:
    """T_space_world (4, 4): Z up, the origin in the middle of where rays to people's roots meet.

    keypoints:   (V, M, F, J, 3) x, y for focal length 1, and confidence, 0 where missing.
    T_cam_world: (V, 4, 4).
    Raises ValueError if no rays meet.
    """
    up = _up(T_cam_world)
    x = unit(np.cross([0.0, 1.0, 0.0] if abs(up[1]) < 0.9 else [1.0, 0.0, 0.0], up))
    R = np.stack([x, np.cross(up, x), up])
    met = _meetings(keypoints, T_cam_world)
    if not len(met):
        raise ValueError("no rays to people's roots meet")
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, -R @ np.median(met, axis=0)
    return T


def _up(T_cam_world: np.ndarray) -> np.ndarray:
    """Across all cameras' x axes, since phones are held level, and rather not along their z."""
    right, forward = T_cam_world[:, 0, :3], T_cam_world[:, 2, :3]
    spread = right.T @ right + _LOOK_WEIGHT * forward.T @ forward
    up = np.linalg.eigh(spread)[1][:, 0]
    return up if up @ T_cam_world[:, 1, :3].sum(axis=0) < 0 else -up


def _meetings(keypoints: np.ndarray, T_cam_world: np.ndarray) -> np.ndarray:
    """(N, 3) where rays to anybody's roots in two views pass close by each other."""
    hips = keypoints[..., HIPS, :]
    seen = (hips[..., 2] > 0).all(axis=-1)
    roots = np.where(seen[..., None], hips[..., :2].mean(axis=-2), np.nan)  # (V, M, F, 2)
    met = []
    for pair in combinations(range(len(keypoints)), 2):
        first, second = roots[list(pair)]
        both = np.broadcast_arrays(first[:, None], second[None])
        points, gap_m, depth_m = triangulate_midpoint(np.stack(both), T_cam_world[list(pair)])
        is_near = (gap_m < _MEET_M) & (depth_m > _NEAREST_M) & (depth_m < _FARTHEST_M)
        met.append(points[is_near])
    return np.concatenate(met)
