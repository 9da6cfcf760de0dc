import numpy as np
import pytest

from mvmocap_core.body.joint_centres import CENTRE_NAMES, landmarks_to_joint_centres
from mvmocap_core.body.kinematics import forward
from mvmocap_core.body.skeleton import JOINT, average_body
from mvmocap_core.body.world import WorldFrame, find_world, stature_m
from mvmocap_core.geometry.cameras import project_points
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.motion.contacts import detect_contacts
from tests.core.performance import perform


def test_an_average_body_has_its_own_stature():
    assert stature_m(average_body(1.64).rest_offsets_m) == pytest.approx(1.64)


def test_cameras_move_with_the_world():
    truth = perform(duration_s=0.5)
    world = WorldFrame(1.3, rotvec_to_rotmat(np.array([0.3, -0.2, 1.0])), np.array([1.0, 2, 3]))
    points = truth.landmarks_m
    moved = world.apply_cameras(truth.cameras.T_cam_world)
    for view in range(2):
        K, dist = truth.cameras.K[view], truth.cameras.dist[view]
        np.testing.assert_allclose(
            project_points(world.apply(points), K, dist, moved[view]),
            project_points(points, K, dist, truth.cameras.T_cam_world[view]),
            atol=1e-6,
        )


def test_joint_centres_are_the_skeletons_own():
    truth = perform(duration_s=1.0)
    centres = landmarks_to_joint_centres(truth.landmarks_m)
    expected = forward(truth.pose, truth.body)[0][:, [JOINT[name] for name in CENTRE_NAMES]]
    assert np.linalg.norm(centres - expected, axis=-1).max() < 0.02


def soles(height_m: np.ndarray, x_m: np.ndarray) -> np.ndarray:
    points = np.zeros((len(height_m), 2, 2, 3))
    points[..., 0] = x_m[:, None, None]
    points[..., 2] = height_m[:, None, None] + 0.025
    return points


def test_a_standing_foot_is_in_contact_and_a_sliding_one_is_not():
    still = soles(np.zeros(60), np.zeros(60))
    sliding = soles(np.zeros(60), np.linspace(0.0, 3.0, 60))
    assert detect_contacts(still, 30.0).all()
    assert not detect_contacts(sliding, 30.0).any()


def test_a_lifted_foot_loses_contact():
    height = np.concatenate([np.zeros(30), 0.3 * np.sin(np.linspace(0, np.pi, 20)), np.zeros(30)])
    contacts = detect_contacts(soles(height, np.zeros(80)), 30.0)[:, 0, 0]
    assert contacts[:28].all()
    assert not contacts[35:45].any()
    assert contacts[55:].all()


def test_a_room_tells_the_vertical_to_a_performer_who_leans():
    truth = perform(duration_s=1.0)
    lean = rotvec_to_rotmat(np.array([0.15, 0.1, 0.0]))
    leaning = truth.landmarks_m @ lean.T
    R = truth.cameras.T_cam_world[:, :3, :3]
    room_axes = R @ rotvec_to_rotmat(np.array([0.0, 0.0, 0.7]))
    told, alone = (
        find_world(
            truth.pose,
            truth.body,
            leaning,
            truth.cameras,
            fps=30.0,
            height_m=1.75,
            first_frame=0,
            room_axes=axes,
        )
        for axes in (room_axes, np.full((2, 3, 3), np.nan))
    )
    tilt_told, tilt_alone = (np.degrees(np.arccos(w.R[2, 2])) for w in (told, alone))
    assert tilt_told < 1.0
    assert tilt_alone > 2.0 * tilt_told


def test_a_rooms_direction_far_from_upright_is_not_the_vertical():
    truth = perform(duration_s=1.0)
    R = truth.cameras.T_cam_world[:, :3, :3]
    askew = R @ rotvec_to_rotmat(np.array([0.6, 0.0, 0.0]))
    worlds = [
        find_world(
            truth.pose,
            truth.body,
            truth.landmarks_m,
            truth.cameras,
            fps=30.0,
            height_m=1.75,
            first_frame=0,
            room_axes=axes,
        )
        for axes in (askew, None)
    ]
    np.testing.assert_array_equal(worlds[0].R, worlds[1].R)
