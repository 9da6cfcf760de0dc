"""Points from the same landmark in several calibrated views."""

import numpy as np

from mvmocap_core.geometry.cameras import camera_center
from mvmocap_core.geometry.shapes import check_shape


def triangulate_dlt(
    normalised: np.ndarray, T_cam_world: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Direct linear triangulation (Hartley & Zisserman, section 12.2).

    normalised:  (V, ..., 2) undistorted image coordinates (focal length 1); NaN = not seen.
    T_cam_world: (V, 4, 4).
    weights:     (V, ...) at least 0, None for 1.

    Returns (..., 3) world points; NaN where fewer than two views see the point.
    """
    check_shape("normalised", normalised, (..., 2))
    check_shape("T_cam_world", T_cam_world, (len(normalised), 4, 4))
    shape = normalised.shape[1:-1]
    xy = normalised.reshape(len(normalised), -1, 2)
    weight = np.ones(xy.shape[:2]) if weights is None else weights.reshape(xy.shape[:2])
    weight = np.where(np.isfinite(xy).all(axis=-1), weight, 0.0)
    xy = np.nan_to_num(xy)
    P = T_cam_world[:, :3]
    rows = xy[..., None] * P[:, None, None, 2] - P[:, None, :2]
    rows = (rows * weight[..., None, None]).transpose(1, 0, 2, 3).reshape(xy.shape[1], -1, 4)
    homogeneous = np.linalg.svd(rows)[2][:, -1]
    seen = (weight > 0).sum(axis=0) >= 2
    scale = np.where(seen & (np.abs(homogeneous[:, 3]) > 1e-12), homogeneous[:, 3], np.nan)
    return (homogeneous[:, :3] / scale[:, None]).reshape(*shape, 3)


def triangulate_midpoint(
    normalised: np.ndarray, T_cam_world: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The point nearest to all rays (least squares), fast enough to test many hypotheses.

    normalised:  (V, ..., 2) undistorted image coordinates (focal length 1); NaN = not seen.
    T_cam_world: (V, 4, 4).

    Returns points (..., 3), their root-mean-square distance to the rays (...), and the smallest
    depth before a camera (...): all NaN where fewer than two views see the point.
    """
    check_shape("normalised", normalised, (..., 2))
    check_shape("T_cam_world", T_cam_world, (len(normalised), 4, 4))
    seen = np.isfinite(normalised).all(axis=-1)
    direction = np.concatenate([np.nan_to_num(normalised), np.ones((*seen.shape, 1))], axis=-1)
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    direction = np.stack([d @ T[:3, :3] for d, T in zip(direction, T_cam_world, strict=True)])
    across = np.eye(3) - direction[..., :, None] * direction[..., None, :]
    across = np.where(seen[..., None, None], across, 0.0)
    center = camera_center(T_cam_world).reshape(len(T_cam_world), *([1] * (seen.ndim - 1)), 3)
    right = (across @ center[..., None]).sum(axis=0)
    enough = seen.sum(axis=0) >= 2
    normal = across.sum(axis=0) + np.where(enough, 1e-12, 1.0)[..., None, None] * np.eye(3)
    points = np.linalg.solve(normal, right)[..., 0]
    off = (across @ (points - center)[..., None])[..., 0]
    gap = np.sqrt((off**2).sum(axis=(0, -1)) / np.maximum(seen.sum(axis=0), 1))
    depth = np.stack([(points @ T[:3, :3].T + T[:3, 3])[..., 2] for T in T_cam_world])
    depth = np.where(seen, depth, np.inf).min(axis=0)
    missing = ~enough
    return (
        np.where(missing[..., None], np.nan, points),
        np.where(missing, np.nan, gap),
        np.where(missing, np.nan, depth),
    )
