"""Solved takes without videos, whose keypoints and performers can be corrected."""

from dataclasses import replace
from pathlib import Path

from mvmocap_core import cleaning, correcting
from mvmocap_core.body.solve import solve_body
from mvmocap_core.corrections.corrections import Corrections
from mvmocap_core.corrections.followed import save_followed
from mvmocap_core.corrections.identities import Followed
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.progress import silent
from mvmocap_core.report.evidence import Evidence
from mvmocap_core.take import Take
from mvmocap_core.video.frames import VideoInfo
from tests.core.body.test_solve import perfect_calibration
from tests.core.performance import HEIGHT_M, perform


def make_alone(folder: Path) -> Path:
    """A take of one performer, with feet locked. Returns its folder."""
    return _keep(folder, [_evidence()], lock_feet=True)


def make_duo(folder: Path) -> Path:
    """A take of two who perform alike, 3 pixels apart, and of somebody who was left out."""
    found = _evidence()
    aside = tuple(
        replace(track, keypoints_2d_px=track.keypoints_2d_px + 3.0) for track in found.tracks
    )
    far = replace(found.tracks[0], keypoints_2d_px=found.tracks[0].keypoints_2d_px + 300.0)
    save_followed(folder, Followed.of([found.tracks, aside], [[far], []]), [])
    return _keep(folder, [found, replace(found, tracks=aside)], lock_feet=False)


def _evidence() -> Evidence:
    truth = perform(noise_px=1.0, duration_s=3.0, fps=(30.0, 30.0), offset_s=0.2)
    calibration = perfect_calibration(truth)
    motion = solve_body(truth.tracks, truth.timeline(), calibration, fps=30.0, height_m=HEIGHT_M)
    info = VideoInfo(Path("a.mp4"), (1280, 720), 0, 30.0, 3.0, 90, False, None)
    infos = (info, replace(info, path=Path("b.mp4")))
    return Evidence(
        infos, tuple(truth.tracks), truth.timeline(), calibration, motion, SolveOptions()
    )


def _keep(folder: Path, people: list[Evidence], *, lock_feet: bool) -> Path:
    take = Take(folder)
    for person, each in enumerate(people):
        correcting.keep_whole(take, each, Corrections(), person)
    cleaning.clean_solved(take, people, CleanUp(lock_feet=lock_feet))
    correcting.correct_take(take.folder, silent)
    return take.folder
