from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.geometry.cameras import project_points
from mvmocap_core.motion.clean_up import clean_up
from mvmocap_core.motion.contacts import ContactEdit, edited, steady
from mvmocap_core.motion.feet import find_ground, hold_feet
from mvmocap_core.motion.floor import Floor, find_floor, level
from mvmocap_core.motion.leg import LegPose, reach
from mvmocap_core.motion.pose import joint_motion, with_motion
from mvmocap_core.motion.soles import sole_offsets, sole_points
from mvmocap_core.motion.stands import held_part
from mvmocap_core.options import CleanUp
from tests.core.motion.walker import SOLES_M, trembling, walk


@pytest.fixture(scope="module")
def walker():
    return walk()


def held(clip):
    ground = find_ground(clip)
    motion = hold_feet(joint_motion(ground.clip), ground)
    return with_motion(ground.clip, motion), ground


def test_walkers_contacts_are_found(walker):
    clip, true = walker
    found = find_ground(trembling(clip)).clip.contacts
    hits = (found & true).sum()
    assert 2.0 * hits / (found.sum() + true.sum()) > 0.9


def test_held_feet_stand_still_at_their_height(walker):
    clip = trembling(walker[0])
    cleaned, ground = held(clip)
    before, after = (sole_points(motion, ground.soles_m) for motion in (ground.clip, cleaned))
    stands = held_part(ground.clip.contacts, ground.clip.fps)
    both = stands[1:] & stands[:-1]
    skate_m = [
        np.linalg.norm(np.diff(points[..., :2], axis=0), axis=-1)[both]
        for points in (before, after)
    ]
    assert skate_m[0].mean() > 0.004
    assert skate_m[1].mean() < 0.0005
    above_m = [points[..., 2] - ground.floor.rest_m for points in (before, after)]
    down = stands & (above_m[0] < 0.01)
    assert np.abs(above_m[1][down]).max() < 0.003
    assert above_m[1].min() > -0.006


def test_foot_that_is_seen_well_above_the_floor_is_not_pulled_down_to_it(walker):
    clip, _ = walker
    ground = find_ground(clip)
    raised = with_motion(
        clip, replace(joint_motion(clip), root_m=clip.positions_m[:, 0] + [0.0, 0.0, 0.04])
    )
    motion = hold_feet(joint_motion(raised), ground)
    points = sole_points(with_motion(clip, motion), ground.soles_m)
    above_m = (points[..., 2] - ground.floor.rest_m)[ground.clip.contacts]
    assert np.percentile(above_m, 10) > 0.02


def test_knees_do_not_pop(walker):
    clip, _ = walker
    cleaned, _ = held(trembling(clip))
    knees = [clip.joint_names.tolist().index(f"{side}_knee") for side in ("left", "right")]
    step_m = [
        np.linalg.norm(np.diff(motion.positions_m[:, knees], n=2, axis=0), axis=-1).max()
        for motion in (trembling(clip), cleaned)
    ]
    assert step_m[1] < 1.2 * step_m[0]


def test_bones_keep_their_lengths(walker):
    cleaned, _ = held(trembling(walker[0]))
    children = np.flatnonzero(cleaned.joint_parents >= 0)
    bones = (
        cleaned.positions_m[:, children] - cleaned.positions_m[:, cleaned.joint_parents[children]]
    )
    expected = np.linalg.norm(cleaned.rest_offsets_m[children], axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(bones, axis=2), np.broadcast_to(expected, bones.shape[:2]), atol=1e-9
    )


def test_feet_that_stand_well_are_left_alone(walker):
    clip, _ = walker
    cleaned, _ = held(clip)
    assert np.abs(cleaned.positions_m - clip.positions_m).max() < 0.006


def test_feet_in_the_air_are_left_alone(walker):
    clip, _ = walker
    high = with_motion(clip, replace(joint_motion(clip), root_m=clip.positions_m[:, 0] + [0, 0, 1]))
    ground = find_ground(clip)
    flying = replace(ground, clip=replace(high, contacts=np.zeros_like(high.contacts)))
    motion = hold_feet(joint_motion(high), flying)
    np.testing.assert_allclose(motion.root_m, high.positions_m[:, 0], atol=1e-9)
    np.testing.assert_allclose(motion.local, joint_motion(high).local, atol=1e-6)


