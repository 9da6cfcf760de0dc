"""Offsets between the views' clocks, as the cameras and the performer's bones tell them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.calibration.bundle import Adjustment, adjust
from mvmocap_core.calibration.observations import observe
from mvmocap_core.calibration.scene import Priors, Scene
from mvmocap_core.detection.detections import Track
from mvmocap_core.sync.timeline import Timeline

UNSURE_S = 0.012
"""An offset known no better is looked for in steps. Of virtual takes of slow motion, offsets from
movement that claimed 17 to 25 ms were 35 to 97 ms off, and a step of the adjustment, which
goes by velocities, moves such clocks by a few."""
_STEP_S = 0.03
_REACH = 3
_MAX_MOVES = 4
CLOCK_SETTLED_S = 0.001
CLOCK_ROUNDS = 4


def adjust_clocks(
    tracks: Sequence[Track],
    timeline: Timeline,
    times_s: np.ndarray,
    priors: Priors,
    scene: Scene,
    free: tuple[str, ...],
) -> tuple[Adjustment, np.ndarray]:
    """Adjust with the clocks free; look again at the moments that the better clocks name.

    Returns the adjustment and what was added to the time line's offsets, (V,) seconds.
    """
    shift_s = np.zeros(len(tracks))
    best = Adjustment(scene, np.inf, np.zeros((0, 0)))
    for _ in range(CLOCK_ROUNDS):
        shifted = replace(timeline, offset_s=timeline.offset_s + shift_s)
        observed = observe(tracks, shifted, times_s)
        prior = replace(priors, clock_s=-shift_s)
        best = adjust(scene, observed, prior, free=(*free, "clock"), n_steps=15)
        moved_s = best.scene.clock_s
        shift_s = shift_s + moved_s
        scene = replace(best.scene, clock_s=np.zeros_like(moved_s))
        if np.abs(moved_s).max() < CLOCK_SETTLED_S:
            break
    return replace(best, scene=scene), shift_s


def search_clocks(
    tracks: Sequence[Track],
    timeline: Timeline,
    times_s: np.ndarray,
    priors: Priors,
    scene: Scene,
    free: tuple[str, ...],
) -> tuple[Timeline, np.ndarray]:
    """Put offsets that are unsure where the adjustment costs least.

    times_s: (F,) moments on the first clock. scene: adjusted to the time line as it is.

    Returns the new time line, and the doubt (V,) seconds that the search left; 0 without one.
    """
    unsure = (timeline.method == "motion") & (timeline.offset_std_s > UNSURE_S)
    for view in np.flatnonzero(unsure):
        found_s, std_s = _search_clock(tracks, timeline, view, times_s, priors, scene, free)
        offset_s, offset_std_s = timeline.offset_s.copy(), timeline.offset_std_s.copy()
        offset_s[view], offset_std_s[view] = found_s, std_s
        timeline = replace(timeline, offset_s=offset_s, offset_std_s=offset_std_s)
    return timeline, np.where(unsure, timeline.offset_std_s, 0.0)


def _search_clock(
    tracks: Sequence[Track],
    timeline: Timeline,
    view: int,
    times_s: np.ndarray,
    priors: Priors,
    scene: Scene,
    free: tuple[str, ...],
) -> tuple[float, float]:
    """The offset of a view at the bottom of a parabola through costs around it, and its doubt."""
    costs: dict[int, float] = {}
    scenes = {0: scene}

    def try_step(step: int) -> None:
        nearest = min(scenes, key=lambda known: abs(known - step))
        offset_s = timeline.offset_s.copy()
        offset_s[view] += _STEP_S * step
        observed = observe(tracks, replace(timeline, offset_s=offset_s), times_s)
        found = adjust(scenes[nearest], observed, priors, free=free, n_steps=10)
        scenes[step] = found.scene
        costs[step] = found.cost / (observed.independent * float(observed.weight.sum()))

    best = 0
    for _ in range(_MAX_MOVES):
        around = range(best - _REACH, best + _REACH + 1)
        for step in sorted(set(around) - set(costs), key=lambda step: abs(step - best)):
            try_step(step)
        lowest = min(costs, key=lambda step: costs[step])
        if lowest == best:
            break
        best = lowest
    steps = np.arange(best - _REACH, best + _REACH + 1)
    steps = steps[np.isin(steps, list(costs))]
    bottom, std = lowest_point(steps.astype(float), np.array([costs[step] for step in steps]))
    return float(timeline.offset_s[view] + _STEP_S * bottom), _STEP_S * std


def lowest_point(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Where a parabola through points (N,) is lowest, and one standard deviation of that.

    The scatter of the points about it tells the noise. Without a bottom inside the points it is the
    lowest of them, as unsure as they reach.
    """
    coefficients, covariance = np.polyfit(x, y, 2, cov=True)
    bend, slope, _ = coefficients
    bottom = -slope / (2.0 * bend) if bend > 0.0 else np.inf
    if not x.min() <= bottom <= x.max():
        return float(x[np.argmin(y)]), 0.5 * float(np.ptp(x))
    by = np.array([slope / (2.0 * bend**2), -1.0 / (2.0 * bend), 0.0])
    std = float(np.sqrt(by @ covariance @ by))
    return float(bottom), min(std, 0.5 * float(np.ptp(x)))
