"""Stretches of frames."""

from collections.abc import Iterator

import numpy as np


def spans(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """First frame and the frame after the last of every run of true in (F,) bool."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    yield from zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)
