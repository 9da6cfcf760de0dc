from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.calibration.calibrate import calibrate
from mvmocap_core.calibration.clocks import lowest_point
from tests.core.performance import perform


def test_the_lowest_point_is_the_vertex_and_its_doubt_follows_the_scatter():
    rng = np.random.default_rng(3)
    x = np.arange(-3.0, 4.0)
    bowl = 0.02 * (x - 0.7) ** 2 + 1.0
    bottom, std = lowest_point(x, bowl)
    assert bottom == pytest.approx(0.7)
    assert std == pytest.approx(0.0, abs=1e-6)
    off = [lowest_point(x, bowl + rng.normal(0.0, 0.01, len(x))) for _ in range(300)]
    errors, stds = np.array(off).T
    assert np.mean(np.abs(errors - 0.7) < stds) == pytest.approx(0.68, abs=0.12)


def test_costs_without_a_bottom_tell_nothing_more_than_the_least_of_them():
    x = np.arange(-3.0, 4.0)
    assert lowest_point(x, -x) == (3.0, 3.0)
    assert lowest_point(x, -(x**2)) == (-3.0, 3.0)


def test_clocks_of_a_slow_performance_that_are_three_frames_off_are_mended():
    truth = perform(noise_px=2.0)
    slow = [replace(track, times_s=2.0 * track.times_s) for track in truth.tracks]
    timeline = replace(
        truth.timeline(std_s=0.025),
        offset_s=np.array([0.0, 2.0 * truth.offset_s + 0.1]),
        method=np.array(["reference", "motion"]),
    )
    calibration = calibrate(slow, timeline, focal_35mm=(None, None))
    assert calibration.offset_s[1] == pytest.approx(2.0 * truth.offset_s, abs=0.012)
    assert 0.0 < calibration.offset_std_s[1] < 0.012
