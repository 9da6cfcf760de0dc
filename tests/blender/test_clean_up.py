import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mvmocap_core.footage import write_proxies
from mvmocap_core.options import SMOOTHING_PRESETS, CleanUp


@pytest.fixture(scope="module")
def take(imagined_take: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A solved take with its footage."""
    folder = shutil.copytree(imagined_take, tmp_path_factory.mktemp("scène") / "dance")
    write_proxies(folder, [imagined_take.parent / f"{name}.mp4" for name in "ab"])
    return folder


@pytest.fixture(scope="module")
def facts(measure: Callable[..., dict[str, Any]], take: Path) -> dict[str, Any]:
    return measure("clean_facts", take)


def test_panel_begins_with_the_cores_choices(facts: dict[str, Any]):
    defaults = CleanUp()
    assert facts["opened"] == [pytest.approx(defaults.smoothing), defaults.lock_feet, False]


def test_presets_set_the_strength_and_are_told_by_it(facts: dict[str, Any]):
    action, none, calm = (SMOOTHING_PRESETS[name] for name in ("action", "none", "calm"))
    chosen = ["NATURAL", action, "ACTION", none, "NONE", calm, "CALM", calm, "CALM", "CUSTOM"]
    assert facts["presets"] == chosen


def test_what_cannot_be_done_says_why_and_changes_nothing(facts: dict[str, Any]):
    assert "Solve a take first" in facts["without_a_take"]
    assert "Out must be later than In" in facts["contradiction"]
    assert "leave no motion" in facts["outside"]
    assert facts["after_refusals"] == [60, True]


def test_trim_is_chosen_from_the_current_frame(facts: dict[str, Any]):
    assert facts["range_s"] == pytest.approx([10 / 30, 40 / 30])


def test_the_motion_is_the_chosen_part(facts: dict[str, Any]):
    assert facts["result"] == ["FINISHED"]
    assert facts["times_s"] == pytest.approx(facts["range_s"])
    assert not facts["is_running"]


def test_the_scene_shows_the_new_motion_in_place_of_the_old(facts: dict[str, Any]):
    assert facts["scene"] == [1, 31, True]
    assert facts["shown_from_s"] == pytest.approx(10 / 30, abs=1e-3)
    assert facts["shown_error_m"] < 1e-4


def test_an_opened_take_shows_how_it_was_cleaned(facts: dict[str, Any]):
    assert facts["opened_again"] == [1.0, True, pytest.approx(10 / 30, abs=1e-3)]


def test_clip_is_saved_beside_the_take_and_opens_like_one(facts: dict[str, Any]):
    assert facts["clip"] == ["FINISHED"]
    assert facts["clip_lasts_s"] == pytest.approx(2.0 - 0.3, abs=0.07)
    assert facts["clip_scene"] == ["FINISHED"]


def test_clip_of_the_cleaned_motion_is_mirrored(facts: dict[str, Any]):
    assert facts["clip_mirrors_m"] < 0.005


def test_clip_never_replaces_the_take_it_is_made_of(facts: dict[str, Any]):
    assert "solved take" in facts["clip_of_solved_take"]
