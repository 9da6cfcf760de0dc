"""What single views say of depth: the right axes, the right weights, nothing invented."""

from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.lifting.joints import (
    BONE_TWINS,
    BONES,
    HIPS,
    JOINT,
    JOINT_NAMES,
    LANDMARK_INDICES,
    MIRRORED,
    STANDING_POSE,
    crop,
    crop_axes,
    scale_of,
    stature_of,
    trunk_axes,
)
from mvmocap_core.lifting.lifted import (
    HIP_LANDMARKS,
    Lifted,
    blindness,
    combine,
    fill,
    lift_by_detector,
)
from tests.core.performance import perform


@pytest.fixture(scope="module")
def truth():
    return perform(duration_s=1.5, fps=(30.0, 30.0), offset_s=0.0)


@pytest.fixture(scope="module")
def lifted(truth) -> Lifted:
    times_s = truth.tracks[0].times_s
    return lift_by_detector(truth.tracks, truth.timeline(), truth.cameras, times_s)


def test_detectors_depth_in_the_world_is_where_the_landmarks_are(truth, lifted):
    R = np.einsum("vfab,vbc->vfac", lifted.R_crop_cam, truth.cameras.T_cam_world[:, :3, :3])
    points = np.einsum("vfab,vflb->vfla", R.swapaxes(-1, -2), lifted.points)
    expected = truth.landmarks_m - truth.landmarks_m[:, HIP_LANDMARKS].mean(axis=1, keepdims=True)
    expected = expected / np.median(stature_of(truth.landmarks_m[:, LANDMARK_INDICES]))
    # the detector speaks in the axes of its crop: the performer is up to 8 degrees off the middle
    assert np.linalg.norm(points - expected, axis=-1).max() < 0.15
    assert np.linalg.norm(points - expected, axis=-1).mean() < 0.04


def test_unseen_landmarks_are_not_lifted_and_doubtful_ones_count_less(truth):
    track = truth.tracks[0]
    keypoints, confidence = track.keypoints_2d_px.copy(), track.confidence.copy()
    keypoints[:, 15], confidence[:, 16] = np.nan, 0.4
    tracks = [replace(track, keypoints_2d_px=keypoints, confidence=confidence), truth.tracks[1]]
    lifted = lift_by_detector(tracks, truth.timeline(), truth.cameras, track.times_s)
    assert np.isnan(lifted.points[0, :, 15]).all()
    assert np.isfinite(lifted.points[0, :, 16]).all()
    assert (lifted.error[0, :, 16] > 2.0 * lifted.error[0, :, 14]).all()


def test_no_depth_is_no_depth(truth):
    silent = [replace(t, world_landmarks_m=0.0 * t.world_landmarks_m) for t in truth.tracks]
    lifted = lift_by_detector(silent, truth.timeline(), truth.cameras, silent[0].times_s)
    assert np.isnan(lifted.points).all()


def test_two_guesses_are_weighed_by_their_errors(lifted):
    other = replace(lifted, points=lifted.points + 0.3, error=2.0 * lifted.error, source="other")
    both = combine(lifted, other)
    assert np.allclose(both.points, lifted.points + 0.06)
    assert np.allclose(both.error, lifted.error * np.sqrt(0.8))
    assert both.source == "other"


def test_where_one_guess_has_nothing_the_other_counts(lifted):
    points = lifted.points.copy()
    points[:, ::2] = np.nan
    both = combine(replace(lifted, points=points), replace(lifted, points=lifted.points + 0.3))
    assert np.allclose(both.points[:, ::2], lifted.points[:, ::2] + 0.3)
    assert np.isnan(combine(replace(lifted, points=points), replace(lifted, points=points)).points
                    [:, ::2]).all()  # fmt: skip


def test_blind_is_what_fewer_than_two_views_see():
    weight = np.array([[[0.9, 0.9, 0.9, 0.0]], [[0.9, 0.125, 0.0, 0.0]]])
    assert np.allclose(blindness(weight), [[0.0, 0.5, 1.0, 1.0]])
    assert np.allclose(blindness(weight[:1]), 1.0)


