import json
import ntpath
import os
import shutil
import time
from pathlib import Path

import pytest

from blender_addon.take_folders import (
    LONGEST_FILE,
    check_length,
    folder_name,
    kept_path,
    take_folder,
    takes_folder,
)
from mvmocap_core.errors import InputError


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # a process that ended may wait there to be asked for
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")


@pytest.fixture(scope="module")
def facts(measure, tmp_path_factory):
    """The facts of a part of solve_facts.py, played once."""
    known = {}

    def play(part):
        if part not in known:
            folder = tmp_path_factory.mktemp("tåke folder")
            known[part] = {**measure("solve_facts", part, folder), "folder": folder}
        return known[part]

    return play


def test_a_path_is_kept_relative_to_the_blend_unless_it_is_on_another_drive(monkeypatch):
    monkeypatch.setattr(os, "path", ntpath)
    blend = Path(r"C:\shots")
    assert kept_path(r"C:\shots\clips\a.mp4", blend) == r"//clips\a.mp4"
    assert kept_path(r"D:\phones\a.mp4", blend) == r"D:\phones\a.mp4"
    assert kept_path(r"\\server\clips\a.mp4", blend) == r"\\server\clips\a.mp4"


def test_solve_without_a_window_waits_and_gives_the_scene_its_take(facts):
    done = facts("solve_twice")["done"]
    assert done["result"] == ["FINISHED"]
    assert done["state"] == "DONE"
    assert not done["is_running"]
    assert done["take"] == "//scène 1_takes/good.mocap"
    assert done["verdict"] == "check"


def test_solve_asks_the_core_for_what_the_panel_says(facts):
    known = facts("solve_twice")
    take = known["folder"] / "scène 1_takes" / "good.mocap"
    asked = json.loads((take / "asked.txt").read_text().splitlines()[0])["arguments"]
    videos = [str(known["folder"] / name) for name in ("good.mp4", "b.mp4")]
    assert asked[:5] == ["solve", *videos, "--out", str(take)]
    assert "--height=1.8" in asked
    assert "--detector=heavy" in asked


def test_advice_speaks_of_the_panel_and_says_nothing_twice(facts):
    advice = facts("solve_twice")["done"]["advice"]
    assert advice == ["Film again; give Performer Height.", "It is dark."]


def test_failed_solve_says_why_and_leaves_the_scene_as_it_was(facts):
    failed = facts("solve_twice")["failed"]
    assert "nobody there; check In." in failed["error"]
    assert failed["told"] == "nobody there; check In."
    assert failed["state"] == "FAILED"
    assert failed["take"] == failed["take_before"] == "//scène 1_takes/good.mocap"


def test_crash_names_its_log(facts):
    crashed = facts("solve_twice")["crashed"]
    assert crashed["log"] in crashed["error"]
    assert "the last words" in Path(crashed["log"]).read_text()
    assert crashed["take"] == crashed["take_before"]


def test_verdict_is_there_again_when_the_file_is_opened_again(facts):
    known = facts("solve_twice")
    assert known["cleared"] == ""
    assert known["reopened"] == {
        "verdict": "check", "state": "IDLE", "advice": "Film again; give Performer Height.",
    }  # fmt: skip


def test_take_of_an_unsaved_file_is_in_the_cache(facts):
    known = facts("unsaved")
    folder = known["folder"] / "cache" / "takes" / "good.mocap"
    assert known["take"] == str(folder)
    assert (folder / "report.json").is_file()


def test_options_that_contradict_each_other_start_nothing(facts):
    known = facts("contradiction")
    assert "Out must be later than In" in known["error"]
    assert known["take"] == ""
    assert not list(known["folder"].rglob("asked.txt"))


def test_two_videos_are_needed(facts):
    known = facts("too_few")
    assert not known["can_solve"]
    assert not known["can_cancel"]


def test_another_file_ends_all_jobs(facts):
    assert facts("other_file")["statuses"] == ["cancelled", "cancelled"]


def test_disabling_ends_the_worker(facts):
    assert facts("disabled")["status"] == "cancelled"


def test_cancel_stops_what_runs_and_what_waits_where_asked(facts):
    known = facts("cancelled")
    assert known["result"] == ["FINISHED"]
    assert known["statuses"] == ["cancelled", "cancelled", "cancelled"]


