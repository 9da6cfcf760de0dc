from collections.abc import Callable
from typing import Any

import pytest

from blender_addon import panel_text
from mvmocap_core.stages import STAGE_SHARES


@pytest.fixture(scope="module")
def facts(measure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return measure("panel_facts")


def test_nothing_of_ours_stays_when_the_extension_is_disabled(facts: dict[str, Any]):
    assert facts["left_over"] == []


def test_the_tab_holds_a_panel_for_each_step_of_the_work(facts: dict[str, Any]):
    assert facts["tabs"] == ["Mocap"]
    for label in ("Footage", "Solve", "Scene", "Bake", "Export"):
        assert label in facts["panels"]


def test_every_operator_has_a_tooltip(facts: dict[str, Any]):
    assert len(facts["tips"]) >= 12
    for name, tip in facts["tips"].items():
        assert len(tip) > 15, name
        assert not tip.endswith("."), name


def test_every_operator_reports_what_it_did(facts: dict[str, Any]):
    assert facts["silent"] == []


def test_every_operator_that_changes_the_scene_is_one_step_of_undo(facts: dict[str, Any]):
    files_and_session = [
        "cancel_gpu_solver", "cancel_solve", "copy_doctor", "doctor", "export", "go_to_moment",
        "install_gpu_solver", "open_report", "remove_gpu_solver", "save_bone_preset", "save_clip",
        "send_take",
    ]  # fmt: skip
    assert facts["without_undo"] == [f"mvmocap.{name}" for name in files_and_session]


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.31, "0:07.3"), (59.94, "0:59.9"), (60.0, "1:00"), (724.4, "12:04")]
)
def test_a_length_reads_as_on_a_player(seconds: float, text: str):
    assert panel_text.length(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1.0, ""),
        (float("nan"), ""),
        (4.0, "a few seconds left"),
        (33.0, "about 30 seconds left"),
        (200.0, "about 3 minutes left"),
    ],
)
def test_time_left_is_told_as_roughly_as_it_is_known(seconds: float, text: str):
    assert panel_text.time_left(seconds) == text


def test_a_long_advice_is_wrapped_to_the_sidebar():
    advice = "Both cameras look from nearly the same side; film from further apart."
    for width, scale in ((260, 1.0), (520, 2.0), (60, 1.0)):
        lines = panel_text.wrapped(advice, width, scale)
        assert " ".join(lines) == advice
        assert len(lines) > 1


def test_every_stage_of_a_solve_has_words():
    assert set(STAGE_SHARES) <= set(panel_text.STAGES)
