from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.calibration.calibrate import calibrate
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.geometry.rotations import rotation_angle_deg
from mvmocap_core.sync.timeline import CERTAIN, Timeline
from tests.core.performance import perform

NO_METADATA = (None, None)


def rotation_error_deg(calibration, truth):
    found, true = calibration.cameras.T_cam_world, truth.cameras.T_cam_world
    relative = found[1, :3, :3] @ found[0, :3, :3].T
    return float(rotation_angle_deg(relative.T @ true[1, :3, :3] @ true[0, :3, :3].T))


def focal_error(calibration, truth):
    return np.abs(calibration.cameras.K[:, 0, 0] / truth.cameras.K[:, 0, 0] - 1.0).max()


@pytest.fixture(scope="module")
def exact():
    truth = perform()
    return truth, calibrate(truth.tracks, truth.timeline(), focal_35mm=NO_METADATA)


def test_exact_keypoints_give_the_cameras(exact):
    truth, calibration = exact
    assert rotation_error_deg(calibration, truth) < 1.0
    assert focal_error(calibration, truth) < 0.06
    assert calibration.view_angle_deg == pytest.approx(75.0, abs=8.0)


def test_exact_keypoints_are_explained_to_a_fraction_of_a_pixel(exact):
    assert exact[1].reprojection_rms_px.max() < 1.0


def test_known_focal_lengths_are_believed():
    truth = perform(focal_35mm=(24.0, 40.0))
    calibration = calibrate(truth.tracks, truth.timeline(), focal_35mm=(24.0, 40.0))
    assert focal_error(calibration, truth) < 0.03
    assert rotation_error_deg(calibration, truth) < 1.0


@pytest.mark.parametrize("angle_deg", [45.0, 120.0, 160.0])
def test_every_useful_angle_between_the_phones_is_found(angle_deg):
    truth = perform(angle_deg=angle_deg, noise_px=2.0)
    calibration = calibrate(truth.tracks, truth.timeline(), focal_35mm=NO_METADATA)
    assert rotation_error_deg(calibration, truth) < 4.0


@pytest.mark.parametrize("angle_deg", [60.0, 120.0])
def test_a_detector_that_guesses_no_depth_will_do(angle_deg):
    truth = perform(angle_deg=angle_deg, noise_px=2.0)
    flat = [
        replace(track, world_landmarks_m=np.full_like(track.world_landmarks_m, np.nan))
        for track in truth.tracks
    ]
    calibration = calibrate(flat, truth.timeline(), focal_35mm=NO_METADATA)
    assert rotation_error_deg(calibration, truth) < 4.0


def test_a_third_phone_is_placed_with_the_others():
    narrow, wide = perform(angle_deg=60.0, noise_px=1.0), perform(angle_deg=180.0, noise_px=1.0)
    tracks = [*narrow.tracks, wide.tracks[1]]
    true = np.stack([*narrow.cameras.T_cam_world, wide.cameras.T_cam_world[1]])
    offset_s = np.array([0.0, narrow.offset_s + 0.01, wide.offset_s - 0.01])
    timeline = Timeline.known(offset_s, 0.02)
    calibration = calibrate(tracks, timeline, focal_35mm=(None, None, None))
    found = calibration.cameras.T_cam_world
    for view in (1, 2):
        relative, expected = (T[view, :3, :3] @ T[0, :3, :3].T for T in (found, true))
        assert rotation_angle_deg(relative.T @ expected) < 1.5
    np.testing.assert_allclose(calibration.offset_s[1:], narrow.offset_s, atol=0.004)


def test_an_offset_that_is_a_frame_off_is_mended():
    truth = perform()
    calibration = calibrate(
        truth.tracks, truth.timeline(error_s=0.03, std_s=0.03), focal_35mm=NO_METADATA
    )
    assert calibration.offset_s[1] == pytest.approx(truth.offset_s, abs=0.004)
    assert calibration.offset_std_s[1] < 0.01


@pytest.mark.parametrize(("log_odds", "is_taken"), [(-1.0, True), (-1e3, False)])
def test_a_likely_offset_that_adjusts_better_is_taken(log_odds, is_taken):
    truth = perform(noise_px=1.0)
    ambiguous = replace(
        truth.timeline(error_s=0.4),
        agreement=np.array([1.0, 0.2]),
        rivals_s=np.array([[np.nan], [truth.offset_s]]),
        rivals_odds=np.array([[np.nan], [log_odds]]),
    )
    calibration = calibrate(truth.tracks, ambiguous, focal_35mm=NO_METADATA)
    off_s = abs(calibration.offset_s[1] - truth.offset_s)
    assert (off_s < 0.01) == is_taken
    assert calibration.agreement[1] > CERTAIN


def test_swapped_views_give_the_inverse_pose():
    truth = perform(noise_px=1.0)
    there = calibrate(truth.tracks, truth.timeline(), focal_35mm=NO_METADATA)
    timeline = replace(truth.timeline(), offset_s=np.array([0.0, -truth.offset_s]))
    back = calibrate(truth.tracks[::-1], timeline, focal_35mm=NO_METADATA)
    round_trip = back.cameras.T_cam_world[1, :3, :3] @ there.cameras.T_cam_world[1, :3, :3]
    assert rotation_angle_deg(round_trip) < 1.0


def test_noise_shows_in_the_reprojection():
    truth = perform(noise_px=3.0)
    calibration = calibrate(truth.tracks, truth.timeline(), focal_35mm=NO_METADATA)
    # four measurements a point, three unknowns: half of the noise is left
    left_px = 0.5 * np.sqrt(2.0) * 3.0
    np.testing.assert_allclose(calibration.reprojection_rms_px, left_px, rtol=0.25)


def test_cameras_are_less_sure_in_a_noisier_take():
    calm, noisy = (
        calibrate(truth.tracks, truth.timeline(), focal_35mm=NO_METADATA)
        for truth in (perform(noise_px=1.0), perform(noise_px=4.0))
    )
    assert 2.0 < noisy.rotation_std_deg / calm.rotation_std_deg < 6.0


def test_views_that_never_overlap_are_refused():
    truth = perform()
    with pytest.raises(UnsolvableError, match="film longer"):
        calibrate(truth.tracks, truth.timeline(error_s=100.0), focal_35mm=NO_METADATA)


def test_a_blank_view_is_refused():
    truth = perform()
    blank = replace(truth.tracks[1], confidence=np.zeros_like(truth.tracks[1].confidence))
    with pytest.raises(UnsolvableError):
        calibrate([truth.tracks[0], blank], truth.timeline(), focal_35mm=NO_METADATA)


def test_gaps_and_wild_keypoints_do_not_matter_much():
    truth = perform(noise_px=1.0)
    rng = np.random.default_rng(1)
    track = truth.tracks[0]
    keypoints = track.keypoints_2d_px.copy()
    wild = rng.random(keypoints.shape[:2]) < 0.05
    keypoints[wild] += rng.normal(scale=120.0, size=(wild.sum(), 2))
    keypoints[20:30] = np.nan
    confidence = track.confidence.copy()
    confidence[20:30] = 0.0
    broken = replace(track, keypoints_2d_px=keypoints, confidence=confidence)
    calibration = calibrate([broken, truth.tracks[1]], truth.timeline(), focal_35mm=NO_METADATA)
    assert rotation_error_deg(calibration, truth) < 4.0
