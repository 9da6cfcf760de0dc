"""Left and right of a track exchanged, and put right."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES, Track

FIRST_OF_LOWER = LANDMARK_NAMES.index("left_hip")
"""Landmarks from this one on are the lower body."""


def exchange_all(tracks: Sequence[Track], swapped: Sequence[np.ndarray]) -> list[Track]:
    """Every track with its swapped frames put right, see `exchange_sides`."""
    return [exchange_sides(t, s) if s.any() else t for t, s in zip(tracks, swapped, strict=True)]


def exchange_sides(track: Track, swapped: np.ndarray) -> Track:
    """The track with left and right exchanged where `swapped` (F, 2) says so: upper, lower body."""
    order = np.array([LANDMARK_NAMES.index(_other_side(name)) for name in LANDMARK_NAMES])
    is_lower = (np.arange(len(LANDMARK_NAMES)) >= FIRST_OF_LOWER).astype(int)

    def exchanged(values: np.ndarray) -> np.ndarray:
        where = swapped[:, is_lower]
        where = where.reshape(*where.shape, *([1] * (values.ndim - 2)))
        return np.where(where, values[:, order], values)

    return replace(
        track,
        keypoints_2d_px=exchanged(track.keypoints_2d_px),
        confidence=exchanged(track.confidence),
        world_landmarks_m=exchanged(track.world_landmarks_m),
    )


def _other_side(name: str) -> str:
    if "left" in name:
        return name.replace("left", "right")
    return name.replace("right", "left")
