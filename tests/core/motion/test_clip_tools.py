from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.motion.blending import frames_of
from mvmocap_core.motion.clip_tools import joined, looped, mirrored, resampled, retimed
from mvmocap_core.motion.pose import JointMotion, forward, joint_motion, with_motion
from tests.core.motion.walker import walk
from tests.core.scenes import make_motion


@pytest.fixture(scope="module")
def swaying():
    return make_motion(n_frames=90, fps=30.0, turns=0.6)


def row(clip, name):
    return clip.joint_names.tolist().index(name)


def assert_rotations_give_positions(clip):
    positions, _ = forward(joint_motion(clip), clip.joint_parents, clip.rest_offsets_m)
    np.testing.assert_allclose(positions, clip.positions_m, atol=1e-9)
    np.testing.assert_allclose(np.diff(clip.times_s), 1.0 / clip.fps, atol=1e-9)


@pytest.mark.parametrize("fps", [24.0, 60.0])
def test_other_rate_shows_the_same_motion_at_the_same_times(swaying, fps):
    clip = resampled(swaying, fps)
    assert_rotations_give_positions(clip)
    assert clip.fps == fps
    assert len(clip.K) == len(swaying.K)
    for joint in range(len(clip.joint_names)):
        for axis in range(3):
            known = np.interp(clip.times_s, swaying.times_s, swaying.positions_m[:, joint, axis])
            np.testing.assert_allclose(clip.positions_m[:, joint, axis], known, atol=0.004)


def test_there_and_back_to_a_rate_is_the_same_motion(swaying):
    back = resampled(resampled(swaying, 120.0), 30.0)
    np.testing.assert_allclose(back.positions_m, swaying.positions_m, atol=1e-3)


def test_twice_as_fast_takes_half_as_long(swaying):
    clip = retimed(swaying, 2.0)
    assert_rotations_give_positions(clip)
    assert len(clip.times_s) == 45
    np.testing.assert_allclose(clip.positions_m, swaying.positions_m[::2], atol=1e-9)
    assert len(clip.K) == 0


def test_slower_is_smooth_between_frames(swaying):
    clip = retimed(swaying, 0.25)
    steps = [np.linalg.norm(np.diff(c.positions_m, n=2, axis=0), axis=-1).max() for c in
             (swaying, clip)]  # fmt: skip
    assert steps[1] < 0.15 * steps[0]


def test_mirror_changes_sides_and_keeps_the_body(swaying):
    clip = mirrored(swaying)
    assert_rotations_give_positions(clip)
    left, right = row(clip, "left_wrist"), row(clip, "right_wrist")
    np.testing.assert_allclose(
        clip.positions_m[:, left], swaying.positions_m[:, right] * [-1.0, 1.0, 1.0]
    )
    np.testing.assert_allclose(clip.rest_offsets_m, swaying.rest_offsets_m, atol=1e-9)


def test_mirrored_twice_is_the_same(swaying):
    twice = mirrored(mirrored(swaying))
    for name in ("positions_m", "rotations_quat_wxyz", "contacts", "landmarks_m"):
        np.testing.assert_array_equal(getattr(twice, name), getattr(swaying, name))


def test_loop_closes_without_a_jump_in_place_or_speed():
    clip, _ = walk(n_steps=6)
    cycle = looped(clip, 0.3)
    assert_rotations_give_positions(cycle)
    assert len(cycle.times_s) == len(clip.times_s) - 9
    twice = joined_cycles(cycle)
    seam = len(cycle.times_s)
    step_m = np.linalg.norm(np.diff(twice, axis=0), axis=-1).max(axis=1)
    assert step_m[seam - 1] < 1.5 * np.median(step_m)
    bend_m = np.linalg.norm(np.diff(twice, n=2, axis=0), axis=-1).max(axis=1)
    assert bend_m[seam - 3 : seam + 1].max() < 1.5 * bend_m[: seam - 12].max()


