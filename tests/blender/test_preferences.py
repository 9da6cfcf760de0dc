from collections.abc import Callable
from typing import Any

import pytest

from blender_addon.shared_wheels import extensions_with


@pytest.fixture(scope="module")
def facts(measure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return measure("doctor_facts")


def test_doctor_finds_that_this_installation_solves(facts):
    assert facts["result"] == ["FINISHED"], facts["text"]
    assert not facts["problem"], facts["text"]
    assert not facts["is_running"]
    assert "self-test, solve: passed" in facts["text"]
    assert "mediapipe 0.10.33" in facts["text"]
    assert facts["text"].startswith("Blender ")


def test_doctor_shows_what_another_extension_brought(measure, tmp_path):
    info = tmp_path / "mediapipe-0.10.35.dist-info"
    info.mkdir()
    text = "Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.35\n"
    (info / "METADATA").write_text(text)
    facts = measure("doctor_facts", tmp_path)
    assert "mediapipe 0.10.35" in facts["problem"]
    assert "CONFLICT: mediapipe 0.10.35" in facts["text"]
    assert "scipy" in facts["text"]
    assert not facts["is_running"]


def test_preferences_come_and_go_with_the_extension(facts):
    assert facts["has_preferences"]
    assert facts["cache_folder"].endswith("mvmocap")
    assert facts["is_gone"]


def _extension(folder, extension_id, name, wheels):
    folder = folder / extension_id
    folder.mkdir()
    listed = ", ".join(f'"./wheels/{wheel}"' for wheel in wheels)
    text = f'id = "{extension_id}"\nname = "{name}"\nwheels = [{listed}]\n'
    (folder / "blender_manifest.toml").write_text(text)


def test_extensions_that_bring_a_package_are_named(tmp_path):
    _extension(tmp_path, "mvmocap", "Ours", ["opencv_python_headless-4.11.0.86-py3-none-any.whl"])
    _extension(tmp_path, "tracker", "Tracker", ["Opencv.Python.Headless-4.5.0-py3-none-any.whl"])
    _extension(tmp_path, "other", "Other", ["opencv_python-4.5.0-py3-none-any.whl"])
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "blender_manifest.toml").write_text("id = ")
    found = extensions_with("opencv-python-headless", [tmp_path], but="mvmocap")
    assert found == ["Tracker"]
