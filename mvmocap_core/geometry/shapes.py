"""Shape checks at public boundaries."""

from types import EllipsisType

import numpy as np


def check_shape(name: str, array: np.ndarray, shape: tuple[int | None | EllipsisType, ...]) -> None:
    """Raise ValueError unless `array` has `shape`; None is any size, a leading ... any axes."""
    expected = shape[1:] if shape and shape[0] is ... else shape
    actual = array.shape[-len(expected) :] if expected is not shape else array.shape
    fits = len(actual) == len(expected) and all(
        want is None or want == have for want, have in zip(expected, actual, strict=True)
    )
    if not fits:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
