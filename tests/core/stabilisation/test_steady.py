from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.detection.detections import CameraTurns, Detections
from mvmocap_core.geometry.cameras import project_points
from mvmocap_core.geometry.rotations import rotation_angle_deg, rotvec_to_rotmat
from mvmocap_core.stabilisation.moving_cameras import with_moving_cameras
from mvmocap_core.stabilisation.steady import find_camera_motion, steady_track
from tests.core.scenes import FOCAL_PX, make_motion, make_tracks

N_FRAMES = 60
KNOCK_DEG = np.array([0.6, -1.5, 0.5])
NO_BREAK = np.zeros(N_FRAMES, bool)


def detections(rotvec_deg, is_break=NO_BREAK, focal_px=FOCAL_PX):
    """What a detector says of a camera that turned by rotvec_deg (F, 3); NaN is not known."""
    rotvec_deg = np.asarray(rotvec_deg, dtype=float)
    known = np.isfinite(rotvec_deg).all(axis=1)
    rotmat = np.full((N_FRAMES, 3, 3), np.nan)
    rotmat[known] = rotvec_to_rotmat(np.radians(rotvec_deg[known]))
    return Detections(
        times_s=np.arange(N_FRAMES) / 30.0,
        keypoints_2d_px=np.zeros((N_FRAMES, 1, 33, 2)),
        confidence=np.ones((N_FRAMES, 1, 33)),
        world_landmarks_m=np.zeros((N_FRAMES, 1, 33, 3)),
        image_size=np.array([640, 480]),
        camera=CameraTurns(rotmat, is_break, focal_px),
    )


def knock(at_frame=40):
    return KNOCK_DEG * (np.arange(N_FRAMES) >= at_frame)[:, None]


def filmed(rotvec_deg):
    """A motion, the track of a still first camera, and of the same one that turned."""
    motion = make_motion(N_FRAMES)
    still = make_tracks(motion)[0]
    turned = still.keypoints_2d_px.copy()
    for frame, rotmat in enumerate(rotvec_to_rotmat(np.radians(rotvec_deg))):
        T = motion.T_cam_world[0].copy()
        T[:3] = rotmat @ T[:3]
        landmarks = make_tracks(replace(motion, T_cam_world=np.stack([T, T])))[0]
        turned[frame] = landmarks.keypoints_2d_px[frame]
    return motion, still, replace(still, keypoints_2d_px=turned)


def test_a_still_camera_changes_nothing():
    rng = np.random.default_rng(0)
    moved = find_camera_motion(detections(rng.normal(0.0, 0.01, (N_FRAMES, 3))))
    track = make_tracks(make_motion(N_FRAMES))[0]
    assert moved.kind == "still"
    assert steady_track(track, moved) is track


def test_a_knock_is_undone():
    _, still, turned = filmed(knock())
    moved = find_camera_motion(detections(knock()))
    assert moved.kind == "turned"
    assert moved.turn_deg == pytest.approx(np.linalg.norm(KNOCK_DEG), abs=1e-6)
    assert np.nanmax(np.abs(turned.keypoints_2d_px - still.keypoints_2d_px)) > 10.0
    steady = steady_track(turned, moved)
    np.testing.assert_allclose(steady.keypoints_2d_px, still.keypoints_2d_px, atol=1e-6)


def test_the_longer_part_of_a_take_is_what_counts_as_steady():
    moved = find_camera_motion(detections(knock(at_frame=10)))
    assert rotation_angle_deg(moved.rotmat[-1]) == pytest.approx(0.0, abs=1e-6)
    assert rotation_angle_deg(moved.rotmat[0]) == pytest.approx(np.linalg.norm(KNOCK_DEG))


def test_moments_without_background_are_bridged():
    sway = np.outer(np.linspace(0.0, 2.0, N_FRAMES), [0.0, 1.0, 0.0])
    gappy = sway.copy()
    gappy[20:30] = np.nan
    whole, bridged = (find_camera_motion(detections(s)) for s in (sway, gappy))
    relative = bridged.rotmat[25] @ bridged.rotmat[0].T @ whole.rotmat[0] @ whole.rotmat[25].T
    assert rotation_angle_deg(relative) < 0.01


def test_a_background_that_does_not_tell_is_unknown():
    moved = find_camera_motion(detections(np.full((N_FRAMES, 3), np.nan)))
    assert moved.kind == "unknown"


def test_keypoints_of_another_detector_have_no_background():
    moved = find_camera_motion(replace(detections(knock()), camera=None))
    assert moved.kind == "unknown"


def test_a_camera_that_goes_about_is_not_followed():
    breaks = np.arange(N_FRAMES) % 15 == 14
    moved = find_camera_motion(detections(knock(), breaks))
    assert moved.kind == "walked"
    np.testing.assert_array_equal(moved.rotmat[-1], np.eye(3))


def test_one_break_is_a_passer_by():
    moved = find_camera_motion(detections(knock(), np.arange(N_FRAMES) == 30))
    assert moved.kind == "turned"


def test_a_camera_that_turns_right_round_is_not_followed():
    pan = np.outer(np.linspace(0.0, 120.0, N_FRAMES), [0.0, 1.0, 0.0])
    assert find_camera_motion(detections(pan)).kind == "walked"


def test_moving_cameras_see_the_motion_where_the_video_does():
    motion, _, turned = filmed(knock())
    steady = find_camera_motion(detections(knock()))
    posed = with_moving_cameras(motion, [steady, find_camera_motion(detections(0 * knock()))])
    assert posed.T_cam_world_frames.shape == (2, N_FRAMES, 4, 4)
    pelvis = turned.keypoints_2d_px[:, 0]  # the nose of a perfect detector is the pelvis
    for frame in (0, 30, 50, 59):
        pose = posed.T_cam_world_frames[0, frame]
        seen = project_points(motion.positions_m[frame, 0], motion.K[0], motion.dist[0], pose)
        np.testing.assert_allclose(seen, pelvis[frame], atol=0.01)
    np.testing.assert_array_equal(posed.T_cam_world_frames[1, 50], motion.T_cam_world[1])


def test_a_wrong_guess_of_the_lens_does_not_move_the_picture():
    """The tracker saw pixels move; of a lens twice as long, that is half the turn."""
    guessed = detections(knock() * [0.5, 0.5, 1.0], focal_px=2.0 * FOCAL_PX)
    motion, _, turned = filmed(knock())
    still = find_camera_motion(detections(0 * knock()))
    posed = with_moving_cameras(motion, [find_camera_motion(guessed), still])
    pose = posed.T_cam_world_frames[0, 55]
    seen = project_points(motion.positions_m[55, 0], motion.K[0], motion.dist[0], pose)
    np.testing.assert_allclose(seen, turned.keypoints_2d_px[55, 0], atol=1.0)


def test_still_cameras_have_one_pose():
    motion = make_motion(N_FRAMES)
    still = find_camera_motion(detections(0 * knock()))
    assert with_moving_cameras(motion, [still, still]) is motion
