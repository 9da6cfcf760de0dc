from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.body.solve import solve_body
from mvmocap_core.body.world import stature_m
from mvmocap_core.calibration.calibrate import calibrate
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.geometry.alignment import w_mpjpe
from mvmocap_core.geometry.cameras import undistort_points
from mvmocap_core.geometry.rotations import rotation_angle_deg
from tests.core.performance import HEIGHT_M, perform

NO_METADATA = (None, None)
DIST = np.array([0.08, -0.1, 0.002, -0.001])


@pytest.fixture(scope="module")
def truth():
    """A performance through lenses whose axis is not in the middle, with strong distortion."""
    made = perform(noise_px=1.0)
    shift_px = np.array([18.0, -12.0])
    K, tracks = made.cameras.K.copy(), []
    K[:, :2, 2] += shift_px
    dist = np.stack([DIST, -DIST])
    for view, track in enumerate(made.tracks):
        rays = undistort_points(track.keypoints_2d_px, made.cameras.K[view], np.zeros(4))
        x, y = rays[..., 0], rays[..., 1]
        k1, k2, p1, p2 = dist[view]
        r2 = x * x + y * y
        radial = 1.0 + k1 * r2 + k2 * r2 * r2
        lens = np.stack(
            [
                x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
                y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
            ],
            axis=-1,
        )
        pixels = lens @ K[view, :2, :2].T + K[view, :2, 2]
        tracks.append(replace(track, keypoints_2d_px=pixels))
    return replace(made, cameras=replace(made.cameras, K=K, dist=dist), tracks=tracks)


def lens_of(truth):
    return replace(nothing_given(2), K=truth.cameras.K, dist=truth.cameras.dist)


def relative_rotation(poses):
    return poses[1, :3, :3] @ poses[0, :3, :3].T


def test_a_given_lens_is_kept_and_the_poses_are_found(truth):
    found = calibrate(truth.tracks, truth.timeline(), focal_35mm=NO_METADATA, given=lens_of(truth))
    np.testing.assert_array_equal(found.cameras.K, truth.cameras.K)
    np.testing.assert_array_equal(found.cameras.dist, truth.cameras.dist)
    relative = relative_rotation(found.cameras.T_cam_world)
    true = relative_rotation(truth.cameras.T_cam_world)
    assert rotation_angle_deg(relative.T @ true) < 1.0
    assert not found.is_metric


def test_what_a_given_lens_cannot_have_seen_is_not_seen(truth):
    track = truth.tracks[0]
    far_px = track.keypoints_2d_px.copy()
    far_px[5, 27] = 40.0 * track.image_size
    dist = np.tile([-0.1, 0.0, 0.0, 0.0], (2, 1))
    given = replace(nothing_given(2), K=truth.cameras.K, dist=dist)
    straight = given.straightened([replace(track, keypoints_2d_px=far_px), truth.tracks[1]])[0]
    assert straight.confidence[5, 27] == 0.0
    assert np.array_equal(straight.confidence[6], track.confidence[6])


def test_given_poses_are_kept_in_metres(truth):
    given = replace(lens_of(truth), T_cam_world=truth.cameras.T_cam_world)
    found = calibrate(truth.tracks, truth.timeline(), focal_35mm=NO_METADATA, given=given)
    poses = truth.cameras.T_cam_world
    np.testing.assert_allclose(
        found.cameras.T_cam_world[1], poses[1] @ np.linalg.inv(poses[0]), atol=1e-9
    )
    assert found.is_metric
    assert found.rotation_std_deg == 0.0


def test_given_poses_give_the_size_whatever_height_is_said(truth):
    given = replace(lens_of(truth), T_cam_world=truth.cameras.T_cam_world)
    timeline = truth.timeline()
    found = calibrate(truth.tracks, timeline, focal_35mm=NO_METADATA, given=given)
    motion = solve_body(truth.tracks, timeline, found, fps=30.0, height_m=1.2)
    assert stature_m(motion.rest_offsets_m) == pytest.approx(HEIGHT_M, rel=0.03)
    both = slice(12, 85)  # seen by both videos
    assert w_mpjpe(motion.landmarks_m[both], truth.landmarks_m[both]) < 0.02


def test_the_offset_is_still_refined_between_given_cameras(truth):
    given = replace(lens_of(truth), T_cam_world=truth.cameras.T_cam_world)
    timeline = truth.timeline(error_s=0.03, std_s=0.03)
    found = calibrate(truth.tracks, timeline, focal_35mm=NO_METADATA, given=given)
    assert found.offset_s[1] == pytest.approx(truth.offset_s, abs=0.005)


def test_a_given_focal_length_outweighs_what_the_file_says():
    truth = perform(focal_35mm=(24.0, 40.0), noise_px=1.0)
    focal_px = truth.cameras.K[:, 0, 0]
    given = replace(nothing_given(2), focal_px=focal_px)
    found = calibrate(truth.tracks, truth.timeline(), focal_35mm=(35.0, 28.0), given=given)
    np.testing.assert_allclose(found.cameras.K[:, 0, 0], focal_px, rtol=0.02)


def test_what_is_known_is_named():
    facts = replace(
        nothing_given(2), focal_px=np.array([800.0, np.nan]), offset_s=np.array([0.0, 0.4])
    )
    assert facts.names(0) == ["focal_length", "offset"]
    assert facts.names(1) == ["offset"]
