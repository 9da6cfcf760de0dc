"""How far a limb bends, and about what axis."""

import numpy as np
import pytest

from mvmocap_core.geometry.two_bones import bend_rad, knee_axis


def test_bend_puts_the_ends_as_far_apart_as_asked():
    distance_m = np.array([0.2, 0.4, 0.55])
    bend = bend_rad(distance_m, 0.3, 0.26)
    # the second bone turned by the bend from the first one's direction
    apart = np.hypot(0.3 + 0.26 * np.cos(bend), 0.26 * np.sin(bend))
    np.testing.assert_allclose(apart, distance_m, atol=1e-12)


def test_a_limb_out_of_reach_is_straight():
    assert bend_rad(np.array([0.9]), 0.3, 0.26)[0] == pytest.approx(0.0)


def test_a_knee_that_seems_bent_backwards_does_not_turn_the_leg_about():
    down, usual = np.array([[0.0, 0.0, -1.0]]), np.array([[1.0, 0.0, 0.0]])
    for lean in (0.4, -0.4):  # the foot in front of the knee, or behind it
        shank = np.array([[0.0, np.sin(lean), -np.cos(lean)]])
        np.testing.assert_allclose(knee_axis(down, shank, usual, 0.1), usual, atol=1e-12)
