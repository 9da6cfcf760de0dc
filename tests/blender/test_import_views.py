from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NAMES = ["charleston_a.mp4", "charleston_b.mp4"]


@pytest.fixture(scope="module")
def facts(measure: Callable[..., dict[str, Any]], repository: Path) -> dict[str, Any]:
    return measure("import_views_facts", repository / "examples")


def test_both_videos_are_added_at_once_and_examined(facts: dict[str, Any]):
    assert facts["both"] == ["", NAMES]
    (width, height, fps, n_frames, has_audio, problem), second = facts["known"]
    assert (width, height, n_frames, has_audio, problem) == (640, 480, 86, True, "")
    assert fps == pytest.approx(30.0)
    assert second[2] == pytest.approx(25.06, abs=0.01)


def test_a_choice_that_cannot_be_right_adds_nothing(facts: dict[str, Any]):
    assert "Choose at least one video" in facts["nothing"]
    assert "no such.mp4" in facts["absent"]
    assert facts["after_refusals"] == []


def test_a_video_is_listed_once(facts: dict[str, Any]):
    message, n_videos = facts["again"]
    assert "in the list already" in message
    assert n_videos == 2


def test_videos_can_be_moved_and_taken_out(facts: dict[str, Any]):
    assert facts["moved"] == NAMES[::-1]
    assert facts["removed"] == NAMES[::-1]


def test_a_file_that_is_no_video_says_so_in_its_row(facts: dict[str, Any]):
    is_probed, problem = facts["not_a_video"]
    assert is_probed
    assert "scenes.toml" in problem


def test_the_out_point_starts_at_the_first_videos_end(facts: dict[str, Any]):
    assert facts["out_point_s"] == pytest.approx(86 / 30, abs=0.01)
