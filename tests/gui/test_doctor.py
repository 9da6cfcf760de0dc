"""The preferences page in a real Blender: its picture lies in dist/gui afterwards."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from blender_window import find_blender, run_play

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def found(
    repository: Path, extension_zip: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    blender = find_blender()
    if isinstance(blender, str):
        pytest.skip(blender)
    folder = tmp_path_factory.mktemp("doctor")
    copied = shutil.copy(extension_zip, folder)
    return run_play(blender, "doctor", {"zip": str(copied)}, folder)


def test_doctor_works_while_the_window_lives(found: dict[str, Any]):
    assert found["asked"] == ["RUNNING_MODAL"]
    assert found["was_running"]
    assert found["problem"] == "", found["text"]
    assert "self-test, solve: passed" in found["text"]


def test_findings_are_copied_for_a_bug_report(found: dict[str, Any]):
    assert found["clipboard"] == found["text"]
