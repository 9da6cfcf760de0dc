"""Guesses put right by the frames that two views see: less wrong, and honest about it."""

import numpy as np
import pytest

from mvmocap_core.lifting.correction import MIN_KNOWN, correct, offsets_of, remember
from mvmocap_core.lifting.lifted import Lifted
from tests.core.performance import perform

WRIST, KNEE = 15, 25


@pytest.fixture(scope="module")
def truth():
    return perform(duration_s=4.0, fps=(30.0, 30.0), offset_s=0.0)


@pytest.fixture(scope="module")
def times_s(truth) -> np.ndarray:
    return truth.tracks[0].times_s


@pytest.fixture(scope="module")
def offsets(truth) -> np.ndarray:
    return offsets_of(truth.landmarks_m)


def guess(offsets: np.ndarray, bias: np.ndarray) -> tuple[Lifted, np.ndarray]:
    """One view that looks along the world's axes and is wrong by `bias` (L, 3)."""
    n_frames, n_landmarks = offsets.shape[:2]
    lifted = Lifted(
        (offsets + bias)[None],
        np.full((1, n_frames, n_landmarks, 2), 0.05),
        np.broadcast_to(np.eye(3), (1, n_frames, 3, 3)),
        "detector",
    )
    return lifted, np.eye(4)[None]


def test_a_lasting_error_is_taken_off_where_two_views_are_blind(offsets, times_s):
    bias = np.random.default_rng(0).normal(0.0, 0.04, size=offsets.shape[1:])
    lifted, poses = guess(offsets, bias)
    seen = offsets.copy()
    seen[40:70] = np.nan
    told = correct(lifted, seen, poses, times_s)
    left = np.linalg.norm(told.points[0, 40:70] - offsets[40:70], axis=-1)
    assert left.mean() < 0.25 * np.linalg.norm(bias, axis=-1).mean()
    assert np.array_equal(told.points[0, :40], lifted.points[0, :40])
    assert np.array_equal(told.error[0, 70:], lifted.error[0, 70:])


def test_the_expected_error_grows_away_from_the_frames_that_see(offsets, times_s):
    lifted, poses = guess(offsets, np.zeros(offsets.shape[1:]))
    seen = offsets.copy()
    seen[40:] = np.nan
    error = correct(lifted, seen, poses, times_s).error[0, 40:, WRIST, 0]
    assert error[0] < 0.03
    assert error[0] < 0.8 * error[10]
    assert error.max() < 0.08


def test_a_landmark_that_two_views_hardly_see_keeps_its_guess(offsets, times_s):
    lifted, poses = guess(offsets, np.full(offsets.shape[1:], 0.03))
    seen = offsets.copy()
    seen[MIN_KNOWN - 1 :, WRIST] = np.nan
    told = correct(lifted, seen, poses, times_s)
    assert np.array_equal(told.points, lifted.points)
    assert np.array_equal(told.error, lifted.error)


def test_turned_axes_give_the_same_answer(offsets, times_s):
    rng = np.random.default_rng(1)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    lifted, poses = guess(offsets, np.full(offsets.shape[1:], 0.03))
    seen = offsets.copy()
    seen[40:70, KNEE] = np.nan
    straight = correct(lifted, seen, poses, times_s).points
    poses[0, :3, :3] = turn.T
    turned = correct(lifted, seen @ turn.T, poses, times_s).points
    assert np.allclose(turned, straight, atol=1e-9)


def test_what_no_view_shows_is_remembered_from_alike_poses(offsets, times_s):
    seen = offsets.copy()
    seen[50:65, WRIST] = np.nan
    told, error = remember(seen, times_s)
    gap = np.arange(50, 65)
    known = np.delete(np.arange(len(offsets)), gap)
    between = np.stack(
        [np.interp(gap, known, offsets[known, WRIST, axis]) for axis in range(3)], axis=-1
    )
    off = np.linalg.norm(told[gap, WRIST] - offsets[gap, WRIST], axis=-1).mean()
    assert off < 0.5 * np.linalg.norm(between - offsets[gap, WRIST], axis=-1).mean()
    assert np.isnan(told[:, KNEE]).all()
    assert np.isinf(error[:50]).all()


def test_without_a_trunk_nothing_is_remembered(offsets, times_s):
    seen = offsets.copy()
    seen[:, 23] = np.nan
    told, error = remember(seen, times_s)
    assert np.isnan(told).all()
    assert np.isinf(error).all()


def test_frames_that_nobody_saw_do_not_hide_what_is_alike(offsets, times_s):
    seen = offsets.copy()
    seen[50:65, WRIST] = np.nan
    told, _ = remember(seen, times_s)
    seen[:40] = np.nan  # before the second phone started
    late, error = remember(seen, times_s)
    gap = slice(50, 65)
    early_off, late_off = (
        np.linalg.norm(t[gap, WRIST] - offsets[gap, WRIST], axis=-1).mean() for t in (told, late)
    )
    assert late_off < 0.1 + early_off
    assert error[gap, WRIST].max() < 0.1


def test_long_before_anything_was_seen_it_is_known_that_nothing_is_known(offsets, times_s):
    seen = offsets.copy()
    seen[:60] = np.nan
    _, error = remember(seen, times_s)
    assert error[0, WRIST] > 0.1
    assert error[0, WRIST] > 1.5 * error[59, WRIST]
