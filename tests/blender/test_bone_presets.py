import json
from pathlib import Path

import pytest

from blender_addon.armature.bone_map import read_bone_map
from blender_addon.armature.bone_presets import (
    BUNDLED,
    BonePreset,
    RigSetting,
    detect_bones,
    read_preset,
    read_presets,
    write_preset,
)
from mvmocap_core.body.skeleton import JOINT_NAMES
from mvmocap_core.errors import InputError


def test_bundled_presets_name_joints_of_the_skeleton():
    presets, complaints = read_presets([BUNDLED])
    assert complaints == []
    assert len(presets) >= 4
    for preset in presets:
        assert set(preset.bones) <= set(JOINT_NAMES)
        assert set(preset.required) <= set(preset.bones)
        assert len(set(preset.bones.values())) == len(preset.bones)


@pytest.mark.parametrize("prefix", ["", "mixamorig:", "mixamorig9:", "mixamorig_"])
def test_a_prefix_before_every_name_is_seen_through(prefix: str):
    presets, _ = read_presets([BUNDLED])
    mixamo = next(preset for preset in presets if preset.name == "Mixamo")
    names = [prefix + bone for bone in mixamo.bones.values()]
    found = detect_bones([*names, "sword"], presets)
    assert (found.preset.name, found.score) == ("Mixamo", 1.0)
    assert found.bones["left_elbow"] == f"{prefix}LeftForeArm"


def test_an_unknown_rig_gets_the_best_preset_with_a_low_score():
    presets, _ = read_presets([BUNDLED])
    found = detect_bones(["root", "thorax", "wing.L", "wing.R", "head"], presets)
    assert 0.0 < found.score < 0.2
    assert list(found.bones.values()) == ["head"]


def test_a_rig_that_lacks_a_few_bones_keeps_its_family():
    presets, _ = read_presets([BUNDLED])
    mixamo = next(preset for preset in presets if preset.name == "Mixamo")
    names = [f"mixamorig:{bone}" for joint, bone in mixamo.bones.items() if joint != "head"]
    found = detect_bones(names, presets)
    assert found.preset.name == "Mixamo"
    assert 0.9 < found.score < 1.0
    assert "head" not in found.bones


def test_a_preset_is_read_as_it_was_written(tmp_path: Path):
    preset = BonePreset(
        name="Ève",
        bones={"head": "tête"},
        required=("head",),
        prefixes=("x:",),
        settings=(RigSetting("arm", "IK_FK", 1.0),),
    )
    write_preset(tmp_path / "new folder" / "eve.json", preset)
    assert read_preset(tmp_path / "new folder" / "eve.json") == preset


def test_a_saved_preset_serves_as_the_bone_map_of_a_batch(tmp_path: Path):
    path = tmp_path / "eve.json"
    write_preset(path, BonePreset(name="Eve", bones={"head": "skull"}))
    assert read_bone_map(path, ["head"], ["skull"]) == {"head": "skull"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema_version": 2, "name": "x", "bones": {}}',
             '{"schema_version": 1, "name": "x", "bones": {}, "prefixes": ["("]}']
)  # fmt: skip
def test_a_file_that_is_no_preset_is_named_and_the_others_are_used(tmp_path: Path, text: str):
    (tmp_path / "bad.json").write_text(text)
    write_preset(tmp_path / "good.json", BonePreset(name="good", bones={"head": "b"}))
    presets, complaints = read_presets([tmp_path])
    assert [preset.name for preset in presets] == ["good"]
    assert len(complaints) == 1
    assert "bad.json" in complaints[0]
    assert "\n" not in complaints[0]
    with pytest.raises(InputError):
        read_preset(tmp_path / "bad.json")


def test_bundled_preset_files_are_complete():
    for path in BUNDLED.glob("*.json"):
        document = json.loads(path.read_text())
        assert set(document) == {
            "schema_version", "name", "prefixes", "bones", "required", "settings",
        }  # fmt: skip
