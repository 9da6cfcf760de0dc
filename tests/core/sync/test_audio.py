"""Offsets from sound."""

from pathlib import Path

import numpy as np
import pytest

from mvmocap_core.sync.audio import match_sound
from mvmocap_core.video.audio import Sound, read_sound

RATE_HZ = 16000


def _scene(seed: int, length_s: float) -> np.ndarray:
    """Bursts of noise at random times."""
    rng = np.random.default_rng(seed)
    n = int(length_s * RATE_HZ)
    level = np.zeros(n)
    for at in rng.integers(0, n, size=int(4 * length_s)):
        level[at : at + int(rng.uniform(0.02, 0.2) * RATE_HZ)] += rng.uniform(0.2, 1.0)
    return level * rng.normal(size=n)


def _sound(samples: np.ndarray, rate_hz: int = RATE_HZ, start_s: float = 0.0) -> Sound:
    return Sound(samples.astype(np.float32), float(rate_hz), start_s)


def _pair(offset_s: float, *, noise: float = 0.1, seed: int = 0) -> tuple[Sound, Sound]:
    rng = np.random.default_rng(seed + 100)
    scene = _scene(seed, 12.0)
    shift = int(2.0 * RATE_HZ)
    other = shift + round(offset_s * RATE_HZ)
    n = 7 * RATE_HZ
    first, second = scene[shift : shift + n], 0.05 * scene[other : other + n]
    return (
        _sound(first + noise * rng.normal(size=n)),
        _sound(second + 0.05 * noise * rng.normal(size=n)),
    )


@pytest.mark.parametrize("offset_s", [-1.7, -0.02, 0.0, 0.37, 1.9])
@pytest.mark.parametrize("noise", [0.02, 0.5])
def test_offset_is_found_to_a_fraction_of_a_millisecond(offset_s: float, noise: float):
    found = match_sound(*_pair(offset_s, noise=noise))
    assert found is not None
    assert found.offset_s == pytest.approx(offset_s, abs=2e-4)
    assert found.certainty > 0.5
    assert found.drift_ppm == 0.0


def test_half_a_second_heard_by_both_is_enough():
    rng = np.random.default_rng(3)
    scene = _scene(3, 6.0)
    n = 2 * RATE_HZ
    first = scene[:n] + 0.1 * rng.normal(size=n)
    second = scene[3 * n // 4 :][:n] + 0.1 * rng.normal(size=n)
    found = match_sound(_sound(first), _sound(second))
    assert found is not None
    assert found.offset_s == pytest.approx(1.5, abs=2e-4)
    assert found.certainty > 0.5


def test_echo_of_the_room_does_not_move_the_offset():
    first, second = _pair(0.6, noise=0.1)
    rng = np.random.default_rng(5)
    tail = rng.normal(size=3000) * np.exp(-np.arange(3000) / 800.0)
    tail *= 0.7 / np.linalg.norm(tail)
    tail[0] += 1.0
    echoing = _sound(np.convolve(second.samples, tail)[: len(second.samples)])
    found = match_sound(first, echoing)
    assert found is not None
    assert found.offset_s == pytest.approx(0.6, abs=1e-3)


def test_silence_at_the_beginning_does_no_harm():
    first, second = _pair(-0.8)
    samples = second.samples.copy()
    samples[:RATE_HZ] = 0.0
    found = match_sound(first, _sound(samples))
    assert found is not None
    assert found.offset_s == pytest.approx(-0.8, abs=2e-4)


def test_rate_and_start_of_the_sound_are_taken_into_account():
    first, second = _pair(0.25)
    half = _sound(second.samples[::2].copy(), RATE_HZ // 2, start_s=-0.04)
    late = _sound(first.samples, start_s=0.1)
    found = match_sound(late, half)
    assert found is not None
    assert found.offset_s == pytest.approx(0.25 + 0.1 + 0.04, abs=5e-4)


def test_two_different_scenes_are_not_certain():
    certain = 0
    for seed in range(8):
        first, _ = _pair(0.0, seed=seed)
        _, other = _pair(0.0, seed=seed + 50)
        found = match_sound(first, other)
        certain += found is not None and found.certainty >= 0.5
    assert certain == 0


def test_a_bar_that_repeats_is_not_certain_and_names_the_others():
    bar = _scene(3, 1.6)
    song = np.tile(bar, 8)
    first, second = song[: 7 * RATE_HZ], song[RATE_HZ // 2 : RATE_HZ // 2 + 7 * RATE_HZ]
    found = match_sound(_sound(first), _sound(second))
    assert found is not None
    assert found.certainty < 0.5
    periods = (np.array([found.offset_s, *found.others_s]) - 0.5) / 1.6
    assert np.allclose(periods, np.round(periods), atol=1e-3)
    assert np.isclose(np.array([found.offset_s, *found.others_s]), 0.5, atol=1e-3).any()


@pytest.mark.parametrize(("ppm", "length_s"), [(-60.0, 80.0), (45.0, 80.0), (-60.0, 180.0)])
def test_drift_of_a_long_take_is_measured_and_costs_no_certainty(ppm: float, length_s: float):
    scene = _scene(7, length_s + 20.0)
    own_s = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    at = (3.0 + own_s * (1.0 + 1e-6 * ppm)) * RATE_HZ
    second = np.interp(at, np.arange(len(scene)), scene)
    found = match_sound(_sound(scene), _sound(second))
    assert found is not None
    assert found.drift_ppm == pytest.approx(ppm, abs=0.5)
    assert found.offset_s == pytest.approx(3.0, abs=3e-4)
    assert found.certainty > 0.9


@pytest.mark.parametrize(
    "samples",
    [np.zeros(3 * RATE_HZ), np.ones(100), np.zeros(0), np.full(3 * RATE_HZ, np.nan)],
    ids=["silent", "short", "empty", "not a number"],
)
def test_nothing_to_hear_has_no_offset(samples: np.ndarray):
    first, _ = _pair(0.0)
    assert match_sound(first, _sound(samples)) is None
    assert match_sound(_sound(samples), first) is None


def test_phones_of_the_rendered_pair_are_dated_by_their_sound(shared_data: Path):
    folder = shared_data / "synth" / "charleston_phone"
    first, second = (read_sound(folder / f"charleston_{v}.mp4") for v in "ab")
    assert first is not None
    assert second is not None
    found = match_sound(first, second)
    assert found is not None
    assert found.offset_s == pytest.approx(0.37, abs=0.015)
    assert found.certainty > 0.9
