"""Offsets between the views' clocks, as the cameras and the performer's bones tell them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.calibration.bundle import Adjustment, adjust, adjust_together
from mvmocap_core.calibration.observations import Observations
from mvmocap_core.calibration.scene import Priors, Scene
from mvmocap_core.sync.timeline import Timeline

UNSURE_S = 0.012
"""An offset known no better is looked for in steps. Of virtual takes of slow motion, offsets from
movement that claimed 17 to 25 ms were 35 to 97 ms off, and a step of the adjustment, which
goes by velocities, moves such clocks by a few."""
_STEP_S = 0.03
_REACH = 3
_MAX_MOVES = 4
_SETTLED_S = 0.001
_ROUNDS = 4

Look = Callable[[Timeline], Observations]
"""What the views see of a performer at chosen moments, by a time line."""


def adjust_clocks(
    looks: Sequence[Look],
    timeline: Timeline,
    priors: Priors,
    scenes: Sequence[Scene],
    free: tuple[str, ...],
    *,
    n_steps: int,
) -> tuple[Adjustment, np.ndarray]:
    """Adjust with the clocks free; look again at the moments that the better clocks name.

    looks, scenes: (P) of each performer.

    Returns the adjustment, with clocks at zero, and the better offsets (V,) seconds.
    """
    shift_s = np.zeros(len(timeline.offset_s))
    best = Adjustment(scenes, np.inf, np.zeros((0, 0)))
    for _ in range(_ROUNDS):
        dated = replace(timeline, offset_s=timeline.offset_s + shift_s)
        observed = [look(dated) for look in looks]
        prior = replace(priors, clock_s=priors.clock_s - shift_s)
        best = adjust_together(best.scenes, observed, prior, free=(*free, "clock"), n_steps=n_steps)
        moved_s = best.scene.clock_s
        shift_s = shift_s + moved_s
        still = np.zeros_like(moved_s)
        best = replace(best, scenes=[replace(scene, clock_s=still) for scene in best.scenes])
        if np.abs(moved_s).max() < _SETTLED_S:
            break
    return best, timeline.offset_s + shift_s


def search_clocks(
    look: Look, timeline: Timeline, priors: Priors, scene: Scene, free: tuple[str, ...]
) -> tuple[Timeline, np.ndarray]:
    """Put offsets that are unsure where the adjustment costs least.

    scene: adjusted to the time line as it is.

    Returns the new time line, and the doubt (V,) seconds that the search left; 0 without one.
    """

    def adjusted(start: Scene, offset_s: np.ndarray) -> tuple[Scene, float]:
        observed = look(replace(timeline, offset_s=offset_s))
        found = adjust(start, observed, priors, free=free, n_steps=10)
        return found.scene, found.cost / observed.n_samples

    unsure = (timeline.method == "motion") & (timeline.offset_std_s > UNSURE_S)
    offset_s, std_s = timeline.offset_s.copy(), timeline.offset_std_s.copy()
    for view in np.flatnonzero(unsure):
        offset_s[view], std_s[view] = _search_clock(adjusted, scene, offset_s, view)
    timeline = replace(timeline, offset_s=offset_s, offset_std_s=std_s)
    return timeline, np.where(unsure, std_s, 0.0)


def _search_clock(
    adjusted: Callable[[Scene, np.ndarray], tuple[Scene, float]],
    scene: Scene,
    offset_s: np.ndarray,
    view: int,
) -> tuple[float, float]:
    """The offset of a view at the bottom of a parabola through costs around it, and its doubt.

    adjusted: a scene after an adjustment with offsets (V,), and its cost for every sample.
    """
    costs: dict[int, float] = {}
    scenes = {0: scene}

    def try_step(step: int) -> None:
        nearest = min(scenes, key=lambda known: abs(known - step))
        moved_s = offset_s.copy()
        moved_s[view] += _STEP_S * step
        scenes[step], costs[step] = adjusted(scenes[nearest], moved_s)

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
    return float(offset_s[view] + _STEP_S * bottom), _STEP_S * std


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
