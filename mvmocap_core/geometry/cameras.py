"""Pinhole projection with Brown-Conrady distortion, in batches.

Pixel (0, 0) is the image's top-left corner, pixel centres lie at .5.
"""

import numpy as np

from mvmocap_core.geometry.shapes import check_shape

_UNDISTORT_STEPS = 20
_UNDISTORTED = 1e-4
"""Of the focal length, that undistorted points may miss their pixels by: 0.1 pixels."""
_WIDEST = 100.0
_MIN_DEPTH = 1e-6


def distort(normalised: np.ndarray, dist: np.ndarray) -> np.ndarray:
    """(..., 2) ideal image coordinates (focal length 1) -> where the lens puts them.

    dist: (4,) k1, k2, p1, p2.
    """
    x, y = normalised[..., 0], normalised[..., 1]
    k1, k2, p1, p2 = dist
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + k2 * r2)
    dx = 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)
    dy = p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y
    return np.stack([x * radial + dx, y * radial + dy], axis=-1)


def project_points(
    points: np.ndarray, K: np.ndarray, dist: np.ndarray, T_cam_world: np.ndarray
) -> np.ndarray:
    """World points (..., 3) -> pixels (..., 2); NaN behind the camera and for NaN points.

    K: (3, 3) pixels; dist: (4,); T_cam_world: (4, 4), OpenCV axes.
    """
    check_shape("points", points, (..., 3))
    check_shape("K", K, (3, 3))
    check_shape("dist", dist, (4,))
    check_shape("T_cam_world", T_cam_world, (4, 4))
    in_camera = points @ T_cam_world[:3, :3].T + T_cam_world[:3, 3]
    depth = np.where(in_camera[..., 2:] > _MIN_DEPTH, in_camera[..., 2:], np.nan)
    lens = distort(in_camera[..., :2] / depth, dist)
    return lens @ K[:2, :2].T + K[:2, 2]


def undistort_points(keypoints_px: np.ndarray, K: np.ndarray, dist: np.ndarray) -> np.ndarray:
    """Pixels (..., 2) -> ideal image coordinates (..., 2) (focal length 1); NaN stays NaN.

    K: (3, 3); dist: (4,). Fixed-point iteration, exact to rounding for phone lenses. NaN also far
    outside the picture, where a barrel lens puts no ray at all.
    """
    check_shape("keypoints_px", keypoints_px, (..., 2))
    distorted = (keypoints_px - K[:2, 2]) @ np.linalg.inv(K[:2, :2]).T
    ideal = distorted.copy()
    if np.any(dist):
        for _ in range(_UNDISTORT_STEPS):
            ideal = np.clip(ideal + distorted - distort(ideal, dist), -_WIDEST, _WIDEST)
        missed = np.abs(distort(ideal, dist) - distorted).max(axis=-1, keepdims=True)
        ideal = np.where(missed < _UNDISTORTED, ideal, np.nan)
    return ideal


def rigid_transform(R: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(3, 3) and (3,) -> (4, 4)."""
    T = np.eye(4)
    T[:3, :3] = R
    T[:3, 3] = t
    return T


def camera_center(T_cam_world: np.ndarray) -> np.ndarray:
    """(..., 4, 4) -> (..., 3) position of the camera in the world."""
    R, t = T_cam_world[..., :3, :3], T_cam_world[..., :3, 3]
    return -np.einsum("...ji,...j->...i", R, t)
