from dataclasses import replace

import numpy as np
import pytest

from benchmarks.hand_acting import act, sightings, unseen
from mvmocap_core.body.skeleton import JOINT_NAMES
from mvmocap_core.geometry.rotations import quat_wxyz_to_rotmat, rotation_angle_deg
from mvmocap_core.hands.plan import plan_hands
from mvmocap_core.hands.skeleton import RELAXED_RAD, joint_rotations
from mvmocap_core.hands.solve import add_hands
from mvmocap_core.motion.finger_names import FINGER_JOINTS, FINGER_NAMES
from mvmocap_core.motion.fingers import fingers_of, hands_seen
from mvmocap_core.motion.pose import forward, joint_motion


@pytest.fixture(scope="module")
def acted():
    return act(4, hand_px=80.0, duration_s=1.5)


@pytest.fixture(scope="module")
def views(acted):
    random = np.random.default_rng(1)
    return [sightings(acted, view, random, noise=0.0, depth_noise=0.0) for view in (0, 1)]


@pytest.fixture(scope="module")
def clip(acted, views):
    return add_hands(acted.body, views, acted.timeline, 0)


def finger_errors_mm(acted, clip):
    """(F, 2, 15) of the finger joints about the wrist."""
    names = clip.joint_names.tolist()
    landmarks = [1 + 4 * (j // 3) + j % 3 for j in range(15)]
    errors = []
    for side, name in enumerate(("left", "right")):
        rows = [names.index(f"{name}_{joint}") for joint in FINGER_JOINTS]
        found = clip.positions_m[:, rows] - clip.positions_m[:, [names.index(f"{name}_wrist")]]
        truth = acted.landmarks_m[:, side, landmarks] - acted.landmarks_m[:, side, :1]
        errors.append(np.linalg.norm(found - truth, axis=-1))
    return 1000.0 * np.stack(errors, axis=1)


def test_two_views_give_the_fingers_of_both_hands(acted, clip):
    errors = finger_errors_mm(acted, clip)
    assert errors[:, 0].mean() < 4.0
    assert errors[:, 1].mean() < 4.0
    assert [share.mean() for share in hands_seen(clip)] == [1.0, 1.0]


def test_one_view_and_the_network_s_depth_are_nearly_as_good(acted, views):
    clip = add_hands(acted.body, [views[0], unseen(views[1])], acted.timeline, 0)
    assert finger_errors_mm(acted, clip).mean() < 7.0


def test_arms_bring_the_wrists_where_the_hands_are(acted, clip):
    names = clip.joint_names.tolist()
    for side, name in enumerate(("left", "right")):
        wrist = names.index(f"{name}_wrist")
        truth = acted.landmarks_m[:, side, 0]
        before, after = (
            np.linalg.norm(each.positions_m[:, wrist] - truth, axis=1).mean()
            for each in (acted.body, clip)
        )
        assert after < 0.3 * before


def test_the_rest_of_the_body_stays(acted, clip):
    n_body = len(JOINT_NAMES)
    assert clip.joint_names[:n_body].tolist() == list(JOINT_NAMES)
    assert clip.joint_names[n_body:].tolist() == list(FINGER_NAMES)
    rest = [row for row, name in enumerate(JOINT_NAMES) if not name.endswith(("elbow", "wrist"))]
    np.testing.assert_allclose(clip.positions_m[:, rest], acted.body.positions_m[:, rest])
    positions, _ = forward(joint_motion(clip), clip.joint_parents, clip.rest_offsets_m)
    np.testing.assert_allclose(positions, clip.positions_m, atol=1e-9)


def test_wrists_do_not_twist_about_the_forearm(clip):
    for side in ("left", "right"):
        wrist = clip.joint_names.tolist().index(f"{side}_wrist")
        assert np.abs(clip.rotations_quat_wxyz[:, wrist, 1]).max() < 1e-9


def test_hands_that_nobody_ever_sees_leave_the_motion_as_it_was(acted, views):
    clip = add_hands(acted.body, [unseen(view) for view in views], acted.timeline, 0)
    assert clip is acted.body


def test_a_hand_out_of_sight_goes_back_to_a_relaxed_one(acted, views):
    n_frames = len(acted.body.times_s)
    hidden = [
        replace(
            view,
            keypoints_2d_px=np.where(
                (np.arange(n_frames) >= 10).reshape(-1, 1, 1, 1, 1), np.nan, view.keypoints_2d_px
            ),
        )
        for view in views
    ]
    clip = add_hands(acted.body, hidden, acted.timeline, 0)
    fingers = fingers_of(clip)
    assert fingers is not None
    relaxed = joint_rotations(RELAXED_RAD[None])[0]
    last = quat_wxyz_to_rotmat(fingers.rotations_quat_wxyz[-1, :15])
    assert rotation_angle_deg(relaxed.swapaxes(1, 2) @ last).max() < 1e-3
    assert fingers.confidence[-1].max() == 0.0
    assert fingers.confidence[5].min() > 0.5
    assert (fingers.error_m[-1] > fingers.error_m[5]).all()
    steps = np.diff(fingers.rotations_quat_wxyz, axis=0)
    assert np.abs(steps).max() < 0.25  # it fades, it does not jump
    wrist = clip.joint_names.tolist().index("left_wrist")
    was, now = (
        forward(joint_motion(each), each.joint_parents, each.rest_offsets_m)[1][-1, wrist]
        for each in (acted.body, clip)
    )
    np.testing.assert_allclose(now, was, atol=1e-6)


def test_both_hands_have_the_same_bones(clip):
    mirror = np.diag([-1.0, 1.0, 1.0])
    left, right = np.split(fingers_of(clip).rest_offsets_m, 2)
    np.testing.assert_allclose(left @ mirror, right, atol=1e-12)


def test_hands_are_looked_for_where_they_are_and_as_large(acted):
    plan = plan_hands([acted.body], acted.timeline, 0, acted.body.times_s)
    seen = sightings(acted, 0, np.random.default_rng(0), noise=0.0, depth_noise=0.0)
    wrists = seen.keypoints_2d_px[:, 0, :, 0]
    off = np.linalg.norm(plan.wrist_px[:, 0] - wrists, axis=-1)
    assert np.median(off) < 15.0
    np.testing.assert_allclose(plan.length_px, seen.length_px, rtol=0.1)
    knuckles = seen.keypoints_2d_px[:, 0, :, 9] - wrists
    along = (plan.up[:, 0] * knuckles).sum(axis=-1) / np.linalg.norm(knuckles, axis=-1)
    assert np.median(along) > 0.8


def test_frames_outside_the_motion_are_not_looked_at(acted):
    times_s = np.array([-1.0, 0.5, 40.0])
    plan = plan_hands([acted.body], acted.timeline, 0, times_s)
    assert np.isnan(plan.length_px[[0, 2]]).all()
    assert np.isfinite(plan.length_px[1]).all()
