from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.body import fit
from mvmocap_core.body.evidence import gather_evidence, triangulate
from mvmocap_core.body.fit import fit_motion, fit_shape
from mvmocap_core.body.kinematics import forward
from mvmocap_core.body.skeleton import JOINT, JOINT_PARENTS, PROPORTIONS
from mvmocap_core.body.solve import solve_body
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.geometry.alignment import w_mpjpe
from mvmocap_core.geometry.cameras import project_points
from mvmocap_core.geometry.rotations import quat_wxyz_to_rotmat
from tests.core.performance import HEIGHT_M, perform


def perfect_calibration(truth) -> Calibration:
    return Calibration(
        cameras=truth.cameras,
        offset_s=np.array([0.0, truth.offset_s]),
        offset_std_s=np.zeros(2),
        agreement=np.ones(2),
        focal_std=np.full(2, 0.02),
        rotation_std_deg=0.5,
        lone_focal_std=np.full(2, 0.02),
        lone_rotation_std_deg=0.5,
        view_angle_deg=75.0,
        reprojection_rms_px=np.full(2, 2.0),
        reprojection_rel=np.full(2, 2.0 / 400.0),
        bone_variation=0.02,
        swapped_share=np.zeros(2),
        margin=1.0,
        n_frames=60,
    )


@pytest.fixture(scope="module")
def truth():
    shape = np.zeros_like(PROPORTIONS.std)
    shape[:9] = [0.05, 0.0, -0.08, 0.1, -0.05, 0.0, 0.08, -0.06, 0.0]
    shape[-3:] = [0.008, -0.008, 0.0]  # one knee is marked further out and back than the other
    return perform(noise_px=1.0, shape=shape, fps=(30.0, 25.0))


@pytest.fixture(scope="module")
def clip(truth):
    return solve_body(
        truth.tracks, truth.timeline(), perfect_calibration(truth), fps=30.0, height_m=HEIGHT_M
    )


def shared(truth, clip):
    """Frames of the clip within the first video."""
    return np.searchsorted(clip.times_s, truth.tracks[0].times_s - 1e-6)


def test_motion_agrees_with_the_truth(truth, clip):
    frames = shared(truth, clip)
    expected = forward(truth.pose, truth.body)[0]
    both = truth.tracks[0].times_s > truth.offset_s + 0.1  # seen by both phones
    assert w_mpjpe(clip.positions_m[frames][both], expected[both]) < 0.012


def test_positions_follow_from_rotations(clip):
    local = quat_wxyz_to_rotmat(clip.rotations_quat_wxyz)
    rotation, position = local.copy(), clip.positions_m.copy()
    for joint in range(1, len(JOINT_PARENTS)):
        parent = JOINT_PARENTS[joint]
        rotation[:, joint] = rotation[:, parent] @ local[:, joint]
        position[:, joint] = position[:, parent] + rotation[:, parent] @ clip.rest_offsets_m[joint]
    np.testing.assert_allclose(position, clip.positions_m, atol=1e-9)


def test_world_has_its_floor_and_heading_where_the_contract_says(clip):
    first = clip.positions_m[0]
    np.testing.assert_allclose(first[JOINT["pelvis"], :2], 0.0, atol=1e-9)
    left = first[JOINT["left_hip"]] - first[JOINT["right_hip"]]
    assert left[0] > 0.0
    assert abs(left[1]) < 1e-9
    assert first[JOINT["head"], 2] > 1.0
    assert -0.1 < clip.positions_m[:, JOINT["left_ankle"], 2].min() < 0.25


def test_vertical_is_found(truth, clip):
    up = clip.T_cam_world[0, :3, :3].T @ truth.cameras.T_cam_world[0, :3, :3] @ [0, 0, 1]
    assert np.degrees(np.arccos(up[2])) < 8.0


def test_cameras_still_see_the_landmarks(truth, clip):
    frames = shared(truth, clip)
    for name in ("left_wrist", "right_ankle", "nose"):
        index = list(clip.landmark_names).index(name)
        pixels = project_points(
            clip.landmarks_m[frames, index], clip.K[0], clip.dist[0], clip.T_cam_world[0]
        )
        off = np.linalg.norm(pixels - truth.tracks[0].keypoints_2d_px[:, index], axis=1)
        assert np.median(off) < 4.0


def test_height_sets_the_scale(truth, clip):
    taller = solve_body(
        truth.tracks, truth.timeline(), perfect_calibration(truth), fps=30.0,
        height_m=1.1 * HEIGHT_M,
    )  # fmt: skip
    np.testing.assert_allclose(taller.rest_offsets_m, 1.1 * clip.rest_offsets_m, atol=1e-9)
    np.testing.assert_allclose(taller.positions_m, 1.1 * clip.positions_m, atol=0.02)


