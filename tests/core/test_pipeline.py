import errno
import json
import os
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from mvmocap_core import solving
from mvmocap_core.detection import models
from mvmocap_core.errors import Cancelled, InputError, ModelError, UnsolvableError
from mvmocap_core.motion.clean_up import clean_up
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.pipeline import solve
from mvmocap_core.solving import solve_tracks
from mvmocap_core.stages import STAGE_SHARES
from mvmocap_core.take import Job, Take
from tests.core.clips import write_clip
from tests.core.imagined import Imagined
from tests.core.scenes import make_calibration, make_timeline, make_tracks, take_contents


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return [
        write_clip(folder / "a.mp4", n_frames=60, size=(640, 480), seed=1),
        write_clip(folder / "b.mp4", n_frames=60, size=(640, 480), seed=2),
    ]


@pytest.fixture
def imagined(monkeypatch):
    made = Imagined()
    made.install(monkeypatch)
    return made


def test_solve_leaves_motion_and_report(tmp_path, clips, imagined, repository):
    report = solve(clips, tmp_path, SolveOptions(height_m=1.8))
    motion = load_motion(tmp_path / "motion.npz")
    cleaned = clean_up(imagined.motion, CleanUp())
    np.testing.assert_array_equal(motion.positions_m, cleaned.positions_m)
    schema = json.loads((repository / "docs/schemas/report.schema.json").read_text())
    jsonschema.validate(report, schema)
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert report["verdict"] == "good"
    assert "data:image/jpeg" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert [s for s in report["timings_s"] if s != "report"] == list(STAGE_SHARES)[:-1]


