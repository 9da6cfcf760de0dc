import numpy as np
import pytest

from mvmocap_core.body.kinematics import Pose, forward, landmark_positions
from mvmocap_core.body.skeleton import JOINT, LANDMARK, N_JOINTS, average_body
from mvmocap_core.body.start import starting_pose, without_leaps
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.geometry.rotations import rotvec_to_rotmat

N_FRAMES = 5
BOTH = np.ones((2, N_FRAMES, len(LANDMARK_NAMES)))
"""Weights of two views that see everything."""


def standing(hip_deg, knee_deg):
    """Landmarks (F, 33, 3) of somebody whose left leg alone is turned."""
    local = np.broadcast_to(np.eye(3), (N_FRAMES, N_JOINTS, 3, 3)).copy()
    local[:, JOINT["left_hip"]] = rotvec_to_rotmat(np.radians(hip_deg))
    local[:, JOINT["left_knee"]] = rotvec_to_rotmat(np.radians([knee_deg, 0.0, 0.0]))
    body = average_body(1.75)
    pose = Pose(np.tile([0.0, 0.0, 1.0], (N_FRAMES, 1)), local)
    return landmark_positions(*forward(pose, body), body)


def left_of_thigh(points):
    """(F, 3) the left thigh's own left, in the pelvis's axes."""
    return starting_pose(points).local[:, JOINT["left_hip"], :, 0]


def test_a_knee_that_a_landmark_bends_backwards_does_not_turn_the_leg_about():
    points = standing([-10.0, 0.0, 0.0], knee_deg=2.0)
    points[2, LANDMARK["left_knee"], 1] += 0.15  # its back is +Y
    assert (left_of_thigh(points)[:, 0] > 0.9).all()


@pytest.mark.parametrize("outwards_deg", [-40.0, 0.0, 40.0, 70.0])
def test_a_bent_knee_tells_which_way_the_leg_is_turned(outwards_deg):
    points = standing([0.0, 0.0, outwards_deg], knee_deg=60.0)
    turn = np.radians(outwards_deg)
    expected = np.array([np.cos(turn), np.sin(turn), 0.0])
    # What the leg would do by default counts a little too.
    assert (left_of_thigh(points) @ expected > 0.97).all()


def test_a_hip_that_leaps_for_a_frame_does_not_turn_the_pose_around():
    points = standing([0.0, 0.0, 0.0], knee_deg=2.0)
    points[3, LANDMARK["left_hip"], 0] -= 0.4  # the left hip lies at +X
    turned = starting_pose(points).local[:, 0, 0, 0]
    assert turned[3] < 0.0
    right = starting_pose(without_leaps(points, BOTH, 30.0)).local[:, 0, 0, 0]
    assert (right > 0.95).all()


def test_who_runs_and_kicks_does_not_leap():
    points = standing([0.0, 0.0, 0.0], knee_deg=2.0)
    points[..., 0] += 0.3 * np.arange(N_FRAMES)[:, None]  # 9 m/s
    points[:, LANDMARK["left_ankle"], 2] += [0.0, 0.2, 0.4, 0.3, 0.0]
    assert np.array_equal(without_leaps(points, BOTH, 30.0), points)


def test_a_landmark_that_is_nowhere_for_long_is_kept():
    points = standing([0.0, 0.0, 0.0], knee_deg=2.0)
    points[:, LANDMARK["left_hip"], 1] += 10.0 * np.resize([-1.0, 1.0], N_FRAMES)
    kept = without_leaps(points, BOTH, 1.0)
    assert np.isfinite(kept[:, LANDMARK["left_hip"]]).all(axis=1).any()


def test_a_single_views_guess_is_kept_whole_wherever_it_is():
    points, weight = standing([0.0, 0.0, 0.0], knee_deg=2.0), BOTH.copy()
    points[2] += [0.0, 1.0, 0.0]
    weight[1, 2] = 0.0
    assert np.array_equal(without_leaps(points, weight, 30.0), points)
    assert np.isnan(without_leaps(points, BOTH, 30.0)[2]).any()
