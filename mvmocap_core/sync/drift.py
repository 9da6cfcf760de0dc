"""How far one video's clock runs from another's: a line through local offsets."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.detection.detections import Track
from mvmocap_core.sync.epipolar import EpipolarScore

_USUAL_DRIFT_PPM = 40.0
"""One standard deviation of what one phone's clock runs from another's."""
_MIN_SPAN_S = 90.0
"""Between the first and the last stretch of motion; drifts of phones stay under it by far."""
_STRETCH_S = 30.0
_MAX_STRETCHES = 12
_MIN_STRETCHES = 4
_REACH_S = 0.06
_MIN_STD_S = 0.002


def drift_line(clock_s: np.ndarray, offset_s: np.ndarray, std_s: np.ndarray) -> tuple[float, float]:
    """Drift in ppm and offset at the clock's zero, from offsets (N,) at times (N,) of that clock.

    std_s: (N,) of each; what scatters more is believed less. Where the line is uncertain, its
    drift is held towards 0, as those of phones are.
    """
    weight = std_s**-2
    prior = np.diag([(1e-6 * _USUAL_DRIFT_PPM) ** -2, 0.0])
    middle_s = float(clock_s.mean())
    design = np.stack([clock_s - middle_s, np.ones(len(clock_s))], axis=1)
    slope, level = 0.0, 0.0
    for _ in range(10):
        weighted = design * weight[:, None]
        slope, level = np.linalg.solve(weighted.T @ design + prior, weighted.T @ offset_s)
        off = (offset_s - slope * design[:, 0] - level) / std_s
        scale = max(1.4826 * float(np.median(np.abs(off))), 1.0)
        weight = (scale * std_s) ** -2 / (1.0 + np.square(off / (2.0 * scale)))
    return 1e6 * float(slope), float(level - slope * middle_s)


def motion_drift(first: Track, second: Track, offset_s: float) -> tuple[float, float] | None:
    """Drift in ppm and offset at the second clock's zero, by the motion in parts of a long take.

    offset_s: about right everywhere. None where the take is short or shows too little.
    """
    start_s = max(float(second.times_s[0]), float(first.times_s[0]) - offset_s)
    end_s = min(float(second.times_s[-1]), float(first.times_s[-1]) - offset_s)
    if end_s - start_s < _MIN_SPAN_S + _STRETCH_S:
        return None
    n = int(np.clip((end_s - start_s) / _STRETCH_S, _MIN_STRETCHES, _MAX_STRETCHES))
    rows = []
    for begin_s in np.linspace(start_s, end_s - _STRETCH_S, n):
        found_s, std_s = _local_offset(first, second, offset_s, float(begin_s))
        if std_s < _REACH_S:  # NaN is none
            rows.append((begin_s + 0.5 * _STRETCH_S, found_s, np.hypot(std_s, _MIN_STD_S)))
    return _line(rows)


def _line(rows: Sequence[tuple[float, float, float]]) -> tuple[float, float] | None:
    if len(rows) < _MIN_STRETCHES or rows[-1][0] - rows[0][0] < _MIN_SPAN_S:
        return None
    return drift_line(*np.array(rows).T)


def _local_offset(
    first: Track, second: Track, offset_s: float, begin_s: float
) -> tuple[float, float]:
    """Offset and standard deviation in a stretch that begins at a time of the second clock."""
    here = _part(second, begin_s, begin_s + _STRETCH_S)
    there = _part(first, begin_s + offset_s, begin_s + offset_s + _STRETCH_S)
    if min(len(here.times_s), len(there.times_s)) < 2:
        return offset_s, float("nan")
    return EpipolarScore(there, here).refine(offset_s, reach_s=_REACH_S)


def _part(track: Track, begin_s: float, end_s: float) -> Track:
    kept = (track.times_s >= begin_s) & (track.times_s < end_s)
    return replace(
        track,
        times_s=track.times_s[kept],
        keypoints_2d_px=track.keypoints_2d_px[kept],
        confidence=track.confidence[kept],
        world_landmarks_m=track.world_landmarks_m[kept],
    )
