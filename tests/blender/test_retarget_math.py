"""The retargeting itself, on skeletons of the families. Plain numpy, no Blender."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from synthetic_clip import synthetic_clip

from benchmarks.rig_families import Skeleton, load_family, load_makehuman
from benchmarks.rig_scoring import play_keys
from blender_addon.armature import quaternions as quat
from blender_addon.armature.bake_options import RetargetOptions, RootMotion
from blender_addon.armature.limb_ik import bend_limb
from blender_addon.armature.pose import Pose
from blender_addon.armature.resample import sample_motion
from blender_addon.armature.rest_fit import fit_rest_pose
from blender_addon.armature.retarget import (
    retarget,
    world_places_m,
    world_turns,
)
from blender_addon.armature.rig import Rig, simple_rig
from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import MotionClip

CLIP = synthetic_clip()
PLAIN = RetargetOptions(use_feet_ik=False)
NAMES = [str(name) for name in CLIP.joint_names]
LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
SEGMENTS = [(f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in LIMBS]


def rig_of(skeleton: Skeleton, turn: np.ndarray | None = None, size: float = 1.0) -> Rig:
    turn = np.eye(3) if turn is None else turn
    return replace(
        simple_rig(skeleton.names, skeleton.parents, size * skeleton.heads_m @ turn.T,
                   size * skeleton.tails_m @ turn.T, turn @ skeleton.rotmats), scale=0.01,
    )  # fmt: skip


def played(
    rig: Rig,
    truth: dict[str, str],
    options: RetargetOptions,
    clip: MotionClip,
    shown: Iterable[str] = (),
) -> Pose:
    """The pose that Blender makes of the keys."""
    keys = retarget(rig, clip, sample_motion(clip), truth, options)
    bones = [rig.index[bone] for bone in (*truth.values(), *shown)]
    axes, heads_m = play_keys(rig, keys, bones)
    return Pose(axes, heads_m, {}, {})


def degrees_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    cosine = np.sum(a * b, axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


@pytest.mark.parametrize("family", ["mixamo", "unreal5", "vrm", "daz_genesis8", "makehuman"])
@pytest.mark.parametrize("quarters", [0, 1, 2])
def test_limbs_point_as_the_performers_wherever_the_rig_faces(family: str, quarters: int):
    skeleton = load_makehuman("default") if family == "makehuman" else load_family(family)
    c, s = np.cos(quarters * np.pi / 2), np.sin(quarters * np.pi / 2)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    rig = rig_of(skeleton, turn, 1.4)
    pose = played(rig, skeleton.truth, PLAIN, CLIP)
    for a, b in SEGMENTS:
        ours = (pose.heads_m[rig.index[skeleton.truth[b]]]
                - pose.heads_m[rig.index[skeleton.truth[a]]])  # fmt: skip
        theirs = CLIP.positions_m[:, NAMES.index(b)] - CLIP.positions_m[:, NAMES.index(a)]
        assert degrees_between(ours, theirs).max() < 0.1, (a, b)


def test_feet_reach_the_performers_scaled_places():
    skeleton = load_makehuman("game_engine")
    rig = rig_of(skeleton)
    options = RetargetOptions(use_feet_ik=True, use_hands_ik=True)
    clip = replace(CLIP, rotations_quat_wxyz=_gentle(CLIP.rotations_quat_wxyz))
    poses = [played(rig, skeleton.truth, one, clip) for one in (options, PLAIN)]
    bones = {NAMES.index(joint): rig.index[bone] for joint, bone in skeleton.truth.items()}
    fit = fit_rest_pose(rig, clip, bones)
    turns = world_turns(clip, clip.rotations_quat_wxyz)
    places = world_places_m(clip, turns, clip.positions_m[:, 0])
    for joint in ("left_ankle", "right_ankle"):
        index, bone = NAMES.index(joint), rig.index[skeleton.truth[joint]]
        sole = np.tile([0.0, 0.0, fit.up_m([joint])], (len(places), 1))
        target = fit.scale * places[:, index] + quat.rotate(turns[:, index], sole)
        bent, plain = (np.linalg.norm(pose.heads_m[bone] - target, axis=1) for pose in poses)
        assert bent.max() < 0.005
        assert bent.mean() < 0.2 * plain.mean()
        for own, other in zip(*(pose.quats_wxyz[bone] for pose in poses), strict=True):
            assert abs(own @ other) > 1.0 - 1e-9  # the foot stays turned as it was


def test_a_rig_without_toes_stands_on_the_floor_and_not_on_its_ankles():
    skeleton = load_family("mixamo")
    kept = [i for i, name in enumerate(skeleton.names) if "Toe" not in name]
    names = [skeleton.names[i] for i in kept]
    parents = [kept.index(skeleton.parents[i]) if skeleton.parents[i] >= 0 else -1 for i in kept]
    rig = simple_rig(names, parents, skeleton.heads_m[kept], skeleton.tails_m[kept],
                     skeleton.rotmats[kept])  # fmt: skip
    truth = {joint: bone for joint, bone in skeleton.truth.items() if bone in names}
    heights_m = []
    for toeless in (rig_of(skeleton), rig):
        pose = played(toeless, truth, PLAIN, CLIP)
        heights_m.append(pose.heads_m[toeless.index[truth["left_ankle"]]][:, 2])
    np.testing.assert_allclose(heights_m[0], heights_m[1], atol=1e-6)


def test_in_place_the_hips_stay_over_the_start():
    skeleton = load_family("mixamo")
    rig = rig_of(skeleton)
    options = RetargetOptions(use_feet_ik=False, root_motion=RootMotion.IN_PLACE)
    pelvis = rig.index[skeleton.truth["pelvis"]]
    held = played(rig, skeleton.truth, options, CLIP).heads_m[pelvis]
    walked = played(rig, skeleton.truth, PLAIN, CLIP).heads_m[pelvis]
    assert np.ptp(held[:, :2], axis=0).max() < 0.15 * np.ptp(walked[:, :2], axis=0).max()
    np.testing.assert_allclose(held[:, 2], walked[:, 2], atol=1e-9)


def test_a_root_bone_carries_the_way_and_the_hips_end_where_they_did():
    skeleton = load_family("unreal4")
    rig = rig_of(skeleton)
    options = RetargetOptions(use_feet_ik=False, root_motion=RootMotion.ROOT_BONE, root_bone="root")
    pelvis, root = rig.index["pelvis"], rig.index["root"]
    keys = retarget(rig, CLIP, sample_motion(CLIP), skeleton.truth, options)
    assert set(keys.locations) == {pelvis, root}
    pose = played(rig, skeleton.truth, options, CLIP)
    plain = played(rig, skeleton.truth, PLAIN, CLIP)
    np.testing.assert_allclose(pose.heads_m[pelvis], plain.heads_m[pelvis], atol=1e-9)


def test_the_root_above_the_hips_carries_the_way_unless_another_is_named():
    skeleton = load_family("unreal4")
    options = RetargetOptions(root_motion=RootMotion.ROOT_BONE)
    keys = retarget(rig_of(skeleton), CLIP, sample_motion(CLIP), skeleton.truth, options)
    assert skeleton.names.index("root") in keys.locations
    rootless = load_family("mixamo")
    with pytest.raises(InputError, match="no bone of this armature can carry the way"):
        retarget(rig_of(rootless), CLIP, sample_motion(CLIP), rootless.truth, options)


@pytest.mark.parametrize("root_bone", ["pelvis", "spine_01", "gone"])
def test_a_bone_that_cannot_carry_the_way_is_refused(root_bone: str):
    skeleton = load_family("unreal4")
    options = RetargetOptions(
        use_feet_ik=False, root_motion=RootMotion.ROOT_BONE, root_bone=root_bone
    )
    with pytest.raises(InputError, match="cannot carry the way"):
        retarget(rig_of(skeleton), CLIP, sample_motion(CLIP), skeleton.truth, options)


def test_with_ground_the_lower_foot_is_as_high_as_the_performers():
    skeleton = load_family("mixamo")
    rig = rig_of(skeleton)
    pose = played(rig, skeleton.truth, RetargetOptions(use_feet_ik=False, use_ground=True), CLIP)
    bones = {NAMES.index(joint): rig.index[bone] for joint, bone in skeleton.truth.items()}
    fit = fit_rest_pose(rig, CLIP, bones)
    feet = [f"{side}_{kind}" for side in ("left", "right") for kind in ("ankle", "toe")]
    ours = np.min([pose.heads_m[rig.index[skeleton.truth[j]]][:, 2] - fit.heights_m[j]
                   for j in feet], axis=0)  # fmt: skip
    theirs = np.min([CLIP.positions_m[:, NAMES.index(j), 2] - fit.clip_heights_m[j]
                     for j in feet], axis=0)  # fmt: skip
    np.testing.assert_allclose(ours, fit.scale * theirs, atol=1e-6)


def test_extra_bones_of_the_spine_share_the_turn():
    skeleton = load_family("unreal5")
    rig = rig_of(skeleton)
    keys = retarget(rig, CLIP, sample_motion(CLIP), skeleton.truth)
    keyed = {rig.names[bone] for bone in keys.rotations_quat_wxyz}
    assert {"spine_02", "spine_04", "neck_02"} <= keyed
    assert "ik_foot_l" not in keyed


TWISTED = replace(CLIP, rotations_quat_wxyz=CLIP.rotations_quat_wxyz.copy())
for _joint in ("left_elbow", "left_wrist"):
    _half = 0.5 * np.linspace(0.0, 0.6, len(CLIP.times_s))
    _twist = np.stack([np.cos(_half), np.sin(_half), 0 * _half, 0 * _half], axis=1)
    TWISTED.rotations_quat_wxyz[:, NAMES.index(_joint)] = _twist


def twist_rad(pose: Pose, rig: Rig, bone: str, above: str) -> float:
    """Of a bone against another in the last frame, about the left forearm."""
    rests = quat.from_rotmats(rig.rotmats)
    turns = [quat.multiply(pose.quats_wxyz[i], quat.conjugate(rests[i]))[-1]
             for i in (rig.index[above], rig.index[bone])]  # fmt: skip
    relative = quat.multiply(quat.conjugate(turns[0]), turns[1])
    forearm, hand = (rig.heads_m[rig.index[name]] for name in FOREARM[rig.names[0]])
    along = (hand - forearm) / np.linalg.norm(hand - forearm)
    angle = 2.0 * np.arctan2(relative[1:] @ along, relative[0])
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


FOREARM = {
    "root": ("lowerarm_l", "hand_l"),
    "mixamorig:Hips": ("mixamorig:LeftForeArm", "mixamorig:LeftHand"),
}


def test_twist_bones_share_the_hands_twist_and_the_elbow_stays_unturned():
    skeleton = load_family("unreal5")
    rig = rig_of(skeleton)
    twisted = ("lowerarm_l", "lowerarm_twist_02_l", "lowerarm_twist_01_l", "hand_l")
    pose = played(rig, skeleton.truth, PLAIN, TWISTED, twisted)
    parts = [twist_rad(pose, rig, bone, "upperarm_l") for bone in twisted]
    assert parts[-1] == pytest.approx(1.2, abs=0.15)  # the rest pose's elbow is bent
    np.testing.assert_allclose(np.array(parts) / parts[-1], [0.0, 0.33, 0.67, 1.0], atol=1e-6)


def test_without_twist_bones_the_forearm_takes_half_of_the_hands_twist():
    skeleton = load_family("mixamo")
    rig = rig_of(skeleton)
    pose = played(rig, skeleton.truth, PLAIN, TWISTED)
    parts = [twist_rad(pose, rig, f"mixamorig:{bone}", "mixamorig:LeftArm") for bone in
             ("LeftForeArm", "LeftHand")]  # fmt: skip
    np.testing.assert_allclose(parts, [0.6, 1.2], atol=0.02)


def test_twist_in_a_chain_leaves_elbow_and_hand_where_they_are():
    skeleton = load_family("daz_genesis8")
    rig = rig_of(skeleton)
    pose = played(rig, skeleton.truth, PLAIN, TWISTED)
    for a, b in SEGMENTS[:2]:
        ours = (pose.heads_m[rig.index[skeleton.truth[b]]]
                - pose.heads_m[rig.index[skeleton.truth[a]]])  # fmt: skip
        index = [NAMES.index(joint) for joint in (a, b)]
        turns = world_turns(TWISTED, TWISTED.rotations_quat_wxyz)
        places = world_places_m(TWISTED, turns, CLIP.positions_m[:, 0])
        assert degrees_between(ours, places[:, index[1]] - places[:, index[0]]).max() < 0.1


def test_a_knee_that_is_bent_backwards_is_bent_forwards_by_ik():
    root = np.zeros((1, 3))
    middle, end = np.array([[0.0, 0.03, -0.45]]), np.array([[0.0, 0.0, -0.9]])
    hinge = np.array([[1.0, 0.0, 0.0]])
    upper, _ = bend_limb(root, middle, end, np.array([[0.0, 0.0, -0.8]]), hinge)
    assert quat.rotate(upper, middle)[0, 1] < -0.1  # the knee is in front, at -y


def test_a_limb_reaches_a_place_without_turning_its_hinge_round():
    rng = np.random.default_rng(2)
    root = rng.normal(size=(50, 3))
    middle = root + [0.0, -0.05, -0.45]
    end = middle + [0.0, 0.04, -0.45]
    target = end + 0.1 * rng.normal(size=(50, 3))
    upper, lower = bend_limb(root, middle, end, target, np.tile([1.0, 0.0, 0.0], (50, 1)))
    reached = root + quat.rotate(upper, middle - root) + quat.rotate(lower, end - middle)
    far = np.linalg.norm(target - root, axis=1) > 0.9
    np.testing.assert_allclose(reached[~far], target[~far], atol=1e-6)
    knees = root + quat.rotate(upper, middle - root)
    assert (knees[:, 1] < (0.5 * (root + reached))[:, 1]).all()


def test_quaternions_and_matrices_are_each_others_inverse():
    rng = np.random.default_rng(0)
    quats = rng.normal(size=(200, 4))
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    again = quat.from_rotmats(quat.to_rotmats(quats))
    np.testing.assert_allclose(np.abs(np.sum(quats * again, axis=1)), 1.0, atol=1e-12)


def _gentle(quats: np.ndarray) -> np.ndarray:
    """Half of every turn: legs that a person can have."""
    unit = np.array([1.0, 0.0, 0.0, 0.0])
    return quat.slerp(np.broadcast_to(unit, quats.shape), quats, 0.5)
