"""How likely heels and toes stand on the floor: a small convolutional network over a second.

It was trained on captured motions seen through two phones' noise: training/contacts.py. What it is
told of a foot does not depend on where the foot is or which way it points, and both feet are one to
it: each is judged by what it does and by what the other one does.
"""

from functools import lru_cache
from importlib import resources

import numpy as np

from mvmocap_core.geometry.shapes import check_shape

FPS = 30.0
"""The rate it looks at motions with; others are brought to it and back."""
DILATIONS = (1, 2, 4, 1)
"""Frames between the taps of each layer (Yu and Koltun 2016)."""
TAPS = (5, 5, 5, 1)
REACH = sum((taps // 2) * dilation for taps, dilation in zip(TAPS, DILATIONS, strict=True))
"""Frames that it looks ahead and back."""
_HEIGHT_UNIT_M, _SPEED_UNIT = 0.05, 0.3
_HIGHEST = 6.0


def contact_probability(feet_m: np.ndarray, fps: float) -> np.ndarray:
    """(F, 2 feet, 2 heel/toe) probability that the point stands on the floor.

    feet_m: (F, 2, 3, 3) left/right foot; heel, toe and ankle; metres, Z up, heights above where
    such a point stands.
    """
    check_shape("feet_m", feet_m, (None, 2, 3, 3))
    times_s = np.arange(len(feet_m)) / fps
    model_s = np.arange(0.0, times_s[-1] + 1.0 / FPS, 1.0 / FPS)
    features = foot_features(_resampled(feet_m, times_s, model_s))
    logits = _network(with_ends(features))
    return _resampled(1.0 / (1.0 + np.exp(-logits)), model_s, times_s)


def foot_features(feet_m: np.ndarray) -> np.ndarray:
    """(F, 2, C) what is told of each foot at `FPS`: of itself, then of the other one.

    feet_m: as in `contact_probability`.
    """
    velocity = np.gradient(feet_m, axis=0) * FPS if len(feet_m) > 1 else np.zeros_like(feet_m)
    height = feet_m[..., 2]
    lowest = np.broadcast_to(
        height[:, :, :2].min(axis=(1, 2))[:, None, None], height[..., :1].shape
    )
    heights = np.concatenate([height, lowest], axis=2) / _HEIGHT_UNIT_M
    across = np.linalg.norm(velocity[..., :2], axis=-1) / _SPEED_UNIT
    upwards = velocity[..., 2] / _SPEED_UNIT
    own = np.concatenate([_squeezed(heights), _squeezed(across), _squeezed(upwards)], axis=2)
    return np.concatenate([own, own[:, ::-1]], axis=2)


def with_ends(features: np.ndarray) -> np.ndarray:
    """(F, 2, C) -> (F + 2 REACH, 2, C): the first and the last frame repeated."""
    return np.pad(features, ((REACH, REACH), (0, 0), (0, 0)), mode="edge")


def _squeezed(values: np.ndarray) -> np.ndarray:
    """Nearly linear about 0, logarithmic far off: a leap is not a hundred steps."""
    return np.clip(np.sign(values) * np.log1p(np.abs(values)), -_HIGHEST, _HIGHEST)


def _network(inputs: np.ndarray) -> np.ndarray:
    """(F + 2 REACH, 2, C) features -> (F, 2, 2) logits."""
    values = inputs
    layers = _layers()
    for number, ((weight, bias), dilation) in enumerate(zip(layers, DILATIONS, strict=True)):
        n_frames = len(values) - (len(weight) - 1) * dilation
        values = bias + sum(
            values[tap * dilation : tap * dilation + n_frames] @ weight[tap]
            for tap in range(len(weight))
        )
        if number < len(layers) - 1:
            values = np.maximum(values, 0.0)
    return values


@lru_cache(maxsize=1)
def _layers() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Of each layer: weights (taps, channels in, channels out), bias (channels out,)."""
    with (
        resources.files("mvmocap_core.motion").joinpath("contacts.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as data,
    ):
        return tuple(
            (data[f"weight_{i}"].astype(float), data[f"bias_{i}"].astype(float))
            for i in range(len(TAPS))
        )


def _resampled(values: np.ndarray, times_s: np.ndarray, query_s: np.ndarray) -> np.ndarray:
    """Linear between frames; the ends are held."""
    at = np.clip(np.searchsorted(times_s, query_s, side="right") - 1, 0, max(len(times_s) - 2, 0))
    if len(times_s) < 2:
        return np.repeat(values, len(query_s), axis=0)
    share = np.clip((query_s - times_s[at]) / (times_s[at + 1] - times_s[at]), 0.0, 1.0)
    share = share.reshape(-1, *([1] * (values.ndim - 1)))
    return (1.0 - share) * values[at] + share * values[at + 1]
