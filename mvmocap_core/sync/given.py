"""Clocks that the user knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mvmocap_core.sync.estimate import estimate_timeline
from mvmocap_core.sync.timeline import Timeline

if TYPE_CHECKING:
    from mvmocap_core.detection.detections import Track
    from mvmocap_core.video.audio import Sound

GIVEN_STD_S = 0.004
"""Of an offset that somebody read off the frames, or off a clap in the sound."""


def complete_timeline(
    tracks: Sequence[Track],
    sounds: Callable[[], Sequence[Sound | None]],
    offset_s: np.ndarray,
) -> Timeline:
    """The time line with the given offsets, and those that are NaN estimated.

    sounds:   gives one of each video; asked only where something is to be estimated.
    offset_s: (V,) seconds, 0 for the first video.

    Raises what `estimate_timeline` raises.
    """
    known = np.isfinite(offset_s)
    known[0] = False  # the reference, given or not
    if known[1:].all():
        return Timeline.known(np.where(known, offset_s, 0.0), GIVEN_STD_S)
    found = estimate_timeline(tracks, sounds())
    return Timeline(
        offset_s=np.where(known, offset_s, found.offset_s),
        drift_ppm=np.where(known, 0.0, found.drift_ppm),
        offset_std_s=np.where(known, GIVEN_STD_S, found.offset_std_s),
        method=np.where(known, "given", found.method),
        agreement=np.where(known, 1.0, found.agreement),
        rivals_s=np.where(known[:, None], np.nan, found.rivals_s),
        rivals_odds=np.where(known[:, None], np.nan, found.rivals_odds),
    )
