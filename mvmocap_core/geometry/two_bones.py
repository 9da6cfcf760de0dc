"""What arms and legs share that are brought to a place: how far to bend, and where to aim."""

import numpy as np

from mvmocap_core.geometry.rotations import rotvec_to_rotmat, unit


def bend_rad(distance_m: np.ndarray, upper_m: float, lower_m: float) -> np.ndarray:
    """(F,) bend of the middle joint, 0 for a straight limb, at which its ends are so far apart.

    distance_m: (F,) between the ends; out of reach is the nearest that can be reached.
    """
    cosine = (distance_m**2 - upper_m**2 - lower_m**2) / (2.0 * upper_m * lower_m)
    return np.arccos(np.clip(cosine, -1.0, 1.0))


def aim_rotmat(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(F, 3, 3) smallest rotations that turn directions (F, 3) into others; none of opposites."""
    a, b = unit(source), unit(target)
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.arctan2(sine, (a * b).sum(axis=1, keepdims=True))
    return rotvec_to_rotmat(axis * (angle / np.maximum(sine, 1e-12)))
