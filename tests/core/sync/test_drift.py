"""Clocks that drift apart."""

from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.detection.detections import Track
from mvmocap_core.sync.drift import drift_line, motion_drift
from mvmocap_core.sync.estimate import estimate_timeline
from tests.core.sync.walkers import Performer, even_times, film

LENGTH_S = 240.0
OFFSET_S = 1.3


def drifting_pair(ppm: float, length_s: float = LENGTH_S) -> tuple[Track, Track]:
    """Noisy views; t_first = (1 + 1e-6 ppm) t_second + OFFSET_S."""
    performer = Performer(3)
    own_s = even_times(12.0, length_s)
    rate = 1.0 + 1e-6 * ppm
    first = film(performer, even_times(15.0, length_s), noise_px=3.0, seed=1)
    second = film(performer, rate * own_s, start_s=OFFSET_S, azimuth_deg=80.0, noise_px=3.0, seed=2)
    return first, replace(second, times_s=own_s)


@pytest.mark.parametrize("ppm", [-60.0, 0.0, 45.0])
def test_motion_tells_the_drift_of_minutes(ppm: float):
    found = motion_drift(*drifting_pair(ppm), OFFSET_S + 0.5e-6 * LENGTH_S * ppm)
    assert found is not None
    assert found[0] == pytest.approx(ppm, abs=8.0)
    assert found[1] == pytest.approx(OFFSET_S, abs=0.001)


def test_both_ends_of_a_long_take_are_dated_without_sound():
    timeline = estimate_timeline(drifting_pair(-60.0), (None, None))
    ends_s = np.array([0.0, LENGTH_S - 3.0])
    true_s = ends_s * (1.0 - 60e-6) + OFFSET_S
    np.testing.assert_allclose(timeline.to_first(1, ends_s), true_s, atol=0.003)


def test_a_short_take_has_no_drift():
    assert motion_drift(*drifting_pair(80.0, 60.0), OFFSET_S) is None


def test_one_wild_offset_does_not_bend_the_line():
    clock_s = np.linspace(0.0, 300.0, 9)
    offset_s = 0.5 + 50e-6 * clock_s
    offset_s[4] += 0.05
    offset_s[8] -= 0.03
    drift_ppm, start_s = drift_line(clock_s, offset_s, np.full(9, 0.001))
    assert drift_ppm == pytest.approx(50.0, abs=2.0)
    assert start_s == pytest.approx(0.5, abs=3e-4)


def test_an_uncertain_drift_is_held_towards_none():
    clock_s = np.linspace(0.0, 120.0, 5)
    drift_ppm, _ = drift_line(clock_s, 0.5 + 60e-6 * clock_s, np.full(5, 0.02))
    assert 0.0 < drift_ppm < 10.0