def test_hands_without_their_model_are_refused_before_any_work(
    tmp_path, clips, imagined, monkeypatch
):
    monkeypatch.setattr(models, "PACKAGED_FOLDER", tmp_path)
    monkeypatch.setattr(models, "cache_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match="hand_landmark_full"):
        solve(clips, tmp_path, SolveOptions(hands=True))
    assert not imagined.calls


def test_second_solve_computes_nothing_again(tmp_path, clips, imagined):
    solve(clips, tmp_path, SolveOptions())
    before = dict(imagined.calls)
    report = solve(clips, tmp_path, SolveOptions())
    assert dict(imagined.calls) == before
    assert report["reused_stages"] == ["detect", "room", "sync", "calibrate", "body"]


@pytest.mark.parametrize(
    ("options", "again"),
    [
        (SolveOptions(height_m=1.8), {"body"}),
        (SolveOptions(fps=25.0), {"body"}),
        (SolveOptions(detector="lite"), {"detect", "sync", "calibrate", "body"}),
        (SolveOptions(end_s=1.5), {"detect", "sync", "calibrate", "body"}),
        (SolveOptions(offset_s=(0.1,)), {"sync", "calibrate", "body"}),
        (SolveOptions(focal_35mm=(26.0,)), {"calibrate", "body"}),
    ],
)
def test_changed_option_repeats_only_what_it_touches(tmp_path, clips, imagined, options, again):
    solve(clips, tmp_path, SolveOptions())
    imagined.calls.clear()
    solve(clips, tmp_path, options)
    assert {stage.split()[0] for stage in imagined.calls} == again


def test_report_names_what_was_given(tmp_path, clips, imagined):
    report = solve(clips, tmp_path, SolveOptions(focal_35mm=(26.0, None)))
    assert [camera["given"] for camera in report["cameras"]] == [["focal_length"], []]
    assert "refined by the videos: focal length" in (tmp_path / "report.html").read_text(
        encoding="utf-8"
    )


def test_range_detects_only_the_first_video_again(tmp_path, clips, imagined):
    solve(clips, tmp_path, SolveOptions())
    imagined.calls.clear()
    solve(clips, tmp_path, SolveOptions(end_s=1.5))
    assert imagined.calls["detect a.mp4"] == 1
    assert imagined.calls["detect b.mp4"] == 0


def test_interrupted_detection_keeps_the_video_that_was_done(tmp_path, clips, imagined):
    imagined.failures["detect b.mp4"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        solve(clips, tmp_path, SolveOptions())
    imagined.failures.clear()
    solve(clips, tmp_path, SolveOptions())
    assert imagined.calls["detect a.mp4"] == 1
    assert imagined.calls["detect b.mp4"] == 2


@pytest.mark.parametrize("stage", ["sync", "calibrate", "body"])
def test_stage_that_fails_keeps_the_ones_before_it(tmp_path, clips, imagined, stage):
    imagined.failures[stage] = Cancelled()
    with pytest.raises(Cancelled):
        solve(clips, tmp_path, SolveOptions())
    imagined.failures.clear()
    imagined.calls.clear()
    solve(clips, tmp_path, SolveOptions())
    order = ["sync", "calibrate", "body"]
    assert set(imagined.calls) == set(order[order.index(stage) :])


def test_damaged_stage_is_computed_again_and_gives_the_same(tmp_path, clips, imagined):
    solve(clips, tmp_path, SolveOptions())
    before = (tmp_path / "motion.npz").read_bytes()
    for path in (tmp_path / "stages").iterdir():
        path.write_bytes(path.read_bytes()[:-30])
    imagined.calls.clear()
    solve(clips, tmp_path, SolveOptions())
    assert len(imagined.calls) == 5
    assert (tmp_path / "motion.npz").read_bytes() == before


def test_cancelling_progress_stops_the_solve(tmp_path, clips, imagined):
    def progress(fraction, message):
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        solve(clips, tmp_path, SolveOptions(), progress)
    assert not (tmp_path / "motion.npz").exists()


def test_progress_never_falls_and_ends_at_one(tmp_path, clips, imagined):
    fractions = []
    solve(clips, tmp_path, SolveOptions(), lambda fraction, message: fractions.append(fraction))
    assert np.all(np.diff(fractions) >= -1e-9)
    assert fractions[-1] == pytest.approx(1.0)


def test_body_is_asked_for_the_union_of_the_views(tmp_path, clips, imagined):
    imagined.timeline = make_timeline(offset_s=0.4)
    imagined.calibration = make_calibration(offset_s=np.array([0.0, 0.41]))
    solve(clips, tmp_path, SolveOptions())
    arguments = imagined.body_arguments
    assert arguments["start_s"] == pytest.approx(0.0)
    assert arguments["end_s"] == pytest.approx(59 / 30 + 0.41)
    assert arguments["fps"] == pytest.approx(30.0)
    assert arguments["height_m"] is None


def test_body_is_asked_for_the_chosen_part(tmp_path, clips, imagined):
    options = SolveOptions(start_s=0.5, end_s=1.75, height_m=1.6, fps=24.0)
    solve(clips, tmp_path, options)
    arguments = imagined.body_arguments
    assert (arguments["start_s"], arguments["end_s"]) == (0.5, 1.75)
    assert (arguments["height_m"], arguments["fps"]) == (1.6, 24.0)


def unsolvable(imagined, tmp_path, clips):
    """Solve well first, then with what `imagined` has become; the second solve's error."""
    with pytest.raises(UnsolvableError) as caught:
        solve(clips, tmp_path, SolveOptions())
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["verdict"] == "unusable"
    assert report["reasons"] == [caught.value.reason]
    message = str(caught.value)
    assert report["advice"] == [message[:1].upper() + message[1:]]
    assert (tmp_path / "report.html").exists()
    return caught.value.reason


def test_nobody_in_one_view_is_unsolvable(tmp_path, clips, imagined):
    imagined.remove_person(1)
    assert unsolvable(imagined, tmp_path, clips) == "no_person"


def test_person_for_under_one_second_is_unsolvable(tmp_path, clips, imagined):
    imagined.remove_person(0, frames=slice(20, None))
    assert unsolvable(imagined, tmp_path, clips) == "person_too_short"


def test_videos_of_different_moments_are_unsolvable(tmp_path, clips, imagined):
    imagined.timeline = make_timeline(offset_s=30.0)
    assert unsolvable(imagined, tmp_path, clips) == "no_overlap"


def test_other_videos_are_not_solved_into_a_take(tmp_path, clips, imagined):
    take = Take(tmp_path)
    take.save_job(Job((clips[0], tmp_path / "gone.mp4"), SolveOptions()))
    take.motion_path.touch()
    before = (tmp_path / "take.json").read_bytes()
    with pytest.raises(InputError, match=r"a\.mp4, gone\.mp4.*use another --out"):
        solve(clips, tmp_path, SolveOptions())
    assert not imagined.calls
    assert (tmp_path / "take.json").read_bytes() == before
    assert not take.report_path.exists()


def test_unsolvable_stage_is_reported_and_keeps_the_earlier_motion(tmp_path, clips, imagined):
    solve(clips, tmp_path, SolveOptions())
    before = (tmp_path / "motion.npz").read_bytes()
    imagined.failures["calibrate"] = UnsolvableError("turn about more.", reason="too_flat")
    with pytest.raises(UnsolvableError):
        solve(clips, tmp_path, SolveOptions(detector="lite"))
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["reasons"] == ["too_flat"]
    assert "of an earlier solve" in report["advice"][-1]
    assert (tmp_path / "motion.npz").read_bytes() == before


@pytest.mark.parametrize(
    ("n_videos", "reason"), [(0, "no_video"), (1, "one_video"), (5, "too_many_videos")]
)
@pytest.mark.parametrize("method", ["geometry", "volume"])
def test_some_methods_take_two_to_four_videos(tmp_path, clips, imagined, n_videos, reason, method):
    videos = [*clips, *clips, *clips][:n_videos]
    with pytest.raises(InputError) as caught:
        solve(videos, tmp_path / "take", SolveOptions(method=method))
    assert caught.value.reason == reason
    assert not (tmp_path / "take").exists()


def test_a_method_that_needs_pytorch_says_so_before_any_work(tmp_path, clips, monkeypatch):
    monkeypatch.setattr("mvmocap_core.checks.unserved", lambda needs: [needs])
    with pytest.raises(InputError, match="--method auto") as caught:
        solve(clips, tmp_path / "take", SolveOptions(method="consistency"))
    assert caught.value.reason == "needs_torch"
    assert not (tmp_path / "take").exists()


def test_a_solve_by_volume_is_told_its_poses_and_named_so(tmp_path, clips, imagined):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    report = solve(clips, tmp_path, SolveOptions(method="volume"))
    assert report["people"][0]["method"] == "volume"
    (lifted,) = imagined.body_arguments["lifted"]
    assert lifted.source == "volume"
    assert np.isfinite(lifted.points).any()


def test_three_videos_of_several_people_are_refused(tmp_path, clips, imagined):
    with pytest.raises(InputError, match="up to 2") as caught:
        solve([*clips, clips[0]], tmp_path / "take", SolveOptions(people=2))
    assert caught.value.reason == "too_many_videos"


def test_same_content_under_two_names_is_refused(tmp_path, clips, imagined):
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clips[0].read_bytes())
    with pytest.raises(InputError, match="the same video") as caught:
        solve([clips[0], copy], tmp_path / "take", SolveOptions())
    assert caught.value.reason == "same_video"


@pytest.mark.parametrize("options", [SolveOptions(start_s=5.0), SolveOptions(end_s=-1.0)])
def test_range_outside_of_the_video_is_refused(tmp_path, clips, imagined, options):
    with pytest.raises(InputError) as caught:
        solve(clips, tmp_path, options)
    assert caught.value.reason == "bad_option"


def test_full_disk_keeps_everything_earlier_and_leaves_nothing_half(
    tmp_path, clips, imagined, monkeypatch
):
    solve(clips, tmp_path, SolveOptions())
    before = take_contents(tmp_path)
    real_fsync = os.fsync

    def fail(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InputError, match="free some space"):
        solve(clips, tmp_path, SolveOptions(height_m=1.8))
    assert take_contents(tmp_path) == before
    monkeypatch.setattr(os, "fsync", real_fsync)
    solve(clips, tmp_path, SolveOptions(height_m=1.8))


@pytest.mark.parametrize(
    ("last", "stages", "key"),
    [
        ("detect", {"detect a.mp4", "detect b.mp4"}, "detections"),
        ("sync", {"detect a.mp4", "detect b.mp4", "sync"}, "sync"),
        ("calibrate", {"detect a.mp4", "detect b.mp4", "sync", "calibrate"}, "cameras"),
    ],
)
def test_job_may_end_early(tmp_path, clips, imagined, last, stages, key):
    answer = solve(clips, tmp_path, SolveOptions(), last_stage=last)
    assert set(imagined.calls) == stages
    assert key in answer
    json.dumps(answer, allow_nan=False)
    assert not (tmp_path / "motion.npz").exists()


def test_tracks_alone_are_solved_without_files(imagined, monkeypatch):
    seen = {}

    def solve_bodies(people, timeline, calibration, **keywords):
        seen["offset_s"] = timeline.offset_s[1]
        return [imagined.motion]

    monkeypatch.setattr(solving, "solve_bodies", solve_bodies)
    imagined.calibration = replace(make_calibration(), offset_s=np.array([0.0, 0.02]))
    tracks = make_tracks(imagined.motion)
    solution = solve_tracks(tracks, [None, None], SolveOptions(), fps=30.0, focal_35mm=[None, None])
    assert solution.fit is imagined.motion
    cleaned = clean_up(imagined.motion, CleanUp())
    np.testing.assert_array_equal(solution.motion.positions_m, cleaned.positions_m)
    assert seen["offset_s"] == solution.timeline.offset_s[1] == 0.02
