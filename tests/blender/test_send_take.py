from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]],
    imagined_take: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    return measure("send_facts", imagined_take, tmp_path_factory.mktemp("elsewhere"))


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
