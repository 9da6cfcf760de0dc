"""Focal lengths of phones."""

import numpy as np

PHONE_FOCAL_35MM = 30.0
"""Main cameras of phones are 24-28 mm (35 mm equivalent); video stabilisation crops by a tenth."""
_DIAGONAL_35MM_MM = 43.267


def likely_focal_px(image_size: np.ndarray, focal_35mm: float | None) -> float:
    """Focal length in pixels of a phone that does not tell its own, or of one that does.

    image_size: (2,) width, height in pixels. focal_35mm: 35 mm equivalent, millimetres.
    """
    diagonal_px = np.hypot(image_size[0], image_size[1])
    return float((focal_35mm or PHONE_FOCAL_35MM) / _DIAGONAL_35MM_MM * diagonal_px)
