"""Two performers who were taken for each other, put right by hand after the solve."""

import json
from pathlib import Path

import numpy as np
import pytest

from mvmocap_core import cleaning, correcting
from mvmocap_core.body.solve import solve_bodies
from mvmocap_core.cli import main
from mvmocap_core.corrections.corrections import Corrections
from mvmocap_core.corrections.files import load_identities, save_identities
from mvmocap_core.corrections.followed import save_followed
from mvmocap_core.corrections.identities import ExchangedPeople, Followed, identified
from mvmocap_core.corrections.keypoints import load_keypoints
from mvmocap_core.geometry.cameras import rigid_transform
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.progress import silent
from mvmocap_core.report.evidence import Evidence
from mvmocap_core.take import Take
from mvmocap_core.video.frames import VideoInfo
from tests.core.body.test_solve import perfect_calibration
from tests.core.performance import HEIGHT_M, perform

EXCHANGED = ExchangedPeople(2, 1, 2, 1.5)
PLACES_M = (np.array([-0.5, 0.0, 0.0]), np.array([0.7, 0.3, 0.0]))


@pytest.fixture(scope="module")
def duet():
    """Two people; in the second video they change names at 1.5 s."""
    return [
        perform(
            noise_px=1.0, duration_s=2.4, fps=(15.0, 15.0), offset_s=0.1,
            place=rigid_transform(np.eye(3), place_m), later_s=3.0 * k,
        )
        for k, place_m in enumerate(PLACES_M)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def mistaken(duet):
    """What a solve that takes them for each other found."""
    followed = Followed.of([truth.tracks for truth in duet])
    mistaken = identified([EXCHANGED], followed)
    timeline, calibration = duet[0].timeline(), perfect_calibration(duet[0])
    motions = solve_bodies(
        mistaken, timeline, calibration, fps=15.0, height_m=HEIGHT_M, lifted=[None, None]
    )
    infos = tuple(
        VideoInfo(Path(f"{name}.mp4"), (1280, 720), 0, 15.0, 2.4, 36, False, None) for name in "ab"
    )
    return [
        Evidence(infos, tuple(own), timeline, calibration, motion, SolveOptions())
        for own, motion in zip(mistaken, motions, strict=True)
    ]


@pytest.fixture
def take(mistaken, tmp_path):
    folder = Take(tmp_path)
    followed = Followed.of([each.tracks for each in mistaken])
    for person, each in enumerate(mistaken):
        correcting.keep_whole(folder, each, Corrections(), person)
    save_followed(tmp_path, followed, ())
    cleaning.clean_solved(folder, mistaken, CleanUp(smoothing=0.0, lock_feet=False))
    return folder


def apart_m(take, duet, person):
    """Median distance of a performer's pelvis from where it truly was, after the exchange."""
    motion, truth = load_motion(take.motion_path_of(person)), duet[person]
    times_s = motion.times_s[motion.times_s > 1.9]
    rows = np.searchsorted(motion.times_s, times_s)
    T = motion.T_cam_world[0]
    seen = motion.positions_m[rows, 0] @ T[:3, :3].T + T[:3, 3]
    T = truth.cameras.T_cam_world[0]
    frames = np.abs(truth.tracks[0].times_s[:, None] - times_s).argmin(axis=0)
    hips = truth.landmarks_m[frames][:, [23, 24]].mean(axis=1) + PLACES_M[person]
    return float(np.median(np.linalg.norm(seen - (hips @ T[:3, :3].T + T[:3, 3]), axis=-1)))


def test_an_exchange_puts_both_performers_right(take, duet):
    wrong_m = [apart_m(take, duet, person) for person in (0, 1)]
    assert main(["correct", str(take.folder), "--exchange", "2", "1", "2", "1.5", "--json"]) == 0
    assert load_identities(take.folder) == (EXCHANGED,)
    for person in (0, 1):
        assert apart_m(take, duet, person) < 0.25 * wrong_m[person]


def test_taking_the_exchange_back_gives_the_solve_back(take, mistaken):
    before = [load_motion(take.motion_path_of(person)) for person in (0, 1)]
    save_identities(take.folder, [EXCHANGED])
    correcting.correct_take(take.folder, silent)
    shown = load_keypoints(take.folder)[1].track
    assert np.abs(shown.keypoints_2d_px - mistaken[0].tracks[1].keypoints_2d_px).max() > 50.0
    (take.folder / "identities.json").unlink()
    correcting.correct_take(take.folder, silent)
    for person, earlier in enumerate(before):
        motion = load_motion(take.motion_path_of(person))
        np.testing.assert_array_equal(motion.positions_m, earlier.positions_m)


def test_numbers_that_name_nobody_change_nothing(take, capsys):
    before = take.motion_path.read_bytes()
    assert main(["correct", str(take.folder), "--join", "1", "2", "0.5", "9", "9", "--json"]) == 2
    assert "nobody" in json.loads(capsys.readouterr().out.splitlines()[-1])["message"]
    assert not (take.folder / "identities.json").exists()
    assert take.motion_path.read_bytes() == before
