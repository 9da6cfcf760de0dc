"""Points from the same landmark in several calibrated views."""

import numpy as np

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