def test_foot_that_slides_may(walker):
    clip, _ = walk(n_steps=4)
    motion = joint_motion(clip)
    sliding_m = motion.root_m.copy()
    sliding_m[:, 0] += np.linspace(0.0, 0.5, len(sliding_m))
    ground = find_ground(clip)
    everywhere = replace(clip, contacts=np.ones_like(clip.contacts))
    moved = with_motion(everywhere, replace(motion, root_m=sliding_m))
    result = hold_feet(joint_motion(moved), replace(ground, clip=moved))
    points = sole_points(with_motion(moved, result), ground.soles_m)
    assert np.ptp(points[:, 0, 0, 0]) > 0.4


def test_smoothing_never_moves_a_held_foot(walker):
    clip = trembling(walker[0])
    soles_m = sole_offsets(clip)
    for smoothing in (0.0, 1.0):
        cleaned = clean_up(clip, CleanUp(smoothing=smoothing))
        points = sole_points(cleaned, soles_m)
        stands = held_part(cleaned.contacts, cleaned.fps)
        both = stands[1:] & stands[:-1]
        moved = np.linalg.norm(np.diff(points[..., :2], axis=0), axis=-1)[both]
        assert np.percentile(moved, 90) < 0.001


def test_tilted_floor_is_levelled_and_cameras_turn_with_it(walker):
    clip, true = walker
    tilted, _ = level(clip, Floor(np.array([0.05, -0.08]), np.full((2, 2), 0.075)))
    floor = find_floor(sole_points(tilted, SOLES_M), true, clip.fps)
    assert np.abs(floor.slope).max() > 0.04
    levelled, floor = level(tilted, floor)
    heights = sole_points(levelled, SOLES_M)[true][:, 2]
    assert np.ptp(heights) < 0.004
    assert heights.mean() == pytest.approx(0.025, abs=0.002)
    for view in range(2):
        pixels = [
            project_points(
                motion.positions_m, motion.K[view], motion.dist[view], motion.T_cam_world[view]
            )
            for motion in (tilted, levelled)
        ]
        np.testing.assert_allclose(pixels[1], pixels[0], atol=1e-6)


def test_cameras_that_turned_turn_with_the_floor(walker):
    clip, _ = walker
    frames = np.repeat(clip.T_cam_world[:, None], len(clip.times_s), axis=1)
    moving = replace(clip, T_cam_world_frames=frames)
    tilted, _ = level(moving, Floor(np.array([0.05, -0.08]), np.full((2, 2), 0.075)))
    assert np.abs(tilted.T_cam_world - clip.T_cam_world).max() > 0.01
    np.testing.assert_allclose(
        tilted.T_cam_world_frames,
        np.repeat(tilted.T_cam_world[:, None], len(clip.times_s), axis=1),
    )


def test_feet_whose_landmarks_sit_at_other_heights_do_not_tilt_the_floor():
    soles_m = np.zeros((120, 2, 2, 3))
    soles_m[:, 0, :, 0], soles_m[:, 1, :, 0] = 0.1, -0.1
    soles_m[:, :, 1, 1] = -0.2
    soles_m[..., 2] = [[0.04, 0.02], [0.02, 0.02]]
    floor = find_floor(soles_m, np.ones((120, 2, 2), bool), 30.0)
    plane = np.degrees(np.arctan(0.01 / 0.2))  # through all of them
    assert np.degrees(np.arctan(abs(floor.slope[0]))) < 0.8 * plane
    assert floor.rest_m[0, 0] - floor.rest_m[1, 0] > 0.005


def test_feet_that_never_step_do_not_lean_the_floor():
    rng = np.random.default_rng(2)
    soles_m = np.zeros((900, 2, 2, 3))
    soles_m[:, 1, :, 0], soles_m[:, :, 1, 1] = 0.2, -0.2
    off_m = 0.03 * rng.normal(size=(900, 2, 2))  # along a view: across the floor and in height
    soles_m += off_m[..., None] * [0.5, 0.7, 0.5]
    floor = find_floor(soles_m, np.ones((900, 2, 2), bool), 30.0)
    assert np.degrees(np.arctan(np.abs(floor.slope))).max() < 1.0


