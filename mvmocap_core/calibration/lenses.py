"""What is likely of lenses before the performer is looked at."""

from collections.abc import Sequence

import numpy as np

from mvmocap_core.calibration.given import GivenFacts
from mvmocap_core.geometry.phones import likely_focal_px

PHONE_FOCAL_LOG_STD = 0.25
METADATA_FOCAL_LOG_STD = 0.06
FOCAL_LOG_STD = 0.02
"""Of a focal length that the user gives alone: a data sheet, or another take of the phone."""
LENS_LOG_STD = 0.001
"""Of a calibrated lens. It moves no more."""


def likely_focals(
    image_size: np.ndarray,
    focal_35mm: Sequence[float | None],
    given: GivenFacts,
    *,
    trust: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Log focal lengths (V,) of pixels, and one standard deviation (V,) of each.

    By what the user gives, else by the file's metadata, else as phones are; joined with what the
    room tells, as if it were `trust` times surer than it is.
    image_size: (V, 2) width, height in pixels. focal_35mm: (V,), None where a file tells nothing.
    """
    known = np.array([focal is not None for focal in focal_35mm])
    focal_px = np.array(
        [likely_focal_px(*pair) for pair in zip(image_size, focal_35mm, strict=True)]
    )
    std = np.where(known, METADATA_FOCAL_LOG_STD, PHONE_FOCAL_LOG_STD)
    for facts, fact_std in ((given.focal_px, FOCAL_LOG_STD), (given.lens_focal_px, LENS_LOG_STD)):
        focal_px = np.where(np.isfinite(facts), facts, focal_px)
        std = np.where(np.isfinite(facts), fact_std, std)
    log_focal = np.log(focal_px)
    seen = np.log([room.focal_px for room in given.rooms])
    weight = np.nan_to_num((np.array([room.focal_log_std for room in given.rooms]) / trust) ** -2.0)
    precision = std**-2.0 + weight
    return log_focal + weight * np.nan_to_num(seen - log_focal) / precision, precision**-0.5
