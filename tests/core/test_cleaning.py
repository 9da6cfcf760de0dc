import base64
import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from mvmocap_core.cleaning import clean_take, keep_pictures
from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.pipeline import solve
from mvmocap_core.progress import silent
from mvmocap_core.report.page import Picture
from mvmocap_core.take import Take
from tests.core.clips import write_clip
from tests.core.imagined import Imagined
from tests.core.scenes import take_contents


@pytest.fixture
def imagined(monkeypatch):
    made = Imagined()
    made.install(monkeypatch)
    return made


@pytest.fixture
def videos(tmp_path):
    return [
        write_clip(tmp_path / f"{name}.mp4", n_frames=60, size=(640, 480), seed=seed)
        for seed, name in enumerate("ab")
    ]


@pytest.fixture
def take(tmp_path, videos, imagined):
    """A solved take whose videos are gone."""
    solve(videos, tmp_path / "take", SolveOptions(height_m=1.8))
    for video in videos:
        video.rename(video.with_suffix(".away"))
    return tmp_path / "take"


def test_without_smoothing_and_lock_the_fit_comes_back(take, imagined):
    clean_take(take, CleanUp(smoothing=0.0, lock_feet=False), silent)
    motion = load_motion(take / "motion.npz")
    np.testing.assert_allclose(motion.positions_m, imagined.motion.positions_m, atol=1e-9)


def test_cleaning_needs_no_video_and_starts_from_the_fit(take):
    clean_take(take, CleanUp(), silent)
    once = (take / "motion.npz").read_bytes()
    clean_take(take, CleanUp(smoothing=1.0, start_s=0.5, end_s=1.0), silent)
    assert len(load_motion(take / "motion.npz").times_s) == 16
    clean_take(take, CleanUp(), silent)
    assert (take / "motion.npz").read_bytes() == once


def test_report_follows_the_motion_and_keeps_verdict_and_pictures(take, repository):
    before = json.loads((take / "report.json").read_text())
    report = clean_take(take, CleanUp(start_s=0.5, end_s=1.0), silent)
    schema = json.loads((repository / "docs/schemas/report.schema.json").read_text())
    jsonschema.validate(report, schema)
    assert json.loads((take / "report.json").read_text()) == report
    person = report["people"][0]
    assert (person["start_s"], person["end_s"], person["n_frames"]) == (0.5, 1.0, 16)
    assert person["clean_up"]["start_s"] == 0.5
    assert (report["verdict"], report["reasons"]) == (before["verdict"], before["reasons"])
    assert report["timings_s"].keys() == before["timings_s"].keys()
    assert "data:image/jpeg" in (take / "report.html").read_text(encoding="utf-8")


def test_empty_range_is_refused_and_changes_nothing(take):
    before = take_contents(take)
    with pytest.raises(InputError, match="leave no motion"):
        clean_take(take, CleanUp(start_s=90.0), silent)
    assert take_contents(take) == before


def test_next_solve_keeps_the_choices(take, videos, imagined):
    clean_take(take, CleanUp(smoothing=0.7, start_s=0.5), silent)
    for video in videos:
        video.with_suffix(".away").rename(video)
    report = solve(videos, take, SolveOptions(height_m=1.6))
    assert report["people"][0]["clean_up"]["smoothing"] == 0.7
    assert load_motion(take / "motion.npz").times_s[0] == 0.5


def test_next_solve_forgets_a_range_it_does_not_reach(take, videos, imagined):
    clean_take(take, CleanUp(smoothing=0.7, start_s=1.0), silent)
    for video in videos:
        video.with_suffix(".away").rename(video)
    later = imagined.motion
    imagined.motion = replace(later, times_s=later.times_s - 5.0)
    report = solve(videos, take, SolveOptions(height_m=1.6))
    kept = report["people"][0]["clean_up"]
    assert (kept["smoothing"], kept["start_s"]) == (0.7, None)


def test_folder_without_a_solve_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        clean_take(tmp_path, CleanUp(), silent)
    assert caught.value.reason == "no_take"


def test_a_picture_of_each_is_kept_where_there_are_several_performers(tmp_path):
    pictures = [
        Picture(time_s, base64.b64encode(content).decode("ascii"), person)
        for person, time_s, content in (
            (0, 0.5, b"early"),
            (0, 1.5, b"middle"),
            (1, 1.0, b"second"),
        )
    ]
    keep_pictures(Take(tmp_path), pictures[:2])
    assert not list(tmp_path.glob("*.jpg"))
    keep_pictures(Take(tmp_path), pictures)
    assert (tmp_path / "performer.jpg").read_bytes() == b"middle"
    assert (tmp_path / "performer_2.jpg").read_bytes() == b"second"
