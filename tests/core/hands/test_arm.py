import numpy as np
import pytest

from mvmocap_core.geometry.rotations import rotation_angle_deg, rotvec_to_rotmat
from mvmocap_core.hands.arm import LEFT_ELBOW, reach

ELBOW, WRIST = np.array([0.3, 0.0, 0.0]), np.array([0.25, 0.0, 0.0])


@pytest.fixture
def arms():
    random = np.random.default_rng(0)
    upper = rotvec_to_rotmat(random.normal(0.0, 1.0, (50, 3)))
    bend = random.uniform(0.05, 2.2, (50, 1)) * LEFT_ELBOW
    return upper, upper @ rotvec_to_rotmat(bend)


def wrist_of(upper, lower):
    return upper @ ELBOW + lower @ WRIST


def test_the_wrist_comes_where_it_is_wanted_with_the_elbow_near_where_it_was(arms):
    wanted = wrist_of(*arms) + np.random.default_rng(1).normal(0.0, 0.015, (50, 3))
    upper, lower = reach(arms, wanted, ELBOW, WRIST, LEFT_ELBOW)
    far = np.linalg.norm(wanted, axis=1) < 0.54
    np.testing.assert_allclose(wrist_of(upper, lower)[far], wanted[far], atol=1e-6)
    assert np.linalg.norm((upper - arms[0]) @ ELBOW, axis=1).max() < 0.12


def test_an_arm_that_is_there_stays_as_it_is(arms):
    upper, lower = reach(arms, wrist_of(*arms), ELBOW, WRIST, LEFT_ELBOW)
    assert rotation_angle_deg(arms[0].swapaxes(1, 2) @ upper).max() < 1e-4
    assert rotation_angle_deg(arms[1].swapaxes(1, 2) @ lower).max() < 1e-4


def test_out_of_reach_the_arm_is_straight_towards_it(arms):
    wanted = 2.0 * wrist_of(*arms)
    wanted *= 1.0 / np.linalg.norm(wanted, axis=1, keepdims=True)
    upper, lower = reach(arms, wanted, ELBOW, WRIST, LEFT_ELBOW)
    np.testing.assert_allclose(wrist_of(upper, lower), 0.55 * wanted, atol=1e-3)
