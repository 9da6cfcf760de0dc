"""Bones that are found in any rig, by name, tree and shape. Plain data, no Blender."""

import numpy as np
import pytest

from benchmarks.rig_families import Skeleton, load_family, load_makehuman, table_families
from benchmarks.rig_random import random_skeleton
from blender_addon.armature.bone_presets import BUNDLED, read_presets
from blender_addon.armature.detected_map import NO_FAMILY, SURE, DetectedMap
from blender_addon.armature.mapping.detect import detect_bones
from blender_addon.armature.mapping.names import read_names
from blender_addon.armature.rig import Rig, simple_rig

PRESETS, _ = read_presets([BUNDLED])
HIGH_SCORE = 0.8
CONTROL_RIGS = ("auto_rig_pro",)


def rig_of(skeleton: Skeleton) -> Rig:
    return simple_rig(skeleton.names, skeleton.parents, skeleton.heads_m, skeleton.tails_m)


def nameless(skeleton: Skeleton) -> Rig:
    names = [f"bone {number}" for number in range(len(skeleton.names))]
    return simple_rig(names, skeleton.parents, skeleton.heads_m, skeleton.tails_m)


def wrong_joints(skeleton: Skeleton, found: DetectedMap) -> set[str]:
    """Of the middle spine and the neck any bone between their neighbours will do."""
    loose = {joint for joint in ("spine_2", "neck") if joint in skeleton.truth}
    return {
        joint for joint, bone in found.bones.items()
        if joint not in loose and skeleton.truth.get(joint) != bone
    }  # fmt: skip


@pytest.mark.parametrize("family", table_families())
def test_every_family_is_mapped_completely_by_its_preset(family: str):
    skeleton = load_family(family)
    found = detect_bones(rig_of(skeleton), PRESETS)
    assert found.bones == skeleton.truth
    assert found.score == 1.0
    assert found.family != NO_FAMILY


@pytest.mark.parametrize("name", ["default", "game_engine", "cmu", "mixamo"])
def test_makehumans_own_rigs_are_mapped_completely(name: str):
    skeleton = load_makehuman(name)
    found = detect_bones(rig_of(skeleton), PRESETS)
    assert found.bones == skeleton.truth
    assert found.score == 1.0


@pytest.mark.parametrize("family", [f for f in table_families() if f not in CONTROL_RIGS])
def test_every_family_is_mapped_without_a_preset(family: str):
    skeleton = load_family(family)
    found = detect_bones(rig_of(skeleton), PRESETS[:1])
    assert found.family == NO_FAMILY
    assert wrong_joints(skeleton, found) == set()
    assert set(found.bones) == set(skeleton.truth)


@pytest.mark.parametrize("family", ["mixamo", "unreal5", "unity", "vrm", "daz_genesis8"])
def test_limbs_are_found_where_names_mean_nothing(family: str):
    skeleton = load_family(family)
    rig = nameless(skeleton)
    found = detect_bones(rig, PRESETS)
    limbs = [joint for joint in skeleton.truth if joint.split("_")[-1] in
             ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")]  # fmt: skip
    for joint in limbs:
        assert rig.index[found.bones[joint]] == skeleton.names.index(skeleton.truth[joint])


@pytest.mark.parametrize("has_names", [True, False])
def test_no_random_rig_is_mapped_wrongly_with_a_high_score(has_names: bool):
    for seed in range(30):
        skeleton = random_skeleton(1000 + seed, has_names=has_names)
        found = detect_bones(rig_of(skeleton), PRESETS)
        wrong = wrong_joints(skeleton, found)
        assert not wrong or found.score < HIGH_SCORE, (seed, wrong)
        assert all(found.certainty[joint] < SURE for joint in wrong), (seed, wrong)


def test_named_random_rigs_are_mapped_completely():
    for seed in range(30):
        skeleton = random_skeleton(2000 + seed, has_names=True)
        found = detect_bones(rig_of(skeleton), PRESETS)
        assert wrong_joints(skeleton, found) == set()
        assert set(found.bones) >= set(skeleton.truth) - {"spine_2"}


def test_a_rig_on_its_side_or_turned_is_mapped_alike():
    skeleton = load_family("mixamo")
    turn = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    names = [f"bone {number}" for number in range(len(skeleton.names))]
    upright = simple_rig(names, skeleton.parents, skeleton.heads_m, skeleton.tails_m)
    turned = simple_rig(
        names, skeleton.parents, 3.0 * skeleton.heads_m @ turn, 3.0 * skeleton.tails_m @ turn
    )
    assert detect_bones(turned, PRESETS).bones == detect_bones(upright, PRESETS).bones


def test_names_that_are_swapped_left_to_right_are_unsure():
    skeleton = load_family("unreal4")
    swapped = [name[:-1] + {"l": "r", "r": "l"}[name[-1]] if name[-2:] in ("_l", "_r") else name
               for name in skeleton.names]  # fmt: skip
    rig = simple_rig(swapped, skeleton.parents, skeleton.heads_m, skeleton.tails_m)
    assert detect_bones(rig, PRESETS).score < HIGH_SCORE


@pytest.mark.parametrize("n_bones", [0, 1, 6])
def test_a_rig_that_is_no_person_has_score_zero(n_bones: int):
    heads = np.arange(3.0 * n_bones).reshape(n_bones, 3)
    rig = simple_rig([f"b{i}" for i in range(n_bones)], range(-1, n_bones - 1), heads, heads + 1)
    found = detect_bones(rig, PRESETS)
    assert (found.bones, found.score) == ({}, 0.0)


@pytest.mark.parametrize(
    ("name", "side", "kind"),
    [
        ("mixamorig:LeftForeArm", "left", "elbow"),
        ("upperarm_r", "right", "shoulder"),
        ("CC_Base_L_Thigh", "left", "hip"),
        ("lShldrBend", "left", "shoulder"),
        ("Bip01 R Calf", "right", "knee"),
        ("thigh_stretch.l", "left", "hip"),
        ("neck_02", "", "neck"),
        ("J_Bip_C_UpperChest", "", "spine"),
        ("hand.R.001", "right", "wrist"),
    ],
)
def test_names_are_read(name: str, side: str, kind: str):
    (reading,) = read_names([name])
    assert reading.side == side
    assert reading.fit(kind) == 1.0


@pytest.mark.parametrize("name", ["upperarm_twist_01_l", "LeftHandIndex1", "ik_foot_l", "lEye"])
def test_names_of_other_bones_speak_against_every_joint(name: str):
    (reading,) = read_names([name])
    assert reading.fit("shoulder") == reading.fit("wrist") == reading.fit("ankle") == -1.0