def test_vertical_is_put_right_once_however_often_contacts_are_found():
    clip, _ = walk(n_steps=1)
    standing_still = replace(joint_motion(clip), root_m=clip.positions_m[:, 0])
    tilted, _ = level(
        with_motion(clip, standing_still), Floor(np.array([0.12, 0.0]), np.full((2, 2), 0.025))
    )
    once = find_floor(sole_points(tilted, SOLES_M), find_ground(tilted).clip.contacts, clip.fps)
    up = find_ground(tilted).clip.T_cam_world[0, :3, :3].T @ tilted.T_cam_world[0, :3, :3]
    turned = np.degrees(np.arccos(up[2, 2]))
    assert turned < 1.3 * np.degrees(np.arctan(np.linalg.norm(once.slope))) + 0.3


def test_floor_under_nothing_is_level():
    floor = find_floor(np.zeros((5, 2, 2, 3)), np.zeros((5, 2, 2), bool), 30.0)
    np.testing.assert_array_equal(floor.slope, 0.0)


def test_leg_reaches_and_stays_where_it_is_already():
    knee_m, ankle_m = np.array([0.0, 0.0, -0.42]), np.array([0.0, 0.0, -0.4])
    turn = np.linspace(0.0, 0.8, 9)
    cosine, sine = np.cos(turn), np.sin(turn)
    shank = np.zeros((9, 3, 3))
    shank[:, 0, 0], shank[:, 1, 1], shank[:, 2, 2] = 1.0, cosine, cosine
    shank[:, 1, 2], shank[:, 2, 1] = -sine, sine
    pose = LegPose(np.broadcast_to(np.eye(3), (9, 3, 3)), shank)
    hip_m = np.zeros((9, 3))
    there = pose.thigh @ knee_m + pose.shank @ ankle_m
    same = reach(pose, hip_m, there, knee_m, ankle_m)
    np.testing.assert_allclose(same.shank, pose.shank, atol=1e-7)
    moved = there + [0.05, -0.1, 0.12]
    leg = reach(pose, hip_m, moved, knee_m, ankle_m)
    np.testing.assert_allclose(leg.thigh @ knee_m + leg.shank @ ankle_m, moved, atol=1e-5)
    bend = np.cross(leg.thigh @ knee_m, leg.shank @ ankle_m)
    assert (np.einsum("fa,fa->f", bend, leg.thigh[..., 0]) >= 0.0).all()


def test_contacts_are_steady_and_short_ones_are_not_begun():
    probability = np.zeros((30, 2, 2))
    probability[5:20, 0, 0] = [0.5, *[0.9] * 6, 0.5, *[0.9] * 6, 0.5]
    probability[10, 1, 1] = 0.9
    contacts = steady(probability, 30.0)
    assert contacts[5:20, 0, 0].all()
    assert contacts.sum() == 15


def test_edits_have_the_last_word():
    times_s = np.arange(10) / 10.0
    edits = [
        ContactEdit(foot="right", point="toe", start_s=0.2, end_s=0.5, in_contact=True),
        ContactEdit(foot="right", point="toe", start_s=0.4, end_s=0.5, in_contact=False),
    ]
    contacts = edited(np.zeros((10, 2, 2), bool), times_s, edits)
    np.testing.assert_array_equal(np.flatnonzero(contacts[:, 1, 1]), [2, 3])
    assert contacts.sum() == 2


@pytest.mark.parametrize("bend_deg", [-6.0, -2.0, 0.0, 1.0])
@pytest.mark.parametrize("nearer_m", [-0.002, 0.0, 0.004, 0.02])
def test_knee_never_bends_backwards(bend_deg, nearer_m):
    knee_m, ankle_m = np.array([0.0, 0.0, -0.42]), np.array([0.0, 0.0, -0.4])
    c, s = np.cos(np.radians(bend_deg)), np.sin(np.radians(bend_deg))
    pose = LegPose(np.eye(3)[None], np.array([[[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]]]))
    there = pose.thigh @ knee_m + pose.shank @ ankle_m
    length_m = np.linalg.norm(there)
    target = there * (length_m - nearer_m) / length_m
    leg = reach(pose, np.zeros((1, 3)), target, knee_m, ankle_m)
    local = leg.thigh[0].T @ leg.shank[0]
    assert np.arcsin(local[2, 1]) > -1e-6
    reachable = min(length_m - nearer_m, 0.82)
    found = np.linalg.norm(leg.thigh @ knee_m + leg.shank @ ankle_m)
    assert found == pytest.approx(reachable, abs=2e-4)
