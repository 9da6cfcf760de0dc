import numpy as np
import pytest

from mvmocap_core.detection.hand_network import HAND_LANDMARK_NAMES
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.hands.kinematics import (
    N_UNKNOWNS,
    HandPose,
    forward,
    landmark_jacobian,
    shape_jacobian,
)
from mvmocap_core.hands.skeleton import (
    HIGH_RAD,
    LOW_RAD,
    N_TURNS,
    RELAXED_RAD,
    TURNS,
    HandShape,
    joint_rotations,
)

STEP = 1e-6


@pytest.fixture
def some_hand():
    random = np.random.default_rng(3)
    pose = HandPose(
        random.normal(size=(4, 3)),
        rotvec_to_rotmat(random.normal(size=(4, 3))),
        random.normal(0.0, 0.4, (4, N_TURNS)),
    )
    return pose, HandShape(1.8, random.normal(0.0, 0.05, 3))


def flat_hand(**bends_deg):
    """Landmarks (mm) by name of a left hand at the origin with angles by joint number."""
    angles = np.zeros((1, N_TURNS))
    for name, value in bends_deg.items():
        angles[0, int(name.removeprefix("turn_"))] = np.radians(value)
    pose = HandPose(np.zeros((1, 3)), np.eye(3)[None], angles)
    landmarks = forward(pose, HandShape(1.75)).landmarks[0]
    return dict(zip(HAND_LANDMARK_NAMES, 1000.0 * landmarks, strict=True))


def test_jacobian_is_the_derivative_of_the_landmarks(some_hand):
    pose, shape = some_hand
    jacobian = landmark_jacobian(forward(pose, shape))
    for k in range(N_UNKNOWNS):
        step = np.zeros((4, N_UNKNOWNS))
        step[:, k] = STEP
        ahead, behind = (forward(pose.moved(s), shape).landmarks for s in (step, -step))
        np.testing.assert_allclose(jacobian[..., k], (ahead - behind) / (2 * STEP), atol=1e-8)


def test_shape_jacobian_is_the_derivative_by_the_shape(some_hand):
    pose, shape = some_hand
    jacobian = shape_jacobian(forward(pose, shape), shape)
    for k in range(len(shape.shape)):
        step = STEP * np.eye(len(shape.shape))[k]
        ahead, behind = (
            forward(pose, HandShape(1.8, shape.shape + s)).landmarks for s in (step, -step)
        )
        np.testing.assert_allclose(jacobian[..., k], (ahead - behind) / (2 * STEP), atol=1e-8)


def test_local_rotations_are_those_that_place_the_joints(some_hand):
    pose, shape = some_hand
    hand, local = forward(pose, shape), joint_rotations(pose.angles_rad)
    np.testing.assert_allclose(pose.wrist @ local[:, 3], hand.rotation[:, 3], atol=1e-12)
    np.testing.assert_allclose(hand.rotation[:, 3] @ local[:, 4], hand.rotation[:, 4], atol=1e-12)


def test_rest_is_a_flat_left_hand_palm_down_with_the_thumb_in_front():
    hand = flat_hand()
    assert hand["middle_tip"][0] == pytest.approx(182.4, abs=1.0)
    assert abs(hand["middle_tip"][2]) < 10.0
    across = [hand[f"{finger}_mcp"][1] for finger in ("index", "middle", "ring", "pinky")]
    assert across == sorted(across)
    assert hand["thumb_tip"][1] < hand["index_mcp"][1] - 20.0


def test_bending_takes_fingertips_to_the_palm_and_the_thumb_across_it():
    bends = {f"turn_{k}": 60.0 for k, turn in enumerate(TURNS) if turn.high > 60.0}
    hand, flat = flat_hand(**bends), flat_hand()
    for finger in ("index", "middle", "ring", "pinky"):
        assert hand[f"{finger}_tip"][2] < flat[f"{finger}_tip"][2] - 25.0
        assert hand[f"{finger}_tip"][0] < hand[f"{finger}_mcp"][0] + 25.0
    assert hand["thumb_tip"][1] > flat["thumb_tip"][1] + 15.0


def test_relaxed_hands_are_within_their_limits():
    assert (LOW_RAD <= RELAXED_RAD).all()
    assert (RELAXED_RAD <= HIGH_RAD).all()
