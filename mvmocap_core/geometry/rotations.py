"""Conversions between rotation vectors, matrices and quaternions (w first), in batches."""

import numpy as np
from scipy.spatial.transform import Rotation

from mvmocap_core.geometry.shapes import check_shape


def unit(v: np.ndarray) -> np.ndarray:
    """(..., 3) of length 1; a zero stays zero."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def skew(v: np.ndarray) -> np.ndarray:
    """(..., 3) -> (..., 3, 3) with skew(a) @ b = a x b."""
    check_shape("v", v, (..., 3))
    zero = np.zeros(v.shape[:-1])
    x, y, z = v[..., 0], v[..., 1], v[..., 2]
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def rotvec_to_rotmat(rotvec: np.ndarray) -> np.ndarray:
    """(..., 3) axis times angle in radians -> (..., 3, 3)."""
    check_shape("rotvec", rotvec, (..., 3))
    flat = Rotation.from_rotvec(rotvec.reshape(-1, 3)).as_matrix()
    return flat.reshape(*rotvec.shape[:-1], 3, 3)


def rotmat_to_rotvec(rotmat: np.ndarray) -> np.ndarray:
    """(..., 3, 3) -> (..., 3) axis times angle in radians, angle in [0, pi]."""
    check_shape("rotmat", rotmat, (..., 3, 3))
    flat = Rotation.from_matrix(rotmat.reshape(-1, 3, 3)).as_rotvec()
    return flat.reshape(*rotmat.shape[:-2], 3)


def quat_wxyz_to_rotmat(quat_wxyz: np.ndarray) -> np.ndarray:
    """(..., 4) unit quaternions -> (..., 3, 3)."""
    check_shape("quat_wxyz", quat_wxyz, (..., 4))
    flat = Rotation.from_quat(quat_wxyz.reshape(-1, 4)[:, [1, 2, 3, 0]]).as_matrix()
    return flat.reshape(*quat_wxyz.shape[:-1], 3, 3)


def rotmat_to_quat_wxyz(rotmat: np.ndarray) -> np.ndarray:
    """(..., 3, 3) -> (..., 4) unit quaternions with w >= 0."""
    check_shape("rotmat", rotmat, (..., 3, 3))
    xyzw = Rotation.from_matrix(rotmat.reshape(-1, 3, 3)).as_quat(canonical=True)
    return xyzw[:, [3, 0, 1, 2]].reshape(*rotmat.shape[:-2], 4)


def rotation_angle_deg(rotmat: np.ndarray) -> np.ndarray:
    """(..., 3, 3) -> (...) angle of the rotation, degrees."""
    return np.degrees(np.linalg.norm(rotmat_to_rotvec(rotmat), axis=-1))


def rotmat_between(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(..., 3, 3) smallest rotations that turn directions `source` (..., 3) into `target` (..., 3).

    Of opposites, about some axis square to them.
    """
    a, b = np.broadcast_arrays(unit(source), unit(target))
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, (a * b).sum(axis=-1, keepdims=True))
    square = unit(np.cross(a, np.eye(3)[np.abs(a).argmin(axis=-1)]))
    rotvec = np.where(sine > 1e-12, axis * (angle / np.maximum(sine, 1e-12)), square * angle)
    return rotvec_to_rotmat(rotvec)
