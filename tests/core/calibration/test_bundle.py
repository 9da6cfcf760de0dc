from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.calibration.bundle import adjust
from mvmocap_core.calibration.hypotheses import starting_scenes
from mvmocap_core.calibration.observations import MAX_FRAMES, choose_moments, observe
from mvmocap_core.calibration.scene import FOC, Priors
from mvmocap_core.calibration.terms import linearise
from tests.core.performance import perform


@pytest.fixture(scope="module")
def problem():
    truth = perform(noise_px=1.0, duration_s=1.0)
    timeline = truth.timeline()
    observed = observe(truth.tracks, timeline, choose_moments(truth.tracks, timeline))
    focal = np.log(truth.cameras.K[:, 0, 0])
    rooms = np.full((2, 3, 3), np.nan), np.full(2, np.nan)
    priors = Priors(
        focal, np.full(2, 0.25), np.full(2, 0.03), np.zeros(2), np.full(2, 0.01), *rooms
    )
    return observed, priors, starting_scenes(observed, priors)[0]


def test_gradient_is_the_derivative_of_the_cost(problem):
    observed, priors, scene = problem
    scene = replace(scene, k1=np.array([0.02, -0.01]), clock_s=np.array([0.0, 0.004]))
    rng = np.random.default_rng(0)
    shared = rng.normal(size=scene.n_shared)
    joints = 0.05 * rng.normal(size=scene.joints.shape)
    h = 1e-6
    costs = [linearise(scene.moved(s * shared, s * joints), observed, priors).cost for s in (-h, h)]
    expected = linearise(scene, observed, priors).slope(shared, joints)
    assert (costs[1] - costs[0]) / (2 * h) == pytest.approx(expected, rel=1e-4)


def test_cost_never_rises(problem):
    observed, priors, scene = problem
    costs = [
        adjust(scene, observed, priors, free=("pose", "focal"), n_steps=n).cost for n in (1, 3, 9)
    ]
    assert costs[0] >= costs[1] >= costs[2]


def test_frozen_unknowns_do_not_move(problem):
    observed, priors, scene = problem
    found = adjust(scene, observed, priors, free=("pose",), n_steps=4)
    np.testing.assert_array_equal(found.scene.log_focal, scene.log_focal)
    np.testing.assert_array_equal(found.scene.R[0], np.eye(3))
    assert found.covariance[FOC, FOC] == 0.0


def test_the_mirrored_world_costs_more(problem):
    observed, priors, _ = problem
    scenes = starting_scenes(observed, priors)
    upright = adjust(scenes[0], observed, priors, n_steps=15).cost
    mirrored = adjust(scenes[4], observed, priors, n_steps=15).cost
    assert mirrored > 1.5 * upright


def test_a_long_take_is_sampled():
    truth = perform(duration_s=20.0, fps=(30.0, 30.0))
    moments = choose_moments(truth.tracks, truth.timeline())
    assert len(moments) == MAX_FRAMES
    assert moments[0] < 1.5
    assert moments[-1] > 18.0


def test_turning_the_camera_away_is_no_way_out(problem):
    """Keypoints behind a camera pull nowhere; they must not be free all the same."""
    observed, priors, scene = problem
    away = replace(scene, t=scene.t - np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 20.0]]))
    right = adjust(scene, observed, priors, n_steps=5).cost
    assert linearise(away, observed, priors).cost > 3.0 * right
