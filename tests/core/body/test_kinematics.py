import numpy as np
import pytest

from mvmocap_core.body.kinematics import (
    N_UNKNOWNS,
    forward,
    landmark_positions,
    landmark_shape_jacobian,
    point_jacobian,
)
from mvmocap_core.body.skeleton import (
    JOINT,
    JOINT_NAMES,
    JOINT_PARENTS,
    LANDMARK,
    PROPORTIONS,
    Body,
    average_body,
)
from tests.core.performance import dance

BODY = average_body(1.8)
POSE = dance(np.array([0.0, 0.4, 1.1]), BODY)


def test_identity_is_a_t_pose_that_faces_the_viewer():
    rest = dance(np.zeros(1), BODY)
    rest.local[:] = np.eye(3)
    position = forward(rest, BODY)[0][0] - rest.translation_m[0]
    hand, toe, head = (position[JOINT[n]] for n in ("left_wrist", "left_toe", "head"))
    assert hand[0] > 0.5
    assert toe[1] < -0.1
    assert head[2] > 0.5
    assert position[JOINT["right_wrist"]] == pytest.approx(hand * [-1, 1, 1])


def test_parents_come_first():
    assert all(parent < joint for joint, parent in enumerate(JOINT_PARENTS))
    assert len(JOINT_NAMES) == len(JOINT_PARENTS)


def test_bones_keep_their_length_in_any_pose():
    position = forward(POSE, BODY)[0]
    length = np.linalg.norm(position[:, 1:] - position[:, JOINT_PARENTS[1:]], axis=-1)
    rest = np.linalg.norm(BODY.rest_offsets_m[1:], axis=-1)
    np.testing.assert_allclose(length, np.broadcast_to(rest, length.shape), atol=1e-12)


def test_pose_derivatives_match_differences():
    position, rotation = forward(POSE, BODY)
    points = landmark_positions(position, rotation, BODY)
    jacobian = point_jacobian(position, rotation, points, PROPORTIONS.landmark_joints)
    step = 1e-6 * np.random.default_rng(0).normal(size=(3, N_UNKNOWNS))
    moved = landmark_positions(*forward(POSE.moved(step), BODY), BODY)
    np.testing.assert_allclose(
        moved - points, np.einsum("flan,fn->fla", jacobian, step), atol=1e-10
    )


def test_shape_derivatives_are_exact():
    points = landmark_positions(*forward(POSE, BODY), BODY)
    step = 0.1 * np.random.default_rng(1).normal(size=BODY.shape.shape) * PROPORTIONS.std
    grown = Body(BODY.stature_m, step)
    change = landmark_positions(*forward(POSE, grown), grown) - points
    jacobian = landmark_shape_jacobian(forward(POSE, BODY)[1], BODY)
    np.testing.assert_allclose(change, jacobian @ step, atol=1e-12)


def test_bones_and_feet_are_symmetric():
    step = np.random.default_rng(2).normal(size=BODY.shape.shape) * PROPORTIONS.std
    body = Body(1.7, step)
    left, right = (body.landmark_offsets_m[LANDMARK[f"{s}_heel"]] for s in ("left", "right"))
    np.testing.assert_allclose(left, right * [-1, 1, 1])
    rest = body.rest_offsets_m
    assert np.linalg.norm(rest[JOINT["left_knee"]]) == np.linalg.norm(rest[JOINT["right_knee"]])


def test_elbows_and_knees_may_be_marked_unevenly():
    uneven = np.zeros_like(BODY.shape)
    uneven[-6:] = 0.01
    body = Body(1.7, uneven)
    assert np.array_equal(body.rest_offsets_m, Body(1.7, 0.0 * uneven).rest_offsets_m)
    for part in ("elbow", "knee"):
        names = [f"{side}_{part}" for side in ("left", "right")]
        left, right = (
            body.landmark_offsets_m[LANDMARK[name]] - body.rest_offsets_m[JOINT[name]]
            for name in names
        )
        np.testing.assert_allclose(left, [0.017, 0.017, 0.017])
        np.testing.assert_allclose(right, [0.017, -0.017, -0.017])