def joined_cycles(cycle):
    """Joints about the pelvis over two cycles."""
    about = cycle.positions_m - cycle.positions_m[:, :1] * [1.0, 1.0, 0.0]
    return np.concatenate([about, about])


def test_second_take_goes_on_where_the_first_ends():
    first, _ = walk(n_steps=4)
    second = replace(make_motion(n_frames=60, turns=0.4), fps=30.0)
    turned = mirrored(second)
    both = joined(first, turned, 0.4)
    assert_rotations_give_positions(both)
    assert len(both.times_s) == len(first.times_s) + 60 - 12
    np.testing.assert_allclose(
        both.positions_m[: len(first.times_s) - 12], first.positions_m[:-12], atol=1e-9
    )
    fastest_m = [
        np.linalg.norm(np.diff(clip.positions_m[:, 0, :2], axis=0), axis=-1).max()
        for clip in (both, first, turned)
    ]
    assert fastest_m[0] < 1.1 * max(fastest_m[1:])
    length_m = np.linalg.norm(
        both.positions_m[:, row(both, "left_knee")] - both.positions_m[:, row(both, "left_hip")],
        axis=-1,
    )
    np.testing.assert_allclose(length_m, 0.42, atol=1e-9)


def test_blend_longer_than_the_motion_is_refused(swaying):
    for make in (lambda: looped(swaying, 2.0), lambda: joined(swaying, swaying, 5.0)):
        with pytest.raises(InputError, match="too short to blend"):
            make()


def test_other_joints_are_refused(swaying):
    other = replace(swaying, joint_names=swaying.joint_names[::-1])
    with pytest.raises(InputError, match="other joints"):
        joined(swaying, other, 0.2)


def standing(lean_rad, turn_rad=0.0):
    """Somebody who stands still on both feet and leans, somewhere on the floor."""
    clip, contacts = walk(n_steps=1)
    still = resampled(replace(clip, contacts=contacts), 30.0)
    index = np.zeros(40, dtype=int)
    still = replace(frames_of(still, index), times_s=np.arange(40) / 30.0)
    still = replace(still, contacts=np.ones((40, 2, 2), bool))
    motion = joint_motion(still)
    hips = [row(still, f"{side}_hip") for side in ("left", "right")]
    c, s = np.cos(lean_rad), np.sin(lean_rad)
    lean = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    local = motion.local.copy()
    local[:, 0] = local[:, 0] @ lean
    local[:, hips] = lean.T @ local[:, hips]
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    local[:, 0] = turn @ local[:, 0]
    return with_motion(still, JointMotion(motion.root_m @ turn.T + [0.3, -0.5, 0.0], local))


@pytest.mark.parametrize("blend_s", [0.3, 0.6])
def test_feet_that_stand_in_both_takes_do_not_slide_where_they_join(blend_s):
    both = joined(standing(0.0), standing(0.35, turn_rad=0.8), blend_s)
    assert_rotations_give_positions(both)
    ankles = [row(both, f"{side}_ankle") for side in ("left", "right")]
    step_m = np.linalg.norm(np.diff(both.positions_m[:, ankles], axis=0), axis=-1)
    assert step_m.max() < 0.001
    assert np.ptp(both.positions_m[:, row(both, "head")], axis=0).max() > 0.1


def test_feet_of_a_loop_stay_with_the_takes_at_its_seam():
    clip, contacts = walk(n_steps=6)
    two_cycles = frames_of(replace(clip, contacts=contacts), slice(72 + 9))
    cycle = looped(two_cycles, 0.3)
    assert len(cycle.times_s) == 72
    stand = cycle.contacts[1:].all(axis=2) & cycle.contacts[:-1].all(axis=2)
    ankles = [row(cycle, f"{side}_ankle") for side in ("left", "right")]
    step_m = np.linalg.norm(np.diff(cycle.positions_m[:, ankles], axis=0), axis=-1)
    assert step_m[stand].max() < 0.004
