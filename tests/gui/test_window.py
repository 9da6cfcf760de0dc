"""The extension in a real Blender: pictures of it lie in dist/gui afterwards."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from synthetic_clip import synthetic_clip

from mvmocap_core.video.frames import iter_frames

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def play(
    perform: Callable[..., dict[str, Any]],
    repository: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    def run(name: str, **task: Any) -> tuple[dict[str, Any], Path]:
        folder = tmp_path_factory.mktemp(name) / "Tänze, 2. Übung 踊り"
        folder.mkdir()
        (folder / "footage").mkdir()
        videos = [
            shutil.copy(repository / f"examples/charleston_{view}.mp4", folder / "footage")
            for view in "ab"
        ]
        task = {
            "footage": str(folder / "footage"),
            "videos": [str(video) for video in videos],
            "blend": str(folder / "shot 1.blend"),
            "fbx": str(folder / "shot 1.fbx"),
            **task,
        }
        return perform(name, folder, **task), folder

    return run


@pytest.fixture(scope="module")
def way(play: Any) -> dict[str, Any]:
    return play("two_files_to_fbx")[0]


@pytest.fixture(scope="module")
def clicked(play: Any) -> dict[str, Any]:
    return play("five_clicks")[0]


@pytest.fixture(scope="module")
def interrupted(play: Any, way: dict[str, Any]) -> dict[str, Any]:
    return play("interruptions", take=way["take"])[0]


MAX_OURS_S = 0.05


@pytest.mark.short
def test_five_clicks_go_from_two_files_to_an_fbx(clicked: dict[str, Any]):
    assert len(clicked["clicks"]) <= 5
    assert clicked["state"] == "DONE"
    first, last = clicked["keys"]
    assert clicked["fbx"]["n_frames"] == last - first + 1 > 50
    assert clicked["fbx"]["n_bones"] >= 20
    assert clicked["fbx"]["moved_m"] > 0.1


def test_no_call_of_ours_holds_up_the_window_while_it_solves(
    clicked: dict[str, Any], capsys: pytest.CaptureFixture[str]
):
    """Of computing: on the clock, the worker's and other programs' turns would count too."""
    with capsys.disabled():
        sys.stdout.write("\n".join(_pauses(clicked)))
    computing_s = {name: computed_s for name, (_, computed_s) in clicked["ours_s"].items()}
    assert computing_s
    assert max(computing_s.values()) <= MAX_OURS_S


def _pauses(clicked: dict[str, Any]) -> list[str]:
    said = ["", "longest pauses of the window, s (it is drawn without a graphics card):"]
    said += [f"all cores busy, no solve: {clicked['baseline_pauses_s']}"]
    said += [f"solve: {clicked['solve_pauses_s']}"]
    said += ["our longest calls meanwhile, [s on the clock, s of computing]:"]
    return [*said, *(f"{name}: {took_s}" for name, took_s in clicked["ours_s"].items()), ""]


def test_two_files_become_a_solved_take(way: dict[str, Any]):
    assert [has_audio for _, _, has_audio in way["videos"]] == [True, True]
    assert way["state"] == "DONE"
    assert way["verdict"] in ("good", "check")
    assert {"detect", "sync", "calibrate", "body"} <= set(way["stages"])


def test_scene_shows_the_take(way: dict[str, Any]):
    assert len(way["cameras"]) == 2
    assert way["fps"] == pytest.approx(30.0)
    assert way["frames"] == [1, 86]


def test_motion_is_baked_onto_rigifys_metarig(way: dict[str, Any]):
    assert way["map"] == ["Rigify metarig", 1.0]
    assert way["keys"] == [1.0, 86.0]
    first, later = way["hips_m"]
    assert 0.6 < first[2] < 1.4
    assert first != later


def test_fbx_holds_the_rig(way: dict[str, Any]):
    assert way["fbx_bytes"] > 100_000


def test_a_cancelled_solve_leaves_the_scene_and_no_process(interrupted: dict[str, Any]):
    assert interrupted["cancelled"] == ["CANCELLED", True, []]


def test_a_second_take_waits_for_the_first(interrupted: dict[str, Any]):
    assert interrupted["waiting"] == 1
    assert interrupted["first_ended"] == ["second take", 0]
    assert interrupted["second_ended"] == ["CANCELLED", []]


def test_a_killed_worker_is_told_with_its_log(interrupted: dict[str, Any]):
    state, error, log = interrupted["killed"]
    assert state == "FAILED"
    assert "solve again" in error
    assert log


def test_a_bake_is_one_step_of_undo(interrupted: dict[str, Any]):
    n_added, is_undone, is_redone = interrupted["undo"]
    assert n_added == 3  # object, armature, action
    assert is_undone
    assert is_redone


def test_a_saved_file_has_it_all_when_opened_again(interrupted: dict[str, Any]):
    names, has_take, is_same = interrupted["reopened"]
    assert names == ["charleston_a.mp4", "charleston_b.mp4"]
    assert has_take
    assert is_same
    assert interrupted["verdict"] in ("good", "check")


def test_closing_the_window_while_it_solves_ends_the_worker(play: Any):
    _, folder = play("quit")
    said = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [line for line in said if str(folder).encode() in line]


def test_each_of_two_performers_is_baked_onto_an_armature_of_its_own(
    play: Any, repository: Path, tmp_path_factory: pytest.TempPathFactory
):
    take = tmp_path_factory.mktemp("duo")
    first, aside_m = synthetic_clip(), np.array([1.5, 0.0, 0.0])
    second = replace(first, positions_m=first.positions_m + aside_m)
    for name, clip in (("motion", first), ("motion_2", second)):
        np.savez_compressed(take / f"{name}.npz", **clip.to_arrays())
    for name, video in (("performer", "a"), ("performer_2", "b")):
        frame = next(iter_frames(repository / f"examples/charleston_{video}.mp4")).image
        cv2.imwrite(str(take / f"{name}.jpg"), frame[..., ::-1])
    found = play("two_performers", take=str(take))[0]
    assert len(set(found["actions"])) == 2
    for first_m, second_m in found["hips_m"]:
        np.testing.assert_allclose(np.subtract(second_m, first_m)[1:], 0.0, atol=1e-3)
        assert second_m[0] - first_m[0] > 1.0
    assert found["linked"]


@pytest.fixture(scope="module")
def large_rig(play: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    take = tmp_path_factory.mktemp("minute")
    clip = synthetic_clip(n_frames=3600, fps=60.0)
    np.savez_compressed(take / "motion.npz", **clip.to_arrays())
    return play("large_rig", take=str(take))[0]


def test_an_unknown_rig_is_looked_at_beside_the_window(large_rig: dict[str, Any]):
    assert large_rig["rows_at_once"] == 0
    assert large_rig["found"][1] > 0


def test_numpy_is_imported_beside_the_window_for_it(large_rig: dict[str, Any]):
    assert not large_rig["had_numpy"]
    assert max(computing_s for _, computing_s in large_rig["search_s"].values()) <= MAX_OURS_S


def test_a_minute_is_baked_onto_a_large_rig(
    large_rig: dict[str, Any], capsys: pytest.CaptureFixture[str]
):
    searching = large_rig["search_s"]
    took = {
        "enabling the extension": large_rig["enable_s"],
        "choosing the rig": searching["choosing"],
        "reading the rig": searching["rig_search"],
        "filling its bone map": searching["fill_rows"],
        "baking": large_rig["bake_s"],
    }
    lines = [
        "",
        f"a rig of {large_rig['n_bones']} bones, 3600 frames; s on the clock, of computing",
    ]
    lines += [f"{what}: {clock:.3f}, {computing:.3f}" for what, (clock, computing) in took.items()]
    with capsys.disabled():
        sys.stdout.write("\n".join([*lines, ""]))
    assert large_rig["keys"] == [1.0, 3600.0]
