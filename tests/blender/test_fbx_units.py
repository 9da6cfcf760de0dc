from collections.abc import Callable
from typing import Any

import pytest

FAMILIES, PROGRAMS = ("mixamo", "unreal4"), ("MIXAMO", "UNITY", "UNREAL")


@pytest.fixture(scope="module")
def facts(measure: Callable[..., dict[str, Any]], tmp_path_factory) -> dict[str, Any]:
    return measure("fbx_units_facts", tmp_path_factory.mktemp("fbx"))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("family", FAMILIES)
def test_bones_and_mesh_come_back_where_they_were(facts: dict[str, Any], family: str, program: str):
    found = facts[family][program]
    assert max(found["error_m"]) < 1e-3
    assert found["moved_m"] > 0.3


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_armature_is_not_scaled(facts: dict[str, Any], family: str, program: str):
    assert facts[family][program]["scaling"] == pytest.approx([1.0, 1.0, 1.0], rel=1e-4)


def test_lengths_are_in_the_programs_unit(facts: dict[str, Any]):
    for family in FAMILIES:
        units_m = {program: found["unit_m"] for program, found in facts[family].items()}
        assert units_m == {"MIXAMO": 0.01, "UNITY": 1.0, "UNREAL": 0.01}


def test_unreal_gets_one_root_bone(facts: dict[str, Any]):
    assert facts["mixamo"]["UNREAL"]["root"] == "root"
    assert facts["unreal4"]["UNREAL"]["root"] == "Armature"
    assert facts["unreal4"]["UNITY"]["root"] == "Unreal Mannequin UE4"
