"""Bend a limb of two bones so that its end reaches a place."""

import numpy as np

from . import quaternions as quat

_STRETCH = 0.9995
"""A limb is never quite straight, or the knee would jump as it comes off the end."""


def bend_limb(
    root_m: np.ndarray, middle_m: np.ndarray, end_m: np.ndarray,
    target_m: np.ndarray, hinge: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Turns (F, 4) of the upper and the lower bone, in the world, that bring the end to the target.

    The middle stays on the side on which it is, unless it is bent backwards. Where the target is
    out of reach, the limb points at it.

    root_m, middle_m, end_m: (F, 3) hip, knee, ankle, or shoulder, elbow, wrist.
    hinge: (F, 3) unit, axis about which the limb bends forwards.
    """
    upper, lower = middle_m - root_m, end_m - middle_m
    upper_m, lower_m = (np.linalg.norm(part, axis=-1, keepdims=True) for part in (upper, lower))
    normal = np.cross(upper, lower)
    backwards = np.minimum(np.sum(normal * hinge, axis=-1, keepdims=True), 0.0)
    normal = normal + (0.02 * upper_m * lower_m - 2.0 * backwards) * hinge
    whole = end_m - root_m
    wanted = target_m - root_m
    wanted_m = np.linalg.norm(wanted, axis=-1, keepdims=True)
    reach_m = np.clip(
        wanted_m, np.abs(upper_m - lower_m) / _STRETCH + 1e-9, _STRETCH * (upper_m + lower_m)
    )
    aim = _between(_unit(whole), _unit(wanted))
    new_normal = quat.rotate(aim, _unit(normal))
    along = _unit(wanted)
    new_normal = _unit(new_normal - np.sum(new_normal * along, -1, keepdims=True) * along)
    cosine = (upper_m**2 + reach_m**2 - lower_m**2) / (2.0 * upper_m * reach_m)
    sine = np.sqrt(np.clip(1.0 - cosine**2, 0.0, 1.0))
    new_upper = upper_m * (cosine * along + sine * np.cross(along, new_normal))
    new_lower = reach_m * along - new_upper
    return (
        _turn(upper, normal, new_upper, new_normal),
        _turn(lower, normal, new_lower, new_normal),
    )


def _turn(
    way: np.ndarray, normal: np.ndarray, new_way: np.ndarray, new_normal: np.ndarray
) -> np.ndarray:
    """(F, 4) from one way and hinge to others."""
    turn = _frame(new_way, new_normal) @ np.swapaxes(_frame(way, normal), -1, -2)
    return quat.from_rotmats(turn)


def _frame(way: np.ndarray, normal: np.ndarray) -> np.ndarray:
    x = _unit(way)
    z = _unit(normal - np.sum(normal * x, -1, keepdims=True) * x)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(F, 4) the smallest turn of directions a into b."""
    halves = np.concatenate([1.0 + np.sum(a * b, -1, keepdims=True), np.cross(a, b)], axis=-1)
    norm = np.linalg.norm(halves, axis=-1, keepdims=True)
    return np.where(norm > 1e-9, halves / np.maximum(norm, 1e-9), [1.0, 0.0, 0.0, 0.0])


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
