import numpy as np
import pytest

from mvmocap_core.body.kinematics import Pose
from mvmocap_core.body.skeleton import JOINT
from mvmocap_core.body.solve import solve_body
from mvmocap_core.geometry.rotations import (
    quat_wxyz_to_rotmat,
    rotation_angle_deg,
    rotmat_to_rotvec,
    rotvec_to_rotmat,
)
from tests.core import performance
from tests.core.body.test_solve import perfect_calibration
from tests.core.performance import HEIGHT_M, dance, perform

STRAIGHT = ("left_elbow", "right_elbow", "left_knee", "right_knee")


def solved(adapt, noise_px):
    """The performance whose local rotations `adapt` changes, and its solve."""

    def changed(times_s, body):
        pose = dance(times_s, body)
        local = pose.local.copy()
        adapt(local, 2.0 * np.pi * times_s)
        return Pose(pose.translation_m, local)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(performance, "dance", changed)
        truth = perform(noise_px=noise_px)
    calibration = perfect_calibration(truth)
    clip = solve_body(truth.tracks, truth.timeline(), calibration, fps=30.0, height_m=HEIGHT_M)
    local = quat_wxyz_to_rotmat(clip.rotations_quat_wxyz)
    frames = np.searchsorted(clip.times_s, truth.tracks[0].times_s - 1e-6)
    return truth.pose.local, local[frames]


def turn_hands_head_and_feet(local, phase):
    zero = np.zeros_like(phase)
    turns_deg = {
        "elbow": np.stack([45.0 * np.sin(0.8 * phase), zero, zero - 60.0], axis=1),
        "ankle": np.stack([15.0 * np.sin(phase), zero, 12.0 * np.sin(0.7 * phase)], axis=1),
    }
    for part, turn_deg in turns_deg.items():
        for side, sign in (("left", 1.0), ("right", -1.0)):
            mirrored = np.radians(turn_deg) * [1.0, sign, sign]
            local[:, JOINT[f"{side}_{part}"]] = rotvec_to_rotmat(mirrored)
    nod = np.radians(np.stack([zero, zero, 18.0 * np.sin(0.6 * phase)], axis=1))
    local[:, JOINT["neck"]] = local[:, JOINT["head"]] = rotvec_to_rotmat(nod)


def straighten(local, phase):
    for name in STRAIGHT:
        local[:, JOINT[name]] = np.eye(3)


def bend_backwards(local, phase):
    for name in STRAIGHT:
        backwards = np.radians([-8.0, 0, 0] if "knee" in name else [0, 0, 8.0])
        mirrored = backwards * ([1, -1, -1] if "right" in name else [1, 1, 1])
        local[:, JOINT[name]] = rotvec_to_rotmat(mirrored)


@pytest.fixture(scope="module")
def turned():
    return solved(turn_hands_head_and_feet, noise_px=1.0)


def error_deg(turned, name):
    true, found = (local[:, JOINT[name]] for local in turned)
    return rotation_angle_deg(true.transpose(0, 2, 1) @ found)[5:-5]


@pytest.mark.parametrize("side", ["left", "right"])
def test_forearm_turns_with_the_hand_and_the_wrist_does_not(turned, side):
    true, found = (
        np.degrees(rotmat_to_rotvec(local[:, JOINT[f"{side}_elbow"]])) for local in turned
    )
    twist_error_deg = np.abs(true - found)[5:-5, 0]
    assert np.ptp(true[:, 0]) > 60.0
    assert twist_error_deg.mean() < 12.0
    wrist_deg = np.degrees(rotmat_to_rotvec(turned[1][:, JOINT[f"{side}_wrist"]]))
    assert np.abs(wrist_deg[:, 0]).mean() < 5.0


@pytest.mark.parametrize("part", ["neck", "left_ankle", "right_ankle"])
def test_head_turns_with_the_face_and_feet_with_heel_and_toe(turned, part):
    assert error_deg(turned, part).mean() < 6.0


def test_spine_shares_its_bend(turned):
    spine = [turned[1][:, JOINT[f"spine_{i}"]] for i in (1, 2, 3)]
    for other in spine[1:]:
        np.testing.assert_allclose(other, spine[0], atol=1e-9)
    assert rotation_angle_deg(spine[0]).max() > 5.0


@pytest.mark.parametrize(
    ("adapt", "noise_px", "furthest_deg"), [(straighten, 3.0, 5.0), (bend_backwards, 1.0, 5.0)]
)
def test_elbows_and_knees_do_not_bend_backwards(adapt, noise_px, furthest_deg):
    _, found = solved(adapt, noise_px=noise_px)
    for name in STRAIGHT:
        rotvec_deg = np.degrees(rotmat_to_rotvec(found[:, JOINT[name]]))
        axis, sign = (0, 1.0) if "knee" in name else (2, 1.0 if "right" in name else -1.0)
        assert (sign * rotvec_deg[:, axis]).min() > -furthest_deg, name
