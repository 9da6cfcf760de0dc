"""Fingers on rigs of the families: which bones they are, and where they point. Plain numpy."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.hand_acting import act
from benchmarks.rig_families import Skeleton, load_family, load_makehuman
from benchmarks.rig_scoring import play_keys
from blender_addon.armature.bake_options import RetargetOptions
from blender_addon.armature.bone_presets import BUNDLED, read_presets
from blender_addon.armature.mapping.fingers import finger_bones
from blender_addon.armature.resample import sample_motion
from blender_addon.armature.rest_pose import rest_bones
from blender_addon.armature.retarget import retarget
from blender_addon.armature.rig import Rig, simple_rig
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.finger_names import FINGER_NAMES
from mvmocap_core.motion.fingers import without_fingers

PRESETS, _ = read_presets([BUNDLED])
FAMILIES = (
    "mixamo", "unreal4", "unreal5", "unity", "vrm", "biped", "character_creator", "daz_genesis8",
    "daz_genesis9", "auto_rig_pro_export",
)  # fmt: skip


@pytest.fixture(scope="module")
def clip() -> MotionClip:
    return act(7, hand_px=80.0, duration_s=1.5).truth


def rig_of(skeleton: Skeleton) -> Rig:
    return simple_rig(
        skeleton.names, skeleton.parents, skeleton.heads_m, skeleton.tails_m, skeleton.rotmats
    )


def renamed(rig: Rig, old: str, new: str) -> Rig:
    return replace(rig, names=tuple(name.replace(old, new) for name in rig.names))


def skeleton_of(family: str) -> Skeleton:
    return load_makehuman("default") if family == "makehuman" else load_family(family)


@pytest.mark.parametrize("family", [*FAMILIES, "makehuman"])
def test_every_familys_fingers_are_found_three_bones_each(family: str):
    skeleton = skeleton_of(family)
    rig = rig_of(skeleton)
    found = finger_bones(rig, skeleton.truth, PRESETS)
    assert set(found) == set(FINGER_NAMES)
    for joint, bone in found.items():
        side = joint.partition("_")[0]
        assert rig.index[skeleton.truth[f"{side}_wrist"]] in rig.path_up(rig.index[bone])
    assert len(set(found.values())) == len(FINGER_NAMES)


def test_an_unknown_familys_fingers_are_found_by_their_names_below_the_hands():
    skeleton = load_family("mixamo")
    known = finger_bones(rig_of(skeleton), skeleton.truth, PRESETS)
    rig = renamed(rig_of(skeleton), "mixamorig:", "Hero_")
    truth = {joint: bone.replace("mixamorig:", "Hero_") for joint, bone in skeleton.truth.items()}
    assert finger_bones(rig, truth, PRESETS) == {
        joint: bone.replace("mixamorig:", "Hero_") for joint, bone in known.items()
    }


def test_a_rig_without_fingers_has_none():
    skeleton = load_family("auto_rig_pro")
    assert finger_bones(rig_of(skeleton), skeleton.truth, PRESETS) == {}


@pytest.mark.parametrize("family", [*FAMILIES, "makehuman"])
def test_fingers_point_as_the_performers(family: str, clip: MotionClip):
    skeleton = skeleton_of(family)
    rig = rig_of(skeleton)
    bone_map = {**finger_bones(rig, skeleton.truth, PRESETS), **skeleton.truth}
    options = RetargetOptions(use_feet_ik=False)
    keys = retarget(rig, clip, sample_motion(clip), bone_map, options)
    _, heads_m = play_keys(rig, keys, [rig.index[bone] for bone in bone_map.values()])
    names = clip.joint_names.tolist()
    for name in FINGER_NAMES:
        finger, number = name[:-2], int(name[-1])
        if number < 3:
            after = f"{finger}_{number + 1}"
            ours = heads_m[rig.index[bone_map[after]]] - heads_m[rig.index[bone_map[name]]]
            theirs = (
                clip.positions_m[:, names.index(after)] - clip.positions_m[:, names.index(name)]
            )
            assert degrees_between(ours, theirs).max() < 3.0, name


def test_fingers_on_a_bone_that_constraints_move_are_turned_as_if_it_went_with_the_hand(
    clip: MotionClip,
):
    skeleton = load_family("mixamo")
    plain = rig_of(skeleton)
    bone_map = {**finger_bones(plain, skeleton.truth, PRESETS), **skeleton.truth}
    # A helper that rests like the hand and hangs on no arm, where the fingers of one hand hang.
    hand, helper = plain.index[skeleton.truth["left_wrist"]], len(plain.names)
    below = [helper if parent == hand else parent for parent in plain.parents]
    order = [*range(hand + 1), helper, *range(hand + 1, helper)]
    place = np.argsort(order)
    parents = np.array([*below, -1])[order]

    def with_helper(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, values[[hand]]])[order]

    rig = simple_rig(
        [(*plain.names, "helper")[bone] for bone in order],
        [int(place[parent]) if parent >= 0 else -1 for parent in parents],
        with_helper(plain.heads_m), with_helper(plain.tails_m), with_helper(plain.rotmats),
    )  # fmt: skip
    options = RetargetOptions(use_feet_ik=False)
    ours, theirs = (
        retarget(each, clip, sample_motion(clip), bone_map, options).rotations_quat_wxyz
        for each in (rig, plain)
    )
    assert rig.index["helper"] not in ours
    for name in FINGER_NAMES:
        bone = bone_map[name]
        np.testing.assert_allclose(
            np.abs((ours[rig.index[bone]] * theirs[plain.index[bone]]).sum(axis=-1)), 1.0, atol=1e-9
        )


@pytest.mark.parametrize("family", ["mixamo", "makehuman"])
def test_without_hands_in_the_motion_fingers_are_left_alone(family: str, clip: MotionClip):
    skeleton = skeleton_of(family)
    rig = rig_of(skeleton)
    plain = without_fingers(clip)
    keys = retarget(rig, plain, sample_motion(plain), skeleton.truth, RetargetOptions())
    fingers = finger_bones(rig, skeleton.truth, PRESETS).values()
    assert not {rig.index[bone] for bone in fingers} & set(keys.rotations_quat_wxyz)


def test_the_generated_armature_has_fingers_that_its_own_preset_finds(clip: MotionClip):
    bones = rest_bones(clip)
    rig = simple_rig(
        [bone.name for bone in bones],
        [bone.parent for bone in bones],
        np.stack([bone.head for bone in bones]),
        np.stack([bone.tail for bone in bones]),
        np.stack([bone.rotmat for bone in bones]),
    )
    found = finger_bones(rig, {"left_wrist": "wrist.L", "right_wrist": "wrist.R"}, PRESETS)
    assert found["left_index_2"] == "index_2.L"
    assert set(found) == set(FINGER_NAMES)
    for bone in bones:
        if bone.name.startswith(("index", "pinky")):  # a turn about x bends it to the palm
            bent = bone.rotmat @ [0.0, np.cos(0.5), np.sin(0.5)]
            assert bent[2] < bone.rotmat[2, 1] - 0.4
    lengths = np.linalg.norm([bone.tail - bone.head for bone in bones], axis=1)
    assert lengths.min() > 0.005


def degrees_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    cosine = np.sum(a * b, axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
