import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]],
    motion_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    os.environ["BLENDER_USER_RESOURCES"] = str(tmp_path_factory.mktemp("user"))
    try:
        return measure("bake_operator_facts", motion_file.parent)
    finally:
        del os.environ["BLENDER_USER_RESOURCES"]


@pytest.mark.parametrize("kind", ["generated", "rig"])
def test_operator_bakes_as_its_function_does(facts: dict[str, Any], kind: str):
    by_operator, by_function = np.array(facts[kind])
    np.testing.assert_array_equal(by_operator, by_function)
    assert np.ptp(by_operator, axis=0).max() > 0.5


def test_a_part_of_the_take_begins_with_the_scenes_frames(facts: dict[str, Any]):
    assert facts["offered"] == [3, 19]


def test_only_the_range_is_keyed_in_an_action_of_the_given_name(facts: dict[str, Any]):
    assert facts["action"] == ["dance", 5.0, 12.0]


def test_pushed_to_nla_the_rig_moves_as_with_the_action(facts: dict[str, Any]):
    assert facts["nla"] == [["dance.001"]]
    assert not facts["has_action_after_nla"]
    np.testing.assert_allclose(facts["in_nla"], facts["rig"][0], atol=1e-5)


def test_choosing_an_armature_detects_its_bones(facts: dict[str, Any]):
    assert facts["detected"] == ["Mixamo", 1.0]


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("outside", "no frame between the in and the out point"),
        ("twice", "Mixamo: two joints move the bone"),
        ("unknown", "Mixamo: there is no bone 'no such bone'"),
        ("no_take", "solve again"),
    ],
)
def test_a_bake_that_cannot_be_done_says_why(facts: dict[str, Any], case: str, says: str):
    assert says in facts[case]


def test_a_refused_bake_changes_nothing(facts: dict[str, Any]):
    assert facts["is_unchanged"]


def test_a_saved_bone_map_comes_back(facts: dict[str, Any]):
    assert facts["after_detect"] == "Mixamo"
    assert facts["own_preset"] == ["No Head", 1.0, "", "mixamorig:Neck"]
