from collections.abc import Callable
from typing import Any

import pytest

from mvmocap_core.options import SolveOptions
from mvmocap_core.pipeline import solve
from tests.core.clips import write_clip
from tests.core.imagined import Imagined


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("home")
    videos = [
        write_clip(folder / f"{name}.mp4", n_frames=60, size=(64, 48), seed=seed)
        for seed, name in enumerate("ab")
    ]
    with pytest.MonkeyPatch.context() as patch:
        Imagined().install(patch)
        solve(videos, folder / "dance", SolveOptions(height_m=1.8))
    return measure("send_facts", folder / "dance", tmp_path_factory.mktemp("elsewhere"))


def test_what_cannot_be_sent_says_why(facts: dict[str, Any]):
    assert "Solve a take first" in facts["without_a_take"]
    assert "Give the file a name" in facts["without_a_name"]


def test_a_sent_take_lies_beside_the_blend_each_time_in_a_new_folder(facts: dict[str, Any]):
    assert facts["is_sent"]
    assert facts["takes"] == ["//shot_takes/dance.mocap", "//shot_takes/dance_2.mocap"]


def test_a_sent_take_has_its_videos_and_verdict(facts: dict[str, Any]):
    assert facts["n_videos"] == 2
    assert facts["videos_are_there"]
    assert facts["verdict"] in ("good", "check", "unusable")


def test_a_file_that_is_no_take_changes_nothing(facts: dict[str, Any]):
    assert "no such file" in facts["no_file"]
    assert "damaged" in facts["bad_file"]
    assert facts["unchanged"]
