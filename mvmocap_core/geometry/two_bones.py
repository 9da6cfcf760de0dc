"""What arms and legs share that are brought to a place: how far to bend, and about what axis."""

import numpy as np

from mvmocap_core.geometry.rotations import unit


def bend_rad(distance_m: np.ndarray, upper_m: float, lower_m: float) -> np.ndarray:
    """(F,) bend of the middle joint, 0 for a straight limb, at which its ends are so far apart.

    distance_m: (F,) between the ends; out of reach is the nearest that can be reached.
    """
    cosine = (distance_m**2 - upper_m**2 - lower_m**2) / (2.0 * upper_m * lower_m)
    return np.arccos(np.clip(cosine, -1.0, 1.0))


def knee_axis(thigh: np.ndarray, shank: np.ndarray, usual: np.ndarray, share: float) -> np.ndarray:
    """(F, 3) unit axis square to the thigh about which a growing turn bends the knee forwards.

    thigh, shank: (F, 3) unit directions. usual: (F, 3) unit axis of a straight leg; `share` is how
    much it counts beside the plane of a bent one. A knee that seems bent backwards does not tell
    the plane: the leg has not turned about.
    """
    plane = np.cross(thigh, shank)
    forwards = (plane * usual).sum(axis=1, keepdims=True) > 0.0
    axis = np.where(forwards, plane, 0.0) + share * usual
    return unit(axis - (axis * thigh).sum(axis=1, keepdims=True) * thigh)
