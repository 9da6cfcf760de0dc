"""A camera as a calibration describes it, and the same camera for a video of another size."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import cv2
import numpy as np

from mvmocap_core.errors import InputError

_SAME_ASPECT = 0.01
_GRID = 15
_MAX_DISTANCE_M = 100.0
_FOCAL_RANGE = (0.2, 20.0)
"""Of a focal length over the image's longer side: from a fisheye to a long telephoto lens."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownCamera:
    """One calibrated camera.

    name:        as its file calls it.
    K:           (3, 3) pixels; (0, 0) is the image's top-left corner, pixel centres lie at .5.
    dist:        (4,) k1, k2, p1, p2.
    image_size:  (2,) width, height in pixels; NaN where the file does not say.
    T_cam_world: (4, 4) metres, OpenCV axes; None where the file does not say where it stood.
    """

    name: str
    K: np.ndarray
    dist: np.ndarray
    image_size: np.ndarray
    T_cam_world: np.ndarray | None

    def __post_init__(self) -> None:
        if self.T_cam_world is not None and not _is_rigid(self.T_cam_world):
            raise ValueError("its rotation is not a rotation, or it stands too far away: metres?")
        if not _is_lens(self.K, self.dist, self.image_size):
            raise ValueError("its focal length, centre or distortion makes no sense")


def camera_from(
    name: str,
    K: np.ndarray,
    distortion: np.ndarray,
    image_size: np.ndarray,
    T_cam_world: np.ndarray | None,
) -> KnownCamera:
    """A camera from OpenCV's numbers, whose pixel (0, 0) is the centre of the first pixel.

    distortion: (N,) OpenCV's coefficients, of which any number up to 14 is allowed. Those beyond
    k1, k2, p1, p2 are folded into these four, over the image.

    Raises ValueError where the numbers describe no camera.
    """
    if K.shape != (3, 3) or distortion.size not in (0, 1, 2, 4, 5, 8, 12, 14):
        raise ValueError("it needs a matrix of 3 x 3 and 0, 4, 5, 8, 12 or 14 distortions")
    dist = np.zeros(max(distortion.size, 4))
    dist[: distortion.size] = distortion.ravel()
    if np.any(dist[4:]) and np.isfinite(K).all() and np.isfinite(dist).all():
        dist = _four_coefficients(K, dist, image_size)
    corner = np.array([[0.0, 0.0, 0.5], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]])
    return KnownCamera(name, K + corner, dist[:4], image_size, T_cam_world)


def for_size(camera: KnownCamera, image_size: np.ndarray, path: Path) -> KnownCamera:
    """The camera of a video of another size (2,), if that is the same picture scaled.

    A per cent of the other side may be cut off or added, as codecs do.

    Raises InputError where it is another picture.
    """
    if np.isnan(camera.image_size).any():
        return replace(camera, image_size=image_size)
    width_ratio, height_ratio = image_size / camera.image_size
    if abs(width_ratio / height_ratio - 1.0) > _SAME_ASPECT:
        known, given = (f"{int(w)} x {int(h)}" for w, h in (camera.image_size, image_size))
        raise InputError(
            f"{path}: camera {camera.name} is calibrated for {known} pixels and the video has "
            f"{given}; calibrate with the same picture, neither turned nor cropped.",
            reason="bad_calibration",
        )
    K = camera.K.copy()
    K[:2, 2] = width_ratio * (K[:2, 2] - camera.image_size / 2.0) + image_size / 2.0
    K[:2, :2] *= width_ratio
    return replace(camera, K=K, image_size=image_size)


def bad_calibration(path: Path, problem: str) -> NoReturn:
    """Raise the error of a file that cannot be used."""
    raise InputError(f"{path}: {problem}; export the calibration again.", reason="bad_calibration")


def rigid(R: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(4, 4) from a rotation, (3, 3) or a vector of 3, and a translation of 3.

    Raises ValueError for other shapes.
    """
    if R.size == 3:
        R = cv2.Rodrigues(R.reshape(3).astype(float))[0]
    if R.shape != (3, 3) or t.size != 3:
        raise ValueError("rotation and translation need 3 x 3 or 3 numbers, and 3 numbers")
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, t.reshape(3)
    return T


def _four_coefficients(K: np.ndarray, dist: np.ndarray, image_size: np.ndarray) -> np.ndarray:
    """The k1, k2, p1, p2 nearest to a lens with more coefficients, over the image."""
    size = np.where(np.isfinite(image_size), image_size, 2.0 * K[:2, 2])
    axes = [np.linspace(0.0, side, _GRID) for side in size]
    pixels = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 1, 2)
    x, y = cv2.undistortPoints(pixels, K, dist)[:, 0].T
    seen_x, seen_y = ((pixels[:, 0] - K[:2, 2]) @ np.linalg.inv(K[:2, :2]).T).T
    r2 = x * x + y * y
    rows_x = np.stack([x * r2, x * r2 * r2, 2.0 * x * y, r2 + 2.0 * x * x], axis=1)
    rows_y = np.stack([y * r2, y * r2 * r2, r2 + 2.0 * y * y, 2.0 * x * y], axis=1)
    rows, values = np.concatenate([rows_x, rows_y]), np.concatenate([seen_x - x, seen_y - y])
    return np.linalg.lstsq(rows, values, rcond=None)[0]


def _is_rigid(T: np.ndarray) -> bool:
    R = T[:3, :3]
    return bool(
        np.isfinite(T).all()
        and np.allclose(R @ R.T, np.eye(3), atol=1e-3)
        and np.linalg.det(R) > 0
        and np.linalg.norm(T[:3, 3]) < _MAX_DISTANCE_M
    )


def _is_lens(K: np.ndarray, dist: np.ndarray, image_size: np.ndarray) -> bool:
    if not (np.isfinite(K).all() and np.isfinite(dist).all() and np.abs(dist).max() < 10.0):
        return False
    size = np.where(np.isfinite(image_size), image_size, 2.0 * K[:2, 2])
    low, high = np.array(_FOCAL_RANGE) * max(float(size.max()), 1.0)
    focal = np.diag(K)[:2]
    is_inside = (K[:2, 2] > -0.5 * size) & (K[:2, 2] < 1.5 * size)
    return bool((focal > low).all() and (focal < high).all() and is_inside.all())
