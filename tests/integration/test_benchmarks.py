"""The benches' own arithmetic, on small cases with known answers."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import camera_rows, pose_rows, summary_lines
from benchmarks.clips import SCORED, clip_loaders
from benchmarks.correction import N_PUT_RIGHT, PART_S, corrections, worst
from benchmarks.kept import code_key, kept
from benchmarks.long_takes import long_track, there_and_back
from benchmarks.motion_capture import DEV_SUBJECTS, MotionCapture, load_motions
from benchmarks.scoring import score_triangulation
from benchmarks.sounds import KINDS, Microphone, make_scene, record
from benchmarks.speed import StageClock
from benchmarks.synthetic import Difficulty, make_take
from benchmarks.tables import markdown_table, text_table, write_section
from mvmocap_core.detection.detections import LANDMARK_NAMES, Track
from mvmocap_core.geometry.cameras import project_points
from mvmocap_core.stages import Stages


@pytest.fixture
def motion() -> MotionCapture:
    """Landmarks on a grid that sways."""
    t = np.arange(120) / 30.0
    rest = np.random.default_rng(0).uniform([-0.4, -0.2, 0.0], [0.4, 0.2, 1.8], (33, 3))
    sway = 0.1 * np.sin(2 * np.pi * t[:, None, None] + np.arange(99).reshape(33, 3))
    return MotionCapture("sway", 0, 30.0, rest + sway)


def test_virtual_phones_without_noise_see_the_truth(motion: MotionCapture):
    take = make_take(np.random.default_rng(1), motion, Difficulty(noise=0.0, outlier_share=0.0))
    for view, start_s in enumerate((take.start_s, take.start_s + take.offset_s)):
        track, cameras = take.tracks[view], take.cameras
        truth = project_points(
            motion.at(start_s + track.times_s),
            cameras.K[view],
            cameras.dist[view],
            cameras.T_cam_world[view],
        )
        found = np.isfinite(track.keypoints_2d_px)
        assert found.mean() > 0.95
        assert np.allclose(track.keypoints_2d_px[found], truth[found], atol=1e-9)
    assert take.truth_joints_m.shape == (len(take.tracks[0].times_s), 33, 3)


def test_one_seed_is_one_take(motion: MotionCapture):
    one, two = (make_take(np.random.default_rng(7), motion) for _ in range(2))
    assert one.offset_s == two.offset_s
    assert np.array_equal(one.tracks[1].keypoints_2d_px, two.tracks[1].keypoints_2d_px, True)


def test_phones_film_the_asked_overlap(motion: MotionCapture):
    for seed in range(20):
        take = make_take(np.random.default_rng(seed), motion)
        first, second = take.tracks
        start = max(0.0, take.offset_s)
        end = min(first.times_s[-1], second.times_s[-1] + take.offset_s)
        assert end - start > 1.5 - 2.0 / 24.0


def test_splits_share_no_subject(shared_data: Path):
    val, dev, train = (load_motions(split) for split in ("val", "dev", "train"))
    subjects = [{motion.subject for motion in split} for split in (val, dev, train)]
    assert subjects[1] == set(DEV_SUBJECTS)
    assert not subjects[0] & subjects[1]
    assert not subjects[0] & subjects[2]
    assert not subjects[1] & subjects[2]


def test_captured_landmarks_are_a_person(shared_data: Path):
    motion = load_motions("val")[0]
    nose = motion.landmarks_m[:, LANDMARK_NAMES.index("nose")]
    ankle = motion.landmarks_m[:, LANDMARK_NAMES.index("left_ankle")]
    assert motion.landmarks_m.shape[1:] == (33, 3)
    assert np.isfinite(motion.landmarks_m).all()
    assert 1.1 < np.median(nose[:, 2] - ankle[:, 2]) < 1.9


def test_triangulation_of_the_real_pair_scores_as_known(shared_data: Path):
    clip = clip_loaders()["real 1-2"]()
    assert clip.truth_m.shape == (100, len(SCORED), 3)
    score = score_triangulation(clip, clip.cameras)["landmarks"]
    assert score["w_mpjpe_mm"] == pytest.approx(17.1, abs=0.3)
    assert score["coverage"] == 1.0


def test_a_failed_clip_is_a_row():
    failed = {"name": "broken", "group": "real", "failed": "crashed (1): why"}
    assert "crashed (1): why" in " ".join(pose_rows([failed])[0])
    assert len({len(row) for row in pose_rows([failed])}) == 1
    assert camera_rows([failed])[0][0] == "broken"
    assert summary_lines([failed])[-1] == "1 of 1 clips failed"


def test_tables_have_every_cell():
    head, rows = ("clip", "mm"), [["walk", "20.0"], ["a long name", "1.5"]]
    assert text_table(head, rows).splitlines()[2].split() == ["walk", "20.0"]
    assert markdown_table(head, rows).splitlines()[3] == "| a long name | 1.5 |"


def test_a_section_of_the_page_is_replaced_and_others_stay(tmp_path: Path):
    page = tmp_path / "benchmarks.md"
    write_section("one", "first", page)
    write_section("two", "second", page)
    write_section("one", "changed", page)
    text = page.read_text(encoding="utf-8")
    assert "changed" in text
    assert "first" not in text
    assert text.index("changed") < text.index("second")


def test_long_takes_play_there_and_back(motion: MotionCapture):
    assert list(there_and_back(4, 9)) == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    track = make_take(np.random.default_rng(1), motion).tracks[0]
    longer = long_track(track, 20.0, 30.0)
    assert len(longer.times_s) == 600
    assert np.all(np.diff(longer.times_s) > 0)


@pytest.mark.parametrize("kind", KINDS)
def test_recordings_start_when_the_phone_does(kind: str):
    rng = np.random.default_rng(2)
    scene = make_scene(rng, kind, 4.0)
    heard = record(rng, scene, Microphone(start_s=1.0, length_s=2.0, snr_db=60.0, echo=0.0))
    part = scene[16000:48000]
    lags = np.arange(-20, 21)
    alike = [float(np.dot(np.roll(heard, -lag), part)) for lag in lags]
    assert abs(lags[int(np.argmax(alike))]) <= 8


def test_stages_are_timed_from_their_begin_to_their_end():
    clock = StageClock()
    stages = Stages(clock)
    stages.run("sync", lambda progress: progress(0.5, "half of it"))
    with pytest.raises(ZeroDivisionError):
        stages.run("body", lambda _: 1 / 0)
    assert list(clock.seconds) == ["sync"]
    assert clock.seconds["sync"] == pytest.approx(stages.timings_s["sync"], abs=0.05)


def test_the_ten_worst_keypoints_of_one_second_are_put_right():
    fps, n_frames = 30.0, 120
    truth_px = np.zeros((1, n_frames, len(SCORED), 2))
    found_px = np.zeros((n_frames, 33, 2))
    wrist = LANDMARK_NAMES.index("left_wrist")
    found_px[60:90, wrist, 0] = 20.0
    found_px[10, wrist, 0] = 30.0  # worse, but alone
    hip = LANDMARK_NAMES.index("left_hip")
    found_px[:, hip, 0] = 99.0  # where a hip is, is a matter of opinion
    track = Track(
        np.arange(n_frames) / fps, found_px, np.ones((n_frames, 33)),
        np.full((n_frames, 33, 3), np.nan), np.array([640.0, 480.0]),
    )  # fmt: skip
    wrong = worst([track], truth_px, fps)
    assert len(wrong) == N_PUT_RIGHT
    bad = [each for each in wrong if each.error_px > 0.0]
    assert {SCORED[each.joint] for each in bad} == {"left_wrist"}
    assert {each.error_px for each in bad} == {20.0}
    frames = [each.frame for each in wrong]
    assert max(frames) - min(frames) <= PART_S * fps
    moved = corrections([track], bad).view(0).moved
    assert {(m.x_px, m.y_px) for m in moved if m.landmark == "left_wrist"} == {(0.0, 0.0)}
    assert {m.landmark for m in moved} == {
        f"left_{part}" for part in ("wrist", "pinky", "index", "thumb")
    }


def test_a_result_is_measured_once_and_again_only_if_asked(tmp_path: Path):
    path, counted = tmp_path / "result.json", iter(range(3))
    measured = [kept(path, lambda: next(counted), again=again) for again in (False, False, True)]
    assert measured == [0, 0, 1]


def test_a_key_changes_with_the_code_that_counts(tmp_path: Path):
    for name in ("solve.py", "unused.py"):
        (tmp_path / name).write_text("first", encoding="utf-8")
    first = code_key(str(tmp_path), without=("unused.py",))
    (tmp_path / "unused.py").write_text("second", encoding="utf-8")
    assert code_key(str(tmp_path), without=("unused.py",)) == first
    (tmp_path / "solve.py").write_text("second", encoding="utf-8")
    assert code_key(str(tmp_path), without=("unused.py",)) != first
