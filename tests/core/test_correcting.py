"""Corrections of a solved take whose detections were spoiled."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mvmocap_core import cleaning, correcting
from mvmocap_core.body.solve import solve_body
from mvmocap_core.cli import main
from mvmocap_core.corrections.apply import apply
from mvmocap_core.corrections.corrections import (
    Corrections,
    FootContact,
    HiddenLandmark,
    MovedKeypoint,
    SideState,
    ViewCorrections,
)
from mvmocap_core.corrections.files import FILE_NAME, save_corrections
from mvmocap_core.corrections.keypoints import load_keypoints
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.errors import InputError
from mvmocap_core.geometry.cameras import project_points
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.progress import silent
from mvmocap_core.report.evidence import Evidence
from mvmocap_core.stabilisation.steady import CameraMotion, steady_track
from mvmocap_core.take import Take
from mvmocap_core.video.frames import VideoInfo
from tests.core.body.test_solve import perfect_calibration
from tests.core.performance import HEIGHT_M, perform

ARM = ("elbow", "wrist", "pinky", "index", "thumb")
START_S, END_S = 1.2, 2.0
LEFT = [LANDMARK_NAMES.index(f"left_{part}") for part in ARM]
NO_CLEAN_UP = CleanUp(smoothing=0.0, lock_feet=False)


@pytest.fixture(scope="module")
def truth():
    return perform(noise_px=1.0, duration_s=4.5, fps=(30.0, 30.0), offset_s=0.2)


@pytest.fixture(scope="module")
def spoiled(truth):
    """Both views take the left arm to stay where it was, and are sure of it."""
    tracks = []
    for track, offset_s in zip(truth.tracks, (0.0, truth.offset_s), strict=True):
        first, last = np.searchsorted(track.times_s + offset_s, (START_S, END_S))
        keypoints = track.keypoints_2d_px.copy()
        keypoints[first:last, LEFT] = keypoints[first, LEFT]
        tracks.append(replace(track, keypoints_2d_px=keypoints))
    return tuple(tracks)


@pytest.fixture(scope="module")
def found(truth, spoiled):
    clip = solve_body(
        spoiled, truth.timeline(), perfect_calibration(truth), fps=30.0, height_m=HEIGHT_M
    )
    info = VideoInfo(Path("a.mp4"), (1280, 720), 0, 30.0, 4.5, 135, False, None)
    infos = (info, replace(info, path=Path("b.mp4")))
    calibration = perfect_calibration(truth)
    return Evidence(infos, spoiled, truth.timeline(), calibration, clip, SolveOptions())


@pytest.fixture(scope="module")
def solved_take(found, tmp_path_factory):
    """As a solve leaves it, but for the report; measured, as after a first correction."""
    take = Take(tmp_path_factory.mktemp("take"))
    keep_solved(take, [found])
    return take


def keep_solved(take, people):
    for person, each in enumerate(people):
        whole = correcting.keep_whole(take, each, Corrections(), person)
        correcting._measure(take, person, whole, each.tracks)
    cleaning.clean_solved(take, people, NO_CLEAN_UP)


@pytest.fixture
def take(solved_take, tmp_path):
    for path in solved_take.folder.rglob("*.*"):
        copy = tmp_path / path.relative_to(solved_take.folder)
        if path.is_file():
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return Take(tmp_path)


@pytest.fixture
def solved(take):
    """The motion before it is corrected."""
    return load_motion(take.motion_path)


def correct(take, *views, contacts=()):
    save_corrections(take.folder, Corrections(views, contacts))
    correcting.correct_take(take.folder, silent)
    return load_motion(take.motion_path)


def wrist_error_px(truth, motion, view=0):
    """Largest distance of the wrist from where it truly was in a video, in the spoiled part."""
    index = motion.joint_names.tolist().index("left_wrist")
    pixels = project_points(
        motion.positions_m[:, index], motion.K[view], np.zeros(4), motion.T_cam_world[view]
    )
    offset_s = truth.offset_s if view else 0.0
    times_s = truth.tracks[view].times_s + offset_s
    during = (times_s > START_S) & (times_s < END_S)
    rows = np.searchsorted(motion.times_s, times_s[during] - 1e-3)
    true = truth.tracks[view].keypoints_2d_px[during, LANDMARK_NAMES.index("left_wrist")]
    return np.linalg.norm(pixels[rows] - true, axis=-1).max()


def moved_arm(truth, view, step):
    track, offset_s = truth.tracks[view], truth.offset_s if view else 0.0
    frames = np.flatnonzero(
        (track.times_s + offset_s > START_S - 0.05) & (track.times_s + offset_s < END_S + 0.05)
    )
    return ViewCorrections(
        moved=tuple(
            MovedKeypoint(LANDMARK_NAMES[each], track.times_s[f], *track.keypoints_2d_px[f, each])
            for f in frames[::step]
            for each in LEFT
        )
    )


def test_moved_keypoints_put_the_joint_right(take, truth, found):
    assert wrist_error_px(truth, found.motion) > 40.0
    motion = correct(take, *(moved_arm(truth, view, 3) for view in (0, 1)))
    assert wrist_error_px(truth, motion) < 10.0


def test_hidden_arm_is_better_than_a_wrong_one(take, truth, found):
    views = []
    for offset_s in (0.0, truth.offset_s):
        range_s = (START_S - offset_s, END_S - offset_s)
        hidden = tuple(HiddenLandmark(LANDMARK_NAMES[each], *range_s) for each in LEFT)
        views.append(ViewCorrections(hidden=hidden))
    motion = correct(take, *views)
    before, after = wrist_error_px(truth, found.motion), wrist_error_px(truth, motion)
    assert after < 0.8 * before


def test_a_stretch_marked_as_swapped_is_counted_the_other_way_round(take, found):
    part = SideState("whole", 3.0, 3.2, is_swapped=True)
    motion = correct(take, ViewCorrections(sides=(part,)), ViewCorrections(sides=(part,)))
    changed = np.abs(motion.positions_m - found.motion.positions_m).max(axis=(1, 2)) > 0.1
    times_s = motion.times_s[changed]
    assert len(times_s) >= 3
    assert times_s.min() > 2.5
    assert times_s.max() < 4.0


def test_frames_further_than_a_second_stay_to_the_last_bit(take, truth, solved):
    motion = correct(take, moved_arm(truth, 0, 3))
    far = (motion.times_s < START_S - 1.4) | (motion.times_s > END_S + 1.4)
    assert far.sum() > 20
    np.testing.assert_array_equal(motion.positions_m[far], solved.positions_m[far])
    np.testing.assert_array_equal(motion.rest_offsets_m, solved.rest_offsets_m)
    np.testing.assert_array_equal(motion.T_cam_world, solved.T_cam_world)
    assert (motion.positions_m != solved.positions_m).any()


def test_taking_the_corrections_back_gives_the_solve_back(take, truth, solved):
    correct(take, moved_arm(truth, 0, 3))
    (take.folder / FILE_NAME).unlink()
    correcting.correct_take(take.folder, silent)
    motion = load_motion(take.motion_path)
    np.testing.assert_array_equal(motion.positions_m, solved.positions_m)
    np.testing.assert_array_equal(motion.contacts, solved.contacts)


def test_contact_alone_changes_nothing_else(take, solved):
    contact = FootContact(foot="left", point="toe", start_s=0.5, end_s=1.0, in_contact=True)
    motion = correct(take, contacts=(contact,))
    during = (motion.times_s > 0.51) & (motion.times_s < 0.99)
    assert motion.contacts[during, 0, 1].all()
    np.testing.assert_array_equal(motion.positions_m, solved.positions_m)


def test_corrections_that_the_solve_knew_change_nothing(take, truth, found, solved):
    known = Corrections((moved_arm(truth, 0, 3),))
    correcting.keep_whole(take, found, known)
    motion = correct(take, *known.views)
    np.testing.assert_array_equal(motion.positions_m, solved.positions_m)
    assert correcting.corrections_of_solve(take) == [known]


def test_corrections_of_a_second_performer_leave_the_first_alone(tmp_path, truth, found):
    take = Take(tmp_path)
    keep_solved(take, [found, found])
    first, second = (load_motion(take.motion_path_of(person)) for person in (0, 1))
    contact = FootContact(foot="right", point="heel", start_s=0.5, end_s=1.0, in_contact=True)
    moved = tuple(moved_arm(truth, view, 3) for view in (0, 1))
    save_corrections(take.folder, Corrections(moved, (contact,)), person=1)
    correcting.correct_take(take.folder, silent)
    motion = load_motion(take.motion_path_of(1))
    assert wrist_error_px(truth, second) > 40.0
    assert wrist_error_px(truth, motion) < 10.0
    assert motion.contacts[15:30, 1, 0].all()
    assert take.motion_path.is_file()
    np.testing.assert_array_equal(load_motion(take.motion_path).positions_m, first.positions_m)
    np.testing.assert_array_equal(load_motion(take.motion_path).contacts, first.contacts)


def test_nothing_stays_of_a_performer_who_is_gone(tmp_path, found):
    take = Take(tmp_path)
    keep_solved(take, [found, found])
    assert len(load_keypoints(take.folder, 1)) == 2
    cleaning.forget_wholes(take, 1)
    cleaning.clean_solved(take, [found], NO_CLEAN_UP)
    assert sorted(path.name for path in tmp_path.glob("**/*.npz")) == [
        "keypoints.npz", "motion.npz", "solved.npz", "whole.npz",
    ]  # fmt: skip


def test_places_are_given_as_the_phone_filmed_that_was_turned(truth):
    track, calibration = truth.tracks[0], perfect_calibration(truth)
    n_frames = len(track.times_s)
    turn = rotvec_to_rotmat(np.array([0.0, np.deg2rad(5.0), 0.0]))
    motion = CameraMotion("turned", 5.0, track.times_s, np.repeat(turn[None], n_frames, 0), 1000.0)
    place = MovedKeypoint("left_wrist", float(track.times_s[30]), 500.0, 300.0)
    put = correcting.put_right(
        [track], truth.timeline(), calibration, Corrections((ViewCorrections((place,)),)), [motion]
    )[0]
    filmed = track.keypoints_2d_px.copy()
    filmed[30, LEFT[1]] = 500.0, 300.0
    steady = steady_track(replace(track, keypoints_2d_px=filmed), motion)
    np.testing.assert_allclose(put.keypoints_2d_px[30], steady.keypoints_2d_px[30])
    assert np.abs(put.keypoints_2d_px[30] - filmed[30]).max() > 50.0


def test_keypoints_are_kept_for_others(take, spoiled):
    views = load_keypoints(take.folder)
    for view, track in zip(views, spoiled, strict=True):
        np.testing.assert_array_equal(view.track.times_s, track.times_s)
        np.testing.assert_allclose(view.track.keypoints_2d_px, track.keypoints_2d_px, atol=1e-3)
    corrections = ViewCorrections(hidden=(HiddenLandmark("nose", 0.0, 9.0),))
    seen = views[1].corrected(corrections)
    expected = apply(Corrections((ViewCorrections(), corrections)), spoiled)[1]
    np.testing.assert_array_equal(
        np.isnan(seen.keypoints_2d_px), np.isnan(expected.keypoints_2d_px)
    )


def test_take_without_keypoints_says_so(tmp_path):
    with pytest.raises(InputError, match="solve the videos again"):
        load_keypoints(tmp_path)


def test_command_tells_what_it_did(take, truth, capsys):
    save_corrections(take.folder, Corrections((moved_arm(truth, 0, 6),)))
    assert main(["correct", str(take.folder), "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    stages = [r["stage"] for r in records if r["type"] == "stage" and r["state"] == "done"]
    assert stages == ["correct", "clean"]
    assert records[-1]["command"] == "correct"
    assert records[-1]["verdict"] in ("good", "check", "unusable")


def test_bad_corrections_are_exit_2_and_keep_the_motion(take, capsys):
    before = take.motion_path.read_bytes()
    (take.folder / FILE_NAME).write_text("{}")
    assert main(["correct", str(take.folder)]) == 2
    assert "corrections.json" in capsys.readouterr().err
    assert take.motion_path.read_bytes() == before


def test_folder_that_is_no_take_is_exit_2(tmp_path, capsys):
    assert main(["correct", str(tmp_path)]) == 2
    assert "solve the videos again" in capsys.readouterr().err
