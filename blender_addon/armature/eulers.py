"""Quaternions as the other kinds of rotation that Blender's bones are keyed in. Plain numpy."""

import numpy as np

from .quaternions import to_rotmats

EULER_ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")


def to_eulers(quats_wxyz: np.ndarray, order: str) -> np.ndarray:
    """(F, 4) -> (F, 3) angles about x, y and z in radians, without jumps from frame to frame.

    order: the axes as Blender names them: the first one's turn comes first.
    """
    i, j, k = ("XYZ".index(axis) for axis in order)
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    m = to_rotmats(quats_wxyz)
    cosine = np.hypot(m[:, i, i], m[:, j, i])
    is_locked = cosine < 1e-6
    first = np.where(
        is_locked,
        np.arctan2(-sign * m[:, j, k], m[:, j, j]),
        np.arctan2(sign * m[:, k, j], m[:, k, k]),
    )
    last = np.where(is_locked, 0.0, np.arctan2(sign * m[:, j, i], m[:, i, i]))
    angles = np.empty((len(m), 3))
    angles[:, i], angles[:, j] = first, np.arctan2(-sign * m[:, k, i], cosine)
    angles[:, k] = last
    return np.unwrap(_nearest_of_two(angles, j), axis=0)


def to_axis_angles(quats_wxyz: np.ndarray) -> np.ndarray:
    """(F, 4) -> (F, 4) angle in radians and unit axis; the y axis where nothing turns."""
    sine = np.linalg.norm(quats_wxyz[:, 1:], axis=1, keepdims=True)
    angles = 2.0 * np.arctan2(sine, quats_wxyz[:, :1])
    axes = np.where(sine > 1e-9, quats_wxyz[:, 1:] / np.maximum(sine, 1e-9), [0.0, 1.0, 0.0])
    return np.concatenate([angles, axes], axis=1)


def _nearest_of_two(angles: np.ndarray, middle: int) -> np.ndarray:
    """(F, 3) for each frame that one of the two triples of equal turn which is nearer to the last.

    The other triple turns the first and last axis by half a turn more and mirrors the middle one.
    As it is as far from the last frame's other one, a change of sides lasts until the next.
    """
    others = angles + np.pi
    others[:, middle] = np.pi - angles[:, middle]
    stays = np.sum(1.0 - np.cos(angles[1:] - angles[:-1]), axis=1)
    changes = np.sum(1.0 - np.cos(others[1:] - angles[:-1]), axis=1)
    is_other = np.concatenate([[False], np.cumsum(changes < stays) % 2 == 1])
    return np.where(is_other[:, None], others, angles)
