from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mvmocap_core.motion.clip import MotionClip

FORMATS = ("fbx", "bvh", "glb", "usd")


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]], motion_file: Path, tmp_path_factory
) -> dict[str, Any]:
    return measure("export_facts", motion_file, tmp_path_factory.mktemp("exports"))


@pytest.mark.parametrize("file_format", FORMATS)
def test_joints_come_back_within_a_millimetre(facts: dict[str, Any], file_format: str):
    assert facts[file_format]["error_m"] < 1e-3


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_comes_back_moves_with_constant_bone_lengths(facts: dict[str, Any], file_format: str):
    assert facts[file_format]["moved_m"] > 0.5
    assert facts[file_format]["length_spread_m"] < 1e-4


@pytest.mark.parametrize("file_format", FORMATS)
def test_armature_comes_back_at_its_own_size(facts: dict[str, Any], file_format: str):
    assert facts[file_format]["scale"] == pytest.approx([1.0, 1.0, 1.0], rel=1e-5)


@pytest.mark.parametrize("file_format", ["fbx", "bvh", "glb"])
def test_every_frame_has_a_key(facts: dict[str, Any], clip: MotionClip, file_format: str):
    assert facts[file_format]["n_keys"] == len(clip.times_s)


@pytest.fixture(scope="module")
def rig_facts(
    measure: Callable[..., dict[str, Any]], motion_file: Path, tmp_path_factory
) -> dict[str, Any]:
    return measure("rig_export_facts", motion_file, tmp_path_factory.mktemp("rigs"))


@pytest.mark.parametrize("family", ["mixamo", "unreal4"])
@pytest.mark.parametrize("file_format", FORMATS)
def test_characters_in_centimetres_and_y_up_come_back_too(
    rig_facts: dict[str, Any], family: str, file_format: str
):
    assert rig_facts[family][file_format] < 1e-3
