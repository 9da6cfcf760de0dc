from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mvmocap_core.motion.clip import MotionClip


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]], motion_file: Path, tmp_path_factory
) -> dict[str, Any]:
    return measure("bake_options_facts", motion_file.parent, tmp_path_factory.mktemp("library"))


def test_into_the_current_action_only_keys_on_the_baked_frames_give_way(facts: dict[str, Any]):
    assert facts["is_own_action"]
    assert facts["frames"] == [-10.0, *map(float, range(5, 13)), 90.0]
    (first, _, _, last), kept = facts["hand_keys"]
    np.testing.assert_allclose(kept, [first, last])
    assert facts["interpolation"] == ["BEZIER", "LINEAR", "BEZIER"]


def test_curves_that_no_joint_moves_stay(facts: dict[str, Any]):
    assert facts["scale_keys"] == [-10.0, 6.0, 8.0, 90.0]


def test_a_bone_in_euler_angles_stays_so_and_moves_like_one_in_quaternions(facts: dict[str, Any]):
    assert facts["mode"] == "XZY"
    in_eulers, in_quaternions = np.array(facts["heads"])
    np.testing.assert_allclose(in_eulers, in_quaternions, atol=1e-5)


def test_the_way_goes_onto_the_hips_a_root_bone_or_nowhere(facts: dict[str, Any], clip: MotionClip):
    way = (clip.positions_m[20, 0] - clip.positions_m[0, 0]) * [1.0, 1.0, 0.0]
    (start,), (end,) = np.array(facts["HIPS"])
    held = np.array(facts["IN_PLACE"])[1, 0]
    np.testing.assert_allclose(held, end - way, atol=1e-5)
    carried = np.array(facts["ROOT_BONE"])
    np.testing.assert_allclose(carried[1, 0], end, atol=1e-5)
    np.testing.assert_allclose(carried[1, 1], way, atol=1e-5)
    assert np.linalg.norm(end - start) > 0.1


def test_without_a_root_bone_the_bake_is_refused_and_changes_nothing(facts: dict[str, Any]):
    assert "No bone of this armature can carry the way" in facts["no_root"]
    assert facts["is_unchanged"]


@pytest.mark.parametrize("kind", ["object", "collection", "instance"])
def test_a_linked_character_moves_by_a_library_override_in_its_place(
    facts: dict[str, Any], kind: str
):
    linked = facts[kind]
    assert linked["is_override"]
    assert linked["is_target"]
    assert linked["moved"] > 0.1
    assert len(linked["shown"]) == 1
    assert linked["is_made_once"]


@pytest.mark.parametrize("kind", ["object", "collection", "instance"])
def test_a_linked_character_keeps_its_bone_map(facts: dict[str, Any], kind: str):
    assert facts[kind]["head"] == ""


@pytest.mark.parametrize("kind", ["object", "collection", "instance"])
def test_a_refused_bake_makes_no_override(facts: dict[str, Any], kind: str):
    says, is_unchanged = facts[kind]["refused"]
    assert "no frame between" in says
    assert is_unchanged
