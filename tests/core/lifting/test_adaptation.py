"""Guesses are put right by the take only where a held-out part of it agrees."""

import numpy as np
import pytest

from mvmocap_core.lifting.adaptation import adapt
from mvmocap_core.lifting.correction import offsets_of
from mvmocap_core.lifting.lifted import Lifted
from tests.core.performance import perform

HIDDEN = slice(130, 150)


@pytest.fixture(scope="module")
def truth():
    return perform(duration_s=6.0, fps=(30.0, 30.0), offset_s=0.0)


@pytest.fixture(scope="module")
def offsets(truth) -> np.ndarray:
    return offsets_of(truth.landmarks_m)


def two_views(offsets: np.ndarray, errors: np.ndarray) -> Lifted:
    """Two views that look along the world's axes and are wrong by errors (2, F, L, 3)."""
    return Lifted(
        offsets + errors,
        np.full((*errors.shape[:3], 2), 0.05),
        np.broadcast_to(np.eye(3), (2, len(offsets), 3, 3)),
        "network",
    )


def hidden(offsets: np.ndarray) -> np.ndarray:
    seen = offsets.copy()
    seen[HIDDEN] = np.nan
    return seen


def test_lasting_errors_are_put_right_and_exact_guesses_are_left_alone(truth, offsets):
    rng = np.random.default_rng(0)
    errors = np.zeros((2, *offsets.shape))
    errors[0] = rng.normal(0.0, 0.04, size=offsets.shape[1:])
    lifted = two_views(offsets, errors)
    poses = np.stack([np.eye(4)] * 2)
    adapted, told = adapt(lifted, hidden(offsets), poses, truth.tracks[0].times_s)
    assert told.is_used.tolist() == [True, False]
    assert told.after[0] < 0.5 * told.before[0]
    assert told.before[1] == pytest.approx(0.0, abs=1e-9)
    off = np.linalg.norm(adapted.points - offsets, axis=-1)
    assert off[0, HIDDEN].mean() < 0.5 * np.linalg.norm(errors[0], axis=-1).mean()
    assert np.array_equal(adapted.points[1], lifted.points[1])
    assert np.array_equal(adapted.error[1], lifted.error[1])


def test_a_take_that_two_views_never_see_tells_nothing(truth, offsets):
    lifted = two_views(offsets, np.full((2, *offsets.shape), 0.03))
    unseen = np.full_like(offsets, np.nan)
    adapted, told = adapt(lifted, unseen, np.stack([np.eye(4)] * 2), truth.tracks[0].times_s)
    assert not told.is_used.any()
    assert np.isnan(told.before).all()
    assert np.array_equal(adapted.points, lifted.points)


def test_a_short_take_holds_out_what_it_has(truth, offsets):
    errors = np.broadcast_to(
        np.random.default_rng(1).normal(0.0, 0.04, size=offsets.shape[1:]), (2, *offsets.shape)
    )
    few = slice(100, 145)  # most of it hidden
    lifted = two_views(offsets, errors)[few]
    poses = np.stack([np.eye(4)] * 2)
    _, told = adapt(lifted, hidden(offsets)[few], poses, truth.tracks[0].times_s[few])
    assert told.is_used.all()
