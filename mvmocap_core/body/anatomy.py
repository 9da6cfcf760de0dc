"""What bodies can do: how far joints turn and how fast.

Angles are rotation vectors of the left side's local rotations, in the rest pose's axes; the right
side mirrors them. They are wide: they decide where no view does, and hardly touch the rest.
"""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.kinematics import GROUPS, N_UNKNOWNS

_FREE = np.inf
# mean, standard deviation, lowest, highest (degrees; one joint's share of a group), and the
# typical angular acceleration in rad/s^2
_JOINTS: dict[str, tuple[tuple[float, ...], tuple[float, ...], float]] = {
    "pelvis": ((0, 0, 0), (_FREE, _FREE, _FREE), 30.0),
    "spine_1": ((2, 0, 0), (12, 8, 10), 15.0),
    "neck": ((0, 0, 0), (16, 12, 22), 40.0),
    "clavicle": ((0, 0, 0), (4, 10, 10), 20.0),
    "shoulder": ((0, 40, -10), (60, 70, 70), 60.0),
    "elbow": ((0, 0, -45), (40, 6, 50), 70.0),
    "wrist": ((0, 0, 0), (8, 30, 20), 70.0),
    "hip": ((-15, 0, 0), (50, 30, 25), 40.0),
    "knee": ((25, 0, 0), (50, 4, 8), 60.0),
    "ankle": ((0, 0, 0), (25, 12, 12), 60.0),
}
_LIMITS = {"elbow": (2, -160.0, 3.0), "knee": (0, -3.0, 165.0)}
_LIMIT_STD_DEG = 1.5
_TRANSLATION_ACCELERATION = 6.0
REFERENCE_FPS = 30.0
"""The frame rate at which the accelerations above were stated; the density is what counts."""
_VELOCITY_OVER_ACCELERATION_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """Per group of joints, (G, 3) radians: mean, std, low, high; limit_std is a scalar.

    acceleration_std: (N_UNKNOWNS,) m/s^2 and rad/s^2 at `REFERENCE_FPS`;
    velocity_std:     (N_UNKNOWNS,) m/s and rad/s likewise: only where nothing is seen.
    """

    mean: np.ndarray
    std: np.ndarray
    low: np.ndarray
    high: np.ndarray
    limit_std: float
    acceleration_std: np.ndarray
    velocity_std: np.ndarray


def _build() -> Anatomy:
    mean, std = np.zeros((2, len(GROUPS), 3))
    low, high = np.full((len(GROUPS), 3), -np.inf), np.full((len(GROUPS), 3), np.inf)
    acceleration = np.full(N_UNKNOWNS, _TRANSLATION_ACCELERATION)
    for k, group in enumerate(GROUPS):
        side, _, name = group[0].rpartition("_") if group[0] != "spine_1" else ("", "", group[0])
        mirror = np.array([1.0, -1.0, -1.0]) if side == "right" else np.ones(3)
        centre, spread, speed = _JOINTS[name]
        mean[k], std[k] = np.radians(centre) * mirror, np.radians(spread)
        acceleration[3 + 3 * k : 6 + 3 * k] = speed
        if name in _LIMITS:
            axis, lowest, highest = _LIMITS[name]
            bounds = sorted(np.radians([lowest, highest]) * mirror[axis])
            low[k, axis], high[k, axis] = bounds
    return Anatomy(
        mean,
        std,
        low,
        high,
        np.radians(_LIMIT_STD_DEG),
        acceleration,
        acceleration * _VELOCITY_OVER_ACCELERATION_S,
    )


ANATOMY = _build()