def test_crop_looks_at_the_performer_level_in_the_image():
    R = crop_axes(np.array([[0.4, -0.2]]))[0]
    assert np.allclose(R @ R.T, np.eye(3))
    assert np.linalg.det(R) == pytest.approx(1.0)
    ray = np.array([0.4, -0.2, 1.0])
    assert np.allclose(R @ ray / np.linalg.norm(ray), [0.0, 0.0, 1.0])
    assert R[0, 1] == pytest.approx(0.0)


def test_crop_keeps_what_it_saw_when_the_camera_turns():
    pose = STANDING_POSE[:, [0, 2, 1]] * [1.0, -1.0, 1.0]
    seen = []
    for aside in (0.0, 1.5):
        points = pose + crop_axes(np.array([aside / 4.0, 0.0])).T @ [0.0, 0.0, 4.2]
        turned = pose @ crop_axes(np.array([aside / 4.0, 0.0])) + points - pose
        flat, _ = crop((turned[:, :2] / turned[:, 2:])[None], np.ones((1, len(pose))))
        seen.append(flat)
    assert np.allclose(seen[0], seen[1], atol=2e-3)


def test_root_is_carried_over_frames_without_hips():
    xy = np.tile(STANDING_POSE[None, :, [0, 2]], (5, 1, 1)) + np.arange(5)[:, None, None] * 0.01
    confidence = np.ones((5, len(JOINT_NAMES)))
    confidence[2, HIPS[0]] = 0.0
    whole, _ = crop(xy, np.ones_like(confidence))
    flat, _ = crop(xy, confidence)
    assert np.allclose(np.delete(flat[2], HIPS, axis=0), np.delete(whole[2], HIPS, axis=0))
    with pytest.raises(ValueError, match="hips"):
        crop(xy, np.zeros_like(confidence))


def test_size_is_measured_over_a_window_of_what_is_seen():
    xy = np.ones((9, 4, 2))
    xy[4] *= 3.0
    confidence = np.ones((9, 4))
    confidence[:, 3] = 0.0
    assert np.allclose(scale_of(xy, confidence, 0)[[0, 4]], np.sqrt([2.0, 18.0]))
    assert scale_of(xy, confidence, 4)[4] == pytest.approx(np.sqrt((8 * 2.0 + 18.0) / 9))


def test_joints_bones_and_mirror_fit_together():
    assert (MIRRORED[MIRRORED] == np.arange(len(JOINT_NAMES))).all()
    assert np.allclose(STANDING_POSE[MIRRORED] * [-1, 1, 1], STANDING_POSE)
    lengths = np.linalg.norm(STANDING_POSE[BONES[:, 0]] - STANDING_POSE[BONES[:, 1]], axis=1)
    assert np.allclose(lengths[BONE_TWINS[:, 0]], lengths[BONE_TWINS[:, 1]])
    assert stature_of(STANDING_POSE) == pytest.approx(1.0, abs=0.03)
    assert np.allclose(trunk_axes(STANDING_POSE), np.eye(3), atol=0.05)
    assert STANDING_POSE[JOINT["left_wrist"], 0] > 0


def test_filling_adds_what_is_missing_and_keeps_the_rest(lifted):
    points, error = lifted.points.copy(), lifted.error.copy()
    points[:, :, 15] = np.nan
    holed = Lifted(points, error, lifted.R_crop_cam, "detector")
    other = Lifted(lifted.points + 1.0, lifted.error + 1.0, lifted.R_crop_cam, "network")
    filled = fill(holed, other)
    assert np.array_equal(filled.points[:, :, 15], other.points[:, :, 15])
    assert np.array_equal(filled.error[:, :, 15], other.error[:, :, 15])
    assert np.array_equal(filled.points[:, :, :15], lifted.points[:, :, :15])
    assert filled.source == "network"
