import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("MIXAMO", "UNITY", "UNREAL")


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]],
    motion_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    take = tmp_path_factory.mktemp("take")
    shutil.copy(motion_file, take / "motion.npz")
    (take / "take.json").write_text('{"videos": ["/gone.mp4"], "options": {}}')
    return measure("export_operator_facts", take, tmp_path_factory.mktemp("out"))


def test_files_get_the_suffix_of_their_format(facts: dict[str, Any]):
    formats = [f"take {name}.{name.lower()}" for name in ("BVH", "FBX", "GLB")]
    assert facts["files"] == [*(f"for {name}.fbx" for name in PROGRAMS), *formats]


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_a_program_gets_moves_as_the_performer(facts: dict[str, Any], program: str):
    assert facts["error_m"][f"for {program}.fbx"] < 1e-3


def test_no_frame_without_motion_is_written(facts: dict[str, Any]):
    assert facts["n_frames"] == {f"for {program}.fbx": 0.0 for program in PROGRAMS}
    assert facts["frame_end"] == 100  # the scene keeps its range


def test_the_selection_stays_as_it_was(facts: dict[str, Any]):
    assert facts["selected"] == [facts["camera"]]
    assert facts["active"] == facts["camera"]


def test_an_export_that_cannot_be_done_says_why(facts: dict[str, Any]):
    assert "Bake onto an armature" in facts["nothing_to_export"]
    assert "Give the file a name" in facts["no_name"]


def test_no_library_of_a_solve_came_into_blender(facts: dict[str, Any]):
    assert facts["loaded"] == []
