"""Single views' depth in the fit: a help where two views are blind, no say where they are not."""

from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.body.kinematics import forward
from mvmocap_core.body.skeleton import JOINT
from mvmocap_core.body.solve import solve_body
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.calibration.single_view import assume_camera
from mvmocap_core.geometry.alignment import p_mpjpe, similarity_transform
from mvmocap_core.lifting.lifted import lift_by_detector
from mvmocap_core.sync.timeline import Timeline
from tests.core.body.test_solve import perfect_calibration
from tests.core.performance import HEIGHT_M, perform

FPS = 30.0


@pytest.fixture(scope="module")
def truth():
    return perform(noise_px=1.0, fps=(FPS, FPS), offset_s=0.0)


def hide(track, frames: slice):
    keypoints, confidence = track.keypoints_2d_px.copy(), track.confidence.copy()
    world = track.world_landmarks_m.copy()
    keypoints[frames], confidence[frames], world[frames] = np.nan, 0.0, np.nan
    return replace(track, keypoints_2d_px=keypoints, confidence=confidence, world_landmarks_m=world)


def solved(truth, tracks, *, is_lifted: bool):
    timeline, calibration = truth.timeline(), perfect_calibration(truth)
    lifted = lift_by_detector(tracks, timeline, calibration.cameras, tracks[0].times_s)
    return solve_body(
        tracks, timeline, calibration, fps=FPS, height_m=HEIGHT_M,
        lifted=lifted if is_lifted else None,
    )  # fmt: skip


def test_no_say_where_both_views_see_everything(truth):
    without, told = (solved(truth, truth.tracks, is_lifted=told) for told in (False, True))
    assert np.array_equal(told.positions_m, without.positions_m)


def test_a_stretch_that_one_view_lost_is_better_for_it(truth):
    expected = forward(truth.pose, truth.body)[0]
    lost = np.arange(len(expected)) // 30 == 1
    tracks = [truth.tracks[0], hide(truth.tracks[1], slice(30, 60))]
    errors = []
    for is_lifted in (False, True):
        found = solved(truth, tracks, is_lifted=is_lifted).positions_m
        fit = similarity_transform(found[~lost].reshape(-1, 3), expected[~lost].reshape(-1, 3))
        errors.append(np.linalg.norm(fit.apply(found[lost]) - expected[lost], axis=-1).mean())
    assert errors[1] < 0.7 * errors[0]
    assert errors[1] < 0.04


def test_a_guess_hardly_makes_an_arm_that_nobody_sees_surer(truth):
    tracks = []
    for track in truth.tracks:
        confidence = track.confidence.copy()
        confidence[30:60, [13, 15, 17, 19, 21]] = 0.0  # the left arm
        tracks.append(replace(track, confidence=confidence))
    without, told = (solved(truth, tracks, is_lifted=is_lifted) for is_lifted in (False, True))
    wrist = JOINT["left_wrist"]
    assert told.error_m[45, wrist] > 0.6 * without.error_m[45, wrist]
    assert told.error_m[45, wrist] > 4.0 * told.error_m[15, wrist]


def test_one_video_alone_gives_the_pose(truth):
    track = truth.tracks[0]
    alone = Timeline.known(np.zeros(1))
    calibration = assume_camera(track, 27.0, nothing_given(1))
    lifted = lift_by_detector([track], alone, calibration.cameras, track.times_s)
    clip = solve_body([track], alone, calibration, fps=FPS, height_m=HEIGHT_M, lifted=lifted)
    assert p_mpjpe(clip.positions_m, forward(truth.pose, truth.body)[0]) < 0.03
    assert np.isfinite(clip.error_m).all()
    assert np.allclose(clip.positions_m[..., 2].min(), 0.0, atol=0.05)
