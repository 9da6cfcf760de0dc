from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def facts(measure: Callable[..., dict[str, Any]], motion_file: Path) -> dict[str, Any]:
    return measure("link_facts", motion_file.parent)


@pytest.mark.parametrize("rig", ["mixamo", "metarig", "rigify"])
def test_a_linked_rig_stands_as_a_baked_one(facts: dict[str, Any], rig: str):
    apart_m, *apart_deg = facts[rig]["off"]
    assert apart_m < 1e-4
    assert max(apart_deg) < 0.1


def test_bake_takes_the_place_of_the_link(facts: dict[str, Any]):
    assert facts["mixamo"]["is_linked_once"] == 2  # an armature and its object
    assert facts["mixamo"]["after_bake"] == [True, 1]  # an action


def test_unlinking_leaves_the_rig_as_it_was(facts: dict[str, Any]):
    is_same, apart_m = facts["unlinked"]
    assert is_same
    assert apart_m < 1e-6


def test_what_the_animator_does_to_the_skeleton_is_shown_and_baked(facts: dict[str, Any]):
    apart_m, *apart_deg = facts["edited"]
    assert apart_m < 1e-4
    assert max(apart_deg) < 0.1
    assert facts["lifted_m"] == pytest.approx(0.5, abs=0.05)


def test_a_link_follows_the_skeleton_of_a_new_set_up(facts: dict[str, Any]):
    assert facts["follows_after_set_up"]


def test_what_cannot_be_linked_says_why_and_changes_nothing(facts: dict[str, Any]):
    assert "Choose an armature first" in facts["without_a_target"]
    assert "Set Up Scene" in facts["without_a_skeleton"]
    assert all("keep one of them" in said for said in facts["bad_map"])
    assert facts["after_bad_map"] == [True, True, 0.0]
