import numpy as np
import pytest

from mvmocap_core.motion.bvh import write_bvh
from mvmocap_core.motion.clip_tools import joined, mirrored
from mvmocap_core.motion.finger_names import FINGER_NAMES
from mvmocap_core.motion.fingers import (
    FingerMotion,
    fingers_of,
    hands_seen,
    with_fingers,
    without_fingers,
)
from mvmocap_core.motion.pose import forward, joint_motion
from mvmocap_core.options import CleanUp
from tests.core.scenes import make_motion


@pytest.fixture(scope="module")
def body():
    return make_motion(n_frames=40)


@pytest.fixture(scope="module")
def clip(body):
    random = np.random.default_rng(2)
    n_frames, n_joints = len(body.times_s), len(FINGER_NAMES)
    quat = np.concatenate(
        [np.ones((n_frames, n_joints, 1)), random.normal(0, 0.2, (n_frames, n_joints, 3))], axis=-1
    )
    confidence = np.ones((n_frames, n_joints))
    confidence[20:, 15:] = 0.0
    return with_fingers(
        body,
        FingerMotion(
            quat / np.linalg.norm(quat, axis=-1, keepdims=True),
            random.normal(0.0, 0.03, (n_joints, 3)),
            np.full((n_frames, n_joints), 0.03),
            confidence,
        ),
    )


def test_fingers_come_after_the_body_and_come_off_again(body, clip):
    assert clip.joint_names.tolist() == [*body.joint_names.tolist(), *FINGER_NAMES]
    plain = without_fingers(clip)
    assert plain.joint_names.tolist() == body.joint_names.tolist()
    np.testing.assert_allclose(plain.positions_m, body.positions_m, atol=1e-9)
    assert fingers_of(plain) is None
    again = with_fingers(plain, fingers_of(clip))
    np.testing.assert_allclose(again.positions_m, clip.positions_m, atol=1e-9)


def test_finger_joints_hang_on_wrists_and_on_each_other(clip):
    names, parents = clip.joint_names.tolist(), clip.joint_parents
    assert names[parents[names.index("left_thumb_1")]] == "left_wrist"
    assert names[parents[names.index("right_ring_3")]] == "right_ring_2"
    positions, _ = forward(joint_motion(clip), clip.joint_parents, clip.rest_offsets_m)
    np.testing.assert_allclose(positions, clip.positions_m, atol=1e-9)


def test_hands_are_seen_where_their_fingers_are_sure(clip):
    left, right = hands_seen(clip)
    assert left.all()
    assert right.tolist() == [True] * 20 + [False] * 20


def test_mirroring_exchanges_the_hands(clip):
    names = clip.joint_names.tolist()
    turned = mirrored(clip)
    np.testing.assert_allclose(
        turned.positions_m[:, names.index("left_index_3")],
        clip.positions_m[:, names.index("right_index_3")] * [-1.0, 1.0, 1.0],
        atol=1e-9,
    )


def test_a_motion_with_hands_joins_one_without(body, clip):
    whole = joined(clip, body, 0.2)
    assert whole.joint_names.tolist() == body.joint_names.tolist()
    assert joined(clip, clip, 0.2).joint_names.tolist() == clip.joint_names.tolist()


def test_bvh_has_every_finger(clip, tmp_path):
    write_bvh(clip, tmp_path / "hands.bvh")
    text = (tmp_path / "hands.bvh").read_text()
    assert all(f"JOINT {name}\n" in text for name in FINGER_NAMES)


def test_fingers_are_smoothed_like_wrists_not_like_a_trunk():
    from mvmocap_core.motion.smoothing import _cutoff_hz

    strength = CleanUp().smoothing
    assert _cutoff_hz("left_index_2", strength) == _cutoff_hz("left_wrist", strength)