def test_worker_does_not_outlive_blender(facts):
    worker = facts("abandoned")["worker"]
    end_s = time.monotonic() + 20.0
    while is_alive(worker):
        assert time.monotonic() < end_s, "the worker lives on"
        time.sleep(0.05)


def test_extension_can_be_disabled_and_enabled_again(facts):
    known = facts("registered")
    assert known["leftover"] == []
    assert known["classes"] == []
    assert known["is_back"]


def test_enabling_needs_no_library_of_a_solve(measure):
    assert measure("enable_facts")["is_enabled"]


def test_defaults_and_choices_are_the_cores(facts):
    known = facts("options")
    assert known["untouched_are_defaults"]
    assert known["chosen_are_exact"]


def test_take_of_another_machine_is_opened_with_its_videos(measure, tmp_path, motion_file):
    sent = tmp_path / "sent"
    sent.mkdir()
    shutil.copy(motion_file, sent / "motion.npz")
    (tmp_path / "a.mp4").touch()
    (sent / "report.json").write_text('{"verdict": "good", "advice": []}')
    options = {"height_m": 1.8, "detector": "full"}
    job = {"videos": ["/elsewhere/a.mp4", "/elsewhere/b.mp4"], "options": options}
    (sent / "take.json").write_text(json.dumps(job))
    known = measure("solve_facts", "opened", tmp_path)
    assert known["take"] == known["take_after_error"] == "//sent"
    assert known["videos"] == [str(tmp_path / "a.mp4"), "/elsewhere/b.mp4"]
    assert (known["quality"], known["height_m"]) == ("STANDARD", 1.8)
    assert known["verdict"] == "good"
    assert "motion.npz" in known["error"]


# ---- take folders, which need no Blender ---------------------------------------------------


def finished(folder, videos):
    folder.mkdir(parents=True)
    (folder / "take.json").write_text(json.dumps({"videos": [str(video) for video in videos]}))


def test_takes_lie_beside_the_blend():
    folder = takes_folder("/shots/Größe 1.blend", Path("/cache"))
    assert folder == Path("/shots/Größe 1_takes")


def test_videos_find_their_take_again(tmp_path):
    videos = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    finished(tmp_path / "a.mocap", videos)
    assert take_folder(tmp_path, "", videos) == tmp_path / "a.mocap"


def test_videos_that_moved_together_with_the_take_find_it_again(tmp_path):
    finished(tmp_path / "a.mocap", [Path("/gone/a.mp4"), Path("/gone/b.mp4")])
    assert (
        take_folder(tmp_path, "", [tmp_path / "a.mp4", tmp_path / "b.mp4"]) == tmp_path / "a.mocap"
    )


def test_take_of_other_videos_is_left_alone(tmp_path):
    monday = [tmp_path / "monday" / "a.mp4", tmp_path / "monday" / "b.mp4"]
    monday[0].parent.mkdir()
    for video in monday:
        video.touch()
    finished(tmp_path / "a.mocap", monday)
    tuesday = [tmp_path / "tuesday" / video.name for video in monday]
    assert take_folder(tmp_path, "", tuesday) == tmp_path / "a_2.mocap"
    assert take_folder(tmp_path, "", monday) == tmp_path / "a.mocap"


def test_unfinished_take_is_gone_on_with(tmp_path):
    (tmp_path / "a.mocap" / "stages").mkdir(parents=True)
    assert take_folder(tmp_path, "", [tmp_path / "a.mp4"] * 2) == tmp_path / "a.mocap"


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("Тест 1", "Тест 1"),
        ('a/b\\c:"d"', "a_b_c_d_"),
        (" .. ", "take"),
        ("con", "con_"),
        ("x" * 300, "x" * 60),
    ],
)
def test_take_names_suit_every_file_system(name, allowed):
    assert folder_name(name) == allowed


def test_a_path_that_windows_does_not_take_is_told_before_the_solve():
    folder = Path("D:/" + "x" * (259 - 3 - 1 - LONGEST_FILE))
    check_length(folder, is_windows=True)
    check_length(folder / "y", is_windows=False)
    with pytest.raises(InputError, match="nearer to the drive's root"):
        check_length(folder / "y", is_windows=True)


def test_no_file_of_a_take_has_a_longer_path_inside_it(imagined_take):
    files = [path.relative_to(imagined_take) for path in imagined_take.rglob("*")]
    assert any(path.parts[0] == "stages" for path in files)
    assert max(len(str(path)) for path in files) < LONGEST_FILE
