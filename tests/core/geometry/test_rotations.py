import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mvmocap_core.geometry.rotations import (
    quat_wxyz_to_rotmat,
    rotation_angle_deg,
    rotmat_between,
    rotmat_to_quat_wxyz,
    rotmat_to_rotvec,
    rotvec_to_rotmat,
    skew,
)

vectors = st.tuples(*[st.floats(-1.7, 1.7)] * 3).map(np.array)


@given(vectors)
def test_rotvec_survives_a_round_trip(rotvec):
    np.testing.assert_allclose(rotmat_to_rotvec(rotvec_to_rotmat(rotvec)), rotvec, atol=1e-9)


@given(vectors)
def test_quaternion_gives_the_same_rotation(rotvec):
    R = rotvec_to_rotmat(rotvec)
    np.testing.assert_allclose(quat_wxyz_to_rotmat(rotmat_to_quat_wxyz(R)), R, atol=1e-12)


@given(vectors, vectors)
def test_skew_is_the_cross_product(a, b):
    np.testing.assert_allclose(skew(a) @ b, np.cross(a, b), atol=1e-12)


def test_quaternion_has_w_first():
    np.testing.assert_allclose(rotmat_to_quat_wxyz(np.eye(3)), [1, 0, 0, 0])


def test_rotation_between_directions_turns_one_into_the_other():
    for target in ([0.0, 0.0, 1.0], [1.0, 0, 0], [-1.0, 0.0, 0.0], [0.3, -2.0, 0.5]):
        R = rotmat_between(np.array([1.0, 0.0, 0.0]), np.array(target))
        np.testing.assert_allclose(R[:, 0], np.array(target) / np.linalg.norm(target), atol=1e-12)
        np.testing.assert_allclose(np.linalg.det(R), 1.0)


def test_rotations_between_many_directions_whatever_their_length():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(2, 50, 3))
    turned = np.einsum("fab,fb->fa", rotmat_between(source, target), source)
    np.testing.assert_allclose(np.cross(turned, target), 0.0, atol=1e-12)
    assert ((turned * target).sum(axis=1) > 0.0).all()
    np.testing.assert_allclose(
        rotmat_between(source, source), np.tile(np.eye(3), (50, 1, 1)), atol=1e-12
    )


def test_angle_is_in_degrees():
    quarter = rotvec_to_rotmat(np.array([0.0, np.pi / 2, 0.0]))
    np.testing.assert_allclose(rotation_angle_deg(quarter), 90.0)
