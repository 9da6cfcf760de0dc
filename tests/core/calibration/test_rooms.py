from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.calibration.calibrate import calibrate, camera_priors
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.calibration.observations import choose_moments, observe
from mvmocap_core.geometry.rotations import rotation_angle_deg, rotvec_to_rotmat
from mvmocap_core.room.axes import CUBE, RoomAxes
from mvmocap_core.room.turns import room_turns
from tests.core.performance import perform

TILTED = rotvec_to_rotmat(np.array([0.3, -0.4, 0.2]))


def rooms_of(truth, axes_b: np.ndarray | None = None) -> tuple[RoomAxes, RoomAxes]:
    """What perfect edges would tell, each view naming the axes in its own way."""
    R = truth.cameras.T_cam_world[:, :3, :3]
    focal_px = truth.cameras.K[:, 0, 0]
    b = R[1] @ TILTED @ CUBE[5] if axes_b is None else axes_b
    return (
        RoomAxes(float(focal_px[0]), 0.03, R[0] @ TILTED @ CUBE[17], 0.015),
        RoomAxes(float(focal_px[1]), 0.03, b, 0.015),
    )


def rotation_error_deg(truth, calibration) -> float:
    found, true = (c.T_cam_world[:, :3, :3] for c in (calibration.cameras, truth.cameras))
    return float(rotation_angle_deg(found[1] @ found[0].T @ (true[1] @ true[0].T).T))


def test_of_a_cubes_turns_there_are_24():
    assert CUBE.shape == (24, 3, 3)
    assert len({tuple(turn.ravel()) for turn in CUBE}) == 24
    np.testing.assert_allclose(np.linalg.det(CUBE), 1.0)


def test_the_nearest_turn_that_the_rooms_allow_is_the_true_one():
    truth = perform(noise_px=1.0, duration_s=1.0)
    given = replace(nothing_given(2), rooms=rooms_of(truth))
    timeline = truth.timeline()
    observed = observe(truth.tracks, timeline, choose_moments(truth.tracks, timeline))
    priors = camera_priors(observed, timeline, (None, None), given)
    R = truth.cameras.T_cam_world[:, :3, :3]
    guess = np.stack([np.eye(3), rotvec_to_rotmat(np.array([0.1, 0.25, -0.1])) @ R[1] @ R[0].T])
    turns = room_turns(priors.room_axes, guess)
    assert np.isnan(turns[0]).all()
    np.testing.assert_allclose(turns[1], R[1] @ R[0].T, atol=1e-9)


@pytest.fixture(scope="module")
def noisy():
    return perform(noise_px=4.0, duration_s=1.5)


def test_rooms_make_cameras_truer(noisy):
    alone = calibrate(noisy.tracks, noisy.timeline(), focal_35mm=(None, None))
    given = replace(nothing_given(2), rooms=rooms_of(noisy))
    helped = calibrate(noisy.tracks, noisy.timeline(), focal_35mm=(None, None), given=given)
    assert rotation_error_deg(noisy, helped) < 0.5 * rotation_error_deg(noisy, alone)
    assert helped.rotation_std_deg < alone.rotation_std_deg
    np.testing.assert_allclose(helped.cameras.K[:, 0, 0], noisy.cameras.K[:, 0, 0], rtol=0.03)
    assert (helped.focal_std < alone.focal_std).all()
    assert alone.lone_rotation_std_deg == alone.rotation_std_deg
    assert helped.lone_rotation_std_deg == pytest.approx(alone.rotation_std_deg, rel=0.2)


def test_another_rooms_axes_do_not_turn_the_cameras(noisy):
    alone = calibrate(noisy.tracks, noisy.timeline(), focal_35mm=(None, None))
    R = noisy.cameras.T_cam_world[:, :3, :3]
    elsewhere = R[1] @ rotvec_to_rotmat(np.array([0.0, 0.5, 0.4])) @ TILTED
    given = replace(nothing_given(2), rooms=rooms_of(noisy, elsewhere))
    misled = calibrate(noisy.tracks, noisy.timeline(), focal_35mm=(None, None), given=given)
    assert rotation_error_deg(noisy, misled) < rotation_error_deg(noisy, alone) + 1.0
