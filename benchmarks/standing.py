"""When heels and toes of captured motion truly stand on the floor.

Captured feet creep: the skeleton that was fitted to the markers moves standing soles by 0.1 to
0.4 m/s, so that one threshold on the speed cuts a stance into pieces. By 0.2 m/s alone, people who
walk would have a foot on the floor a quarter of the time; gait takes 60 % (Perry and Burnfield,
"Gait analysis", 2010). So a stance begins with a point that is nearly still and lasts while the
point is slow and low. Studios' floors are not quite level in the captures' own coordinates either.
"""

import numpy as np

from mvmocap_core.motion.spans import spans

STILL, SLOW = 0.25, 0.5
"""m/s: how still a point gets in every stance, and how slow it stays."""
LOW_M = 0.05
"""Height above where such a point rests up to which it stands."""
SHORTEST_S = 0.1
"""Shorter stances are none, and shorter interruptions of one are none if the point stays low."""
_PLAY_M = 0.015
_SLOPE_STD = np.tan(np.radians(1.0))
_REST_STD_M = 0.03
_INDEPENDENT_S = 0.4
_ROUNDS = 20
_REACH_M = 0.15
"""Height above the lowest still point in which the floor is looked for."""


def stances(soles_m: np.ndarray, fps: float) -> np.ndarray:
    """(F, 2, 2) bool: heel and toe of each foot stand on the floor.

    soles_m: (F, 2, 2, 3) left/right foot, heel/toe, world, Z up; no NaN.
    """
    speed = np.linalg.norm(np.gradient(soles_m, axis=0), axis=-1) * fps
    height_m = heights_m(soles_m, speed, fps)
    is_low = height_m < LOW_M
    still, slow = is_low & (speed < STILL), is_low & (speed < SLOW)
    shortest = max(1, round(SHORTEST_S * fps))
    standing = np.zeros(slow.shape, dtype=bool)
    for foot, point in np.ndindex(2, 2):
        row = slow[:, foot, point].copy()
        for start, stop in spans(is_low[:, foot, point] & ~row):
            is_inside = 0 < start and stop < len(row) and row[start - 1] and row[stop]
            row[start:stop] = is_inside and stop - start < shortest
        for start, stop in spans(row):
            is_long = stop - start >= shortest
            standing[start:stop, foot, point] = is_long and still[start:stop, foot, point].any()
    return standing


def heights_m(soles_m: np.ndarray, speed: np.ndarray, fps: float) -> np.ndarray:
    """(F, 2, 2) above where heels and toes rest on the studio's floor, robustly.

    speed: (F, 2, 2) m/s. Both feet's heels rest equally high, and both toes.
    """
    upwards_m = soles_m[..., 2]
    still = speed < STILL
    if not still.any():
        return upwards_m - upwards_m.min(axis=(0, 1))
    still &= upwards_m < upwards_m[still].min() + _REACH_M
    middle = soles_m[still][:, :2].mean(axis=0)
    is_toe = np.broadcast_to(np.arange(2), still.shape)
    A = np.stack(
        [*np.moveaxis(soles_m[..., :2] - middle, -1, 0), 1 - is_toe, is_toe], axis=-1
    ).astype(float)
    found, b = A[still], upwards_m[still]
    floor = np.array([0.0, 0.0, *[np.percentile(b, 10)] * 2])
    prior = np.diag([_SLOPE_STD**-2.0] * 2 + [_REST_STD_M**-2.0] * 2)
    share = min(1.0, 1.0 / (fps * _INDEPENDENT_S))
    for _ in range(_ROUNDS):
        centre = np.array([0.0, 0.0, *[floor[2:].mean()] * 2])
        off = (b - found @ floor) / _PLAY_M
        weight = share / (_PLAY_M**2 * (1.0 + off**2))
        normal = (found * weight[:, None]).T @ found + prior
        floor = np.linalg.solve(normal, found.T @ (weight * b) + prior @ centre)
    return upwards_m - A @ floor
