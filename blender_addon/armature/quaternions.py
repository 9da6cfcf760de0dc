"""Quaternions (w first) and rotations in batches. The core's need SciPy, which Blender lacks."""

import numpy as np


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(..., 4) the rotation b and then a."""
    w, x, y, z = (a[..., part] for part in range(4))
    W, X, Y, Z = (b[..., part] for part in range(4))
    product = np.empty(np.broadcast_shapes(a.shape, b.shape))
    product[..., 0] = w * W - x * X - y * Y - z * Z
    product[..., 1] = w * X + x * W + y * Z - z * Y
    product[..., 2] = w * Y - x * Z + y * W + z * X
    product[..., 3] = w * Z + x * Y - y * X + z * W
    return product


def conjugate(quats_wxyz: np.ndarray) -> np.ndarray:
    """(..., 4) the inverse of unit quaternions."""
    return quats_wxyz * np.array([1.0, -1.0, -1.0, -1.0])


def rotate(quats_wxyz: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(..., 3) vectors turned by unit quaternions (..., 4)."""
    axis = quats_wxyz[..., 1:]
    across = 2.0 * np.cross(axis, vectors)
    return vectors + quats_wxyz[..., :1] * across + np.cross(axis, across)


def slerp(a: np.ndarray, b: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """(..., 4) between unit quaternions, the short way. share: 0 at a, 1 at b, (..., 1) or one."""
    cosine = np.sum(a * b, axis=-1, keepdims=True)
    b = np.where(cosine < 0, -b, b)
    angle = np.arccos(np.clip(np.abs(cosine), -1.0, 1.0))
    sine = np.sin(angle)
    is_near = sine < 1e-6
    safe = np.where(is_near, 1.0, sine)
    weight_a = np.where(is_near, 1.0 - share, np.sin((1.0 - share) * angle) / safe)
    weight_b = np.where(is_near, share, np.sin(share * angle) / safe)
    mixed = weight_a * a + weight_b * b
    return mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)


def to_rotmats(quats_wxyz: np.ndarray) -> np.ndarray:
    """(..., 4) unit quaternions -> (..., 3, 3)."""
    w, x, y, z = np.moveaxis(quats_wxyz, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_rotmats(rotmats: np.ndarray) -> np.ndarray:
    """(..., 3, 3) -> (..., 4) unit quaternions, by the largest of the four components."""
    m = rotmats
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    squares = np.stack([xx + yy + zz, xx - yy - zz, yy - xx - zz, zz - xx - yy], axis=-1)
    a = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    s = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    one = 1.0 + squares
    rows = [
        np.stack([one[..., 0], a[0], a[1], a[2]], axis=-1),
        np.stack([a[0], one[..., 1], s[0], s[1]], axis=-1),
        np.stack([a[1], s[0], one[..., 2], s[2]], axis=-1),
        np.stack([a[2], s[1], s[2], one[..., 3]], axis=-1),
    ]
    best = np.argmax(squares, axis=-1)[..., None, None]
    quats = np.take_along_axis(np.stack(rows, axis=-2), best, axis=-2)[..., 0, :]
    return quats / np.linalg.norm(quats, axis=-1, keepdims=True)


def rotmat_between(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(3, 3) the smallest rotation that turns direction `source` (3,) into `target` (3,)."""
    a, b = source / np.linalg.norm(source), target / np.linalg.norm(target)
    quat = np.concatenate([[1.0 + a @ b], np.cross(a, b)])
    norm = np.linalg.norm(quat)
    if norm < 1e-9:
        return np.eye(3)  # opposite: a map of left to right, nothing sensible to turn
    return to_rotmats(quat / norm)
