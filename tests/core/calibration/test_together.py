from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.calibration.together import calibrate_together
from mvmocap_core.geometry.rotations import rotation_angle_deg, rotvec_to_rotmat
from tests.core.body.test_solve import perfect_calibration
from tests.core.performance import perform


@pytest.fixture(scope="module")
def duet():
    """Two performances (P) in one picture."""
    people = []
    for k, x_m in enumerate((-0.6, 0.5)):
        place = np.eye(4)
        place[0, 3] = x_m
        people.append(
            perform(noise_px=1.0, duration_s=2.0, fps=(15.0, 15.0), place=place, later_s=3.0 * k)
        )
    return people


def turned(calibration, angle_deg):
    """The calibration with its second camera turned about the upright."""
    poses = calibration.cameras.T_cam_world.copy()
    turn = rotvec_to_rotmat(np.radians([0.0, angle_deg, 0.0]))
    poses[1, :3, :3] = poses[1, :3, :3] @ turn
    poses[1, :3, 3] += 2.0
    return replace(calibration, cameras=replace(calibration.cameras, T_cam_world=poses))


def relative(cameras):
    return cameras.T_cam_world[1, :3, :3] @ cameras.T_cam_world[0, :3, :3].T


@pytest.mark.parametrize("order", [1, -1])
def test_the_start_that_explains_everybody_best_is_taken(duet, order):
    right = perfect_calibration(duet[0])
    starts = [right, turned(right, 150.0)][::order]
    people = [truth.tracks for truth in duet]
    found = calibrate_together(people, duet[0].timeline(), starts, focal_35mm=[None, None])
    error_deg = rotation_angle_deg(relative(found.cameras) @ relative(duet[0].cameras).T)
    assert error_deg < 3.0
