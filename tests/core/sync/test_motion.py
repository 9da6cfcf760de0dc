"""Offsets from movement and geometry."""

from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.detection.detections import Track
from mvmocap_core.people.tracks import without_frames
from mvmocap_core.sync.epipolar import EpipolarScore
from mvmocap_core.sync.match import match_motion, overlap_s
from mvmocap_core.sync.motion import motion_candidates
from tests.core.sync.walkers import Performer, even_times, film


@pytest.fixture(scope="module")
def performer() -> Performer:
    return Performer(seed=1)


@pytest.mark.parametrize("offset_s", [-2.37, -0.4, 0.0, 0.613, 2.9])
@pytest.mark.parametrize("azimuth_deg", [60.0, 110.0])
def test_offset_is_found_across_rates_and_views(
    performer: Performer, offset_s: float, azimuth_deg: float
):
    first = film(performer, even_times(30.0, 6.0), start_s=3.0)
    second = film(performer, even_times(50.0, 6.0), start_s=3.0 + offset_s, azimuth_deg=azimuth_deg)
    found = match_motion(first, second)
    assert found is not None
    assert found.offset_s == pytest.approx(offset_s, abs=0.003)
    assert found.agreement > 0.9


def test_swapping_the_videos_negates_the_offset(performer: Performer):
    first = film(performer, even_times(30.0, 5.0), start_s=1.0, noise_px=2.0)
    second = film(performer, even_times(24.0, 5.0), start_s=1.7, azimuth_deg=80.0, noise_px=2.0)
    there, back = match_motion(first, second), match_motion(second, first)
    assert there is not None
    assert back is not None
    assert there.offset_s == pytest.approx(-back.offset_s, abs=0.01)
    assert abs(there.offset_s - 0.7) < 4.0 * there.std_s


def test_uneven_frames_and_gaps_do_no_harm(performer: Performer):
    rng = np.random.default_rng(3)
    uneven_s = np.cumsum(rng.uniform(0.02, 0.06, size=150)) - 0.02
    second = film(performer, uneven_s - uneven_s[0], start_s=0.8, azimuth_deg=75.0, noise_px=1.0)
    lost = np.zeros(150, dtype=bool)
    lost[40:60] = True
    first, second = film(performer, even_times(30.0, 6.0)), without_frames(second, lost)
    found = match_motion(first, second)
    assert found is not None
    assert found.offset_s == pytest.approx(0.8, abs=0.012)


def test_true_offset_leads_the_candidates_of_movement_alone(performer: Performer):
    first = film(performer, even_times(30.0, 8.0))
    second = film(performer, even_times(30.0, 8.0), start_s=1.234, azimuth_deg=90.0)
    best = motion_candidates(first, second)[0]
    assert best.offset_s == pytest.approx(1.234, abs=0.01)
    assert best.overlap_s == pytest.approx(8.0 - 1.234, abs=0.05)


def test_time_shift_raises_the_epipolar_cost(performer: Performer):
    first = film(performer, even_times(30.0, 4.0))
    second = film(performer, even_times(30.0, 4.0), azimuth_deg=70.0)
    score = EpipolarScore(first, second)
    costs = [score.cost(offset) for offset in (0.0, 0.05, 0.2, 0.6)]
    assert costs == sorted(costs)
    assert costs[0] < 0.1
    assert np.isnan(score.cost(50.0))


def test_reported_deviation_covers_the_errors_of_noise(performer: Performer):
    first = film(performer, even_times(30.0, 4.0), noise_px=4.0, seed=1)
    z = []
    for seed in range(12):
        second = film(
            performer, even_times(25.0, 4.0), start_s=0.31, azimuth_deg=80.0, noise_px=4.0,
            seed=seed + 2,
        )  # fmt: skip
        found = match_motion(first, second)
        assert found is not None
        z.append((found.offset_s - 0.31) / found.std_s)
    assert np.sqrt(np.mean(np.square(z))) < 1.5


def test_a_still_person_gives_no_certainty():
    still = Performer(seed=2, amplitude=0.0)
    first = film(still, even_times(30.0, 4.0), noise_px=1.0, seed=1)
    second = film(still, even_times(30.0, 4.0), azimuth_deg=80.0, noise_px=1.0, seed=2)
    found = match_motion(first, second)
    assert found is None or found.agreement < 0.5


def test_a_movement_that_repeats_gives_no_certainty():
    times = even_times(30.0, 6.0)
    again = film(Performer(seed=3), times % 1.5)
    first = replace(again, times_s=times)
    second = replace(film(Performer(seed=3), (times + 0.3) % 1.5, azimuth_deg=80.0), times_s=times)
    found = match_motion(first, second)
    assert found is not None
    periods = (found.offset_s - 0.3) / 1.5
    assert periods == pytest.approx(round(periods), abs=0.02)
    assert found.agreement < 0.5


@pytest.mark.parametrize("n_frames", [1, 3, 20])
def test_videos_too_short_to_compare_have_no_offset(performer: Performer, n_frames: int):
    short = film(performer, np.arange(n_frames) / 30.0)
    assert match_motion(short, film(performer, even_times(30.0, 5.0))) is None


def test_nobody_seen_has_no_offset(performer: Performer):
    seen = film(performer, even_times(30.0, 5.0))
    nobody = Track(
        times_s=seen.times_s,
        keypoints_2d_px=np.full_like(seen.keypoints_2d_px, np.nan),
        confidence=np.zeros_like(seen.confidence),
        world_landmarks_m=np.full_like(seen.world_landmarks_m, np.nan),
        image_size=seen.image_size,
    )
    found = match_motion(seen, nobody)
    assert found is None or found.agreement == 0.0


def test_overlap_counts_what_both_filmed(performer: Performer):
    first = film(performer, even_times(30.0, 4.0))
    second = film(performer, even_times(25.0, 2.0))
    assert overlap_s(first, second, 3.0) == pytest.approx(1.0)
    assert overlap_s(first, second, -5.0) == 0.0
