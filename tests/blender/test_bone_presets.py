import json
from pathlib import Path

import pytest

from blender_addon.armature.bone_map import read_bone_map
from blender_addon.armature.bone_presets import (
    BUNDLED,
    BonePreset,
    RigSetting,
    best_preset,
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
    preset, found = best_preset([*names, "sword"], presets)
    assert (preset.name, found.score) == ("Mixamo", 1.0)
    assert found.bones["left_elbow"] == f"{prefix}LeftForeArm"


def test_a_family_that_is_like_another_is_told_by_its_own_bones():
    presets, _ = read_presets([BUNDLED])
    mixamo = next(preset for preset in presets if preset.name == "Mixamo")
    cmu = next(preset for preset in presets if preset.name == "CMU motion capture")
    assert best_preset(list(cmu.bones.values()), presets)[0] == cmu
    assert best_preset(list(mixamo.bones.values()), presets)[0] == mixamo


def test_a_preset_is_read_as_it_was_written(tmp_path: Path):
    preset = BonePreset(
        name="Ève",
        bones={"head": "tête"},
        required=("head",),
        tells=("moustache",),
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
        assert set(document) - {"followers", "fingers"} == {
            "schema_version", "name", "prefixes", "bones", "required", "settings", "tells",
        }  # fmt: skip
