"""Corrections by hand in a real Blender: pictures of it lie in dist/gui afterwards."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from correctable_takes import make_duo

from mvmocap_core.footage import write_proxies
from mvmocap_core.options import SolveOptions
from mvmocap_core.pipeline import solve

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def found(
    perform: Callable[..., dict[str, Any]],
    repository: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("correct")
    videos = [repository / f"examples/charleston_{name}.mp4" for name in "ab"]
    solve(videos, folder / "charleston.mocap", SolveOptions(height_m=1.75))
    write_proxies(folder / "charleston.mocap", videos)
    task = {"take": str(folder / "charleston.mocap"), "blend": str(folder / "shot.blend")}
    return perform("correct", folder, **task)


def test_a_folder_that_is_dropped_onto_the_view_is_opened(found: dict[str, Any]):
    assert found["dropped"] == "charleston.mocap"
    assert found["name"] == "charleston"


def test_a_sent_take_that_is_dropped_is_unpacked_and_opened(found: dict[str, Any]):
    assert found["received"] == "from afar.mocap"


def test_showing_the_keypoints_takes_the_tool_in_hand(found: dict[str, Any]):
    assert found["tool"] == "mvmocap.correct"


def test_the_mouse_drags_a_keypoint(found: dict[str, Any]):
    assert found["dragged_px"] == pytest.approx([40, -25], abs=2.0)
    assert found["dragged"][0] == "Left wrist moved"
    assert found["while_dragged"] == {}
    assert found["in_the_file"]["videos"][0]["moved"][0]["landmark"] == "left_wrist"


def test_undo_takes_it_back_in_the_take_too(found: dict[str, Any]):
    record, n_listed = found["undone"]
    assert not any(view["moved"] for view in record["videos"])
    assert n_listed == 0
    assert found["is_redone"]


def test_a_cancelled_solve_changes_nothing(found: dict[str, Any]):
    assert found["cancelled"] == [True, True]


def test_solving_again_changes_the_motion_and_adds_nothing(found: dict[str, Any]):
    assert found["was_running"]
    assert found["solved"] == [True, True, 40]


def test_a_script_waits_for_the_worker_in_a_window_too(found: dict[str, Any]):
    assert found["by_script"] == ["FINISHED"]


def test_join_takes_whom_the_mouse_clicks_on(
    perform: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("join")
    task = {"take": str(make_duo(folder / "duo")), "blend": str(folder / "shot.blend")}
    found = perform("join", folder, **task)
    assert found["cancelled"] == []
    assert found["clicked"] == ["mvmocap.join_performer"]
    joined = found["identities"]
    assert [each["person"] for each in joined] == [2]
    place = joined[0]["x_px"], joined[0]["y_px"]
    assert place == pytest.approx(found["left_out_px"], abs=3.0)
