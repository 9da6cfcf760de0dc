"""How far a limb bends, and where it aims."""

import numpy as np
import pytest

from mvmocap_core.geometry.two_bones import aim_rotmat, bend_rad


def test_bend_puts_the_ends_as_far_apart_as_asked():
    distance_m = np.array([0.2, 0.4, 0.55])
    bend = bend_rad(distance_m, 0.3, 0.26)
    # the second bone turned by the bend from the first one's direction
    apart = np.hypot(0.3 + 0.26 * np.cos(bend), 0.26 * np.sin(bend))
    np.testing.assert_allclose(apart, distance_m, atol=1e-12)


def test_a_limb_out_of_reach_is_straight():
    assert bend_rad(np.array([0.9]), 0.3, 0.26)[0] == pytest.approx(0.0)


def test_aim_turns_directions_whatever_their_length():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(2, 50, 3))
    turned = np.einsum("fab,fb->fa", aim_rotmat(source, target), source)
    np.testing.assert_allclose(np.cross(turned, target), 0.0, atol=1e-12)
    assert ((turned * target).sum(axis=1) > 0.0).all()
    np.testing.assert_allclose(aim_rotmat(source, source), np.tile(np.eye(3), (50, 1, 1)))