def test_motion_covers_both_videos_at_whole_frames(truth, clip):
    end = max(truth.tracks[0].times_s[-1], truth.tracks[1].times_s[-1] + truth.offset_s)
    assert clip.times_s[0] == 0.0
    assert end - 1 / 30 < clip.times_s[-1] <= end + 1e-9
    np.testing.assert_allclose(np.diff(clip.times_s), 1 / 30)


def test_range_is_kept(truth):
    part = solve_body(
        truth.tracks, truth.timeline(), perfect_calibration(truth), fps=24.0, start_s=1.0,
        end_s=2.0,
    )  # fmt: skip
    assert part.times_s[0] == 1.0
    assert part.times_s[-1] == 2.0
    assert len(part.times_s) == 25


def test_a_joint_that_nobody_sees_is_doubted(truth):
    hidden = []
    for view, track in enumerate(truth.tracks):
        confidence = track.confidence.copy()
        moment_s = truth.timeline().to_first(view, track.times_s)
        away = np.flatnonzero((moment_s > 1.0) & (moment_s < 1.5))
        confidence[np.ix_(away, [15, 17, 19, 21])] = 0.0  # the left hand
        hidden.append(replace(track, confidence=confidence))
    clip = solve_body(hidden, truth.timeline(), perfect_calibration(truth), fps=30.0)
    wrist, frame = JOINT["left_wrist"], 38
    assert clip.error_m[frame, wrist] > 2.0 * clip.error_m[frame, JOINT["right_wrist"]]
    assert clip.confidence[frame, wrist] < 0.2 < clip.confidence[frame, JOINT["right_wrist"]]
    assert np.isnan(clip.landmarks_m[frame, 15]).all()


def test_every_joint_is_doubted_more_in_a_noisier_take(truth, clip):
    rng = np.random.default_rng(5)
    noisy = [
        replace(
            track,
            keypoints_2d_px=track.keypoints_2d_px
            + rng.normal(0.0, 8.0, track.keypoints_2d_px.shape),
        )
        for track in truth.tracks
    ]
    again = solve_body(
        noisy, truth.timeline(), perfect_calibration(truth), fps=30.0, height_m=HEIGHT_M
    )
    seen = shared(truth, clip)[20:]
    ratio = np.median(again.error_m[seen] / clip.error_m[seen], axis=0)
    wrists = [JOINT["left_wrist"], JOINT["right_wrist"]]
    assert (ratio[wrists] > 1.3).all()
    assert (ratio > 1.05).all()


def test_windows_join_without_a_step(truth, monkeypatch):
    timeline = truth.timeline()
    times_s = np.arange(12, 88) / 30.0
    evidence = gather_evidence(truth.tracks, timeline, truth.cameras, times_s)
    body = fit_shape(truth.body, evidence, independent=0.2)
    whole = forward(fit_motion(body, evidence, fps=30.0), body)[0]
    monkeypatch.setattr(fit, "WINDOW", 20)
    monkeypatch.setattr(fit, "OVERLAP", 10)
    pieces = forward(fit_motion(body, evidence, fps=30.0), body)[0]
    assert np.abs(pieces - whole).max() < 0.01


@pytest.fixture(scope="module")
def evidence(truth):
    times_s = truth.tracks[0].times_s[12:]
    return gather_evidence(truth.tracks, truth.timeline(), truth.cameras, times_s)


@pytest.fixture(scope="module")
def average(truth):
    return replace(truth.body, shape=np.zeros_like(truth.body.shape))


@pytest.fixture(scope="module")
def found(average, evidence):
    return fit_shape(average, evidence, independent=0.2)


def test_shape_is_measured(truth, found):
    for name in ("left_elbow", "left_wrist", "left_knee", "left_ankle"):
        length = np.linalg.norm(found.rest_offsets_m[JOINT[name]])
        assert length == pytest.approx(
            np.linalg.norm(truth.body.rest_offsets_m[JOINT[name]]), rel=0.03
        )


def test_unevenly_marked_knees_are_found(truth, found):
    np.testing.assert_allclose(found.shape[-3:], truth.body.shape[-3:], atol=0.004)


def test_one_video_alone_marks_both_sides_evenly(average, evidence, monkeypatch):
    points = triangulate(evidence)
    monkeypatch.setattr(fit, "triangulate", lambda seen: points)
    alone = replace(
        evidence,
        xy=evidence.xy[:1],
        weight=evidence.weight[:1],
        sigma=evidence.sigma[:1],
        poses=evidence.poses[:1],
    )
    body = fit_shape(average, alone, independent=0.2)
    assert np.abs(body.shape[PROPORTIONS.is_uneven]).max() < 1e-6


def test_a_body_out_of_sight_is_refused(truth):
    blank = [replace(t, confidence=np.zeros_like(t.confidence)) for t in truth.tracks]
    with pytest.raises(UnsolvableError, match="whole body"):
        solve_body(blank, truth.timeline(), perfect_calibration(truth), fps=30.0)
