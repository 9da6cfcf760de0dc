from pathlib import Path

import cv2
import numpy as np
import pytest

from mvmocap_core.detection.detections import Detections
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.room import edges as room_edges
from mvmocap_core.room.edges import find_edges, look_at_room
from mvmocap_core.stabilisation.steady import CameraMotion
from mvmocap_core.video.frames import Frame, frame_times_s


def nobody(times_s: np.ndarray, size: tuple[int, int]) -> Detections:
    shape = (len(times_s), 1, 33)
    return Detections(
        times_s=times_s,
        keypoints_2d_px=np.full((*shape, 2), np.nan),
        confidence=np.zeros(shape),
        world_landmarks_m=np.full((*shape, 3), np.nan),
        image_size=np.array(size, dtype=float),
    )


def still(times_s: np.ndarray, kind: str = "still") -> CameraMotion:
    identity = np.broadcast_to(np.eye(3), (len(times_s), 3, 3))
    return CameraMotion(kind, 0.0, times_s, identity, 600.0)


@pytest.mark.parametrize("view", [0, 1])
def test_the_room_of_a_video_tells_its_lens(shared_data, view):
    folder = shared_data / "synth" / "walk"
    with np.load(folder / "truth.npz") as truth:
        focal_px, size = float(truth["K"][view, 0, 0]), tuple(truth["res"])
    video = folder / f"{'ab'[view]}.mp4"
    times_s = frame_times_s(video)
    room = look_at_room(video, nobody(times_s, size), still(times_s))
    assert room.focal_px == pytest.approx(focal_px, rel=0.04)
    assert room.focal_log_std < 0.08


def test_a_camera_that_walks_about_sees_no_one_room():
    times_s = np.arange(10) / 30.0
    room = look_at_room(Path("none.mp4"), nobody(times_s, (640, 480)), still(times_s, "walked"))
    assert np.isnan(room.focal_px)


def test_moments_after_the_videos_end_are_passed_over(shared_data):
    video = shared_data / "synth" / "walk" / "a.mp4"
    times_s = frame_times_s(video)
    beyond = np.concatenate([times_s, times_s[-1] + np.arange(1, len(times_s)) / 30.0])
    assert np.isfinite(look_at_room(video, nobody(beyond, (640, 480)), still(beyond)).focal_px)
    late = times_s + 1000.0
    assert np.isnan(look_at_room(video, nobody(late, (640, 480)), still(late)).focal_px)


def test_edges_are_found_to_a_fraction_of_a_pixel():
    picture = np.full((240, 320), 40, np.uint8)
    picture[100:, :] = 200  # an edge at y = 100, between two rows of pixels
    found = find_edges(picture)
    assert len(found) > 0
    np.testing.assert_allclose(found[..., 1], 100.0, atol=0.3)


def test_a_picture_without_edges_has_none():
    assert find_edges(np.full((100, 100), 90, np.uint8)).shape == (0, 2, 2)


def test_edges_behind_a_person_who_stands_there_do_not_count(monkeypatch):
    picture = np.full((480, 640, 3), 30, np.uint8)
    cv2.rectangle(picture, (260, 100), (380, 400), (220, 220, 220), -1)
    times_s = np.arange(5) / 30.0
    asked = []
    monkeypatch.setattr(room_edges, "iter_frames", lambda *_, **__: iter([Frame(0.0, picture)]))
    monkeypatch.setattr(room_edges, "find_axes", lambda found, size: asked.append(len(found)))
    person = nobody(times_s, (640, 480))
    look_at_room(Path("a.mp4"), person, still(times_s))
    person.keypoints_2d_px[:, 0, :2] = (240.0, 80.0), (400.0, 420.0)
    look_at_room(Path("a.mp4"), person, still(times_s))
    assert asked[0] >= 4
    assert asked[1] == 0


def test_frames_of_a_camera_that_turned_are_laid_over_one_another(monkeypatch):
    size, focal_px = (640, 480), 600.0
    K = np.array([[focal_px, 0, 320.0], [0, focal_px, 240.0], [0, 0, 1.0]])
    picture = np.full((480, 640), 30, np.uint8)
    cv2.rectangle(picture, (200, 150), (440, 330), 220, -1)
    turns = rotvec_to_rotmat(np.radians([[0, 0, 0], [0, 2, 0], [1, 0, 0], [0, -2, 0], [-1, 1, 0]]))
    K_inv = np.linalg.inv(K)
    edge = cv2.BORDER_REPLICATE
    frames = [cv2.warpPerspective(picture, K @ R @ K_inv, size, borderMode=edge) for R in turns]
    times_s = np.arange(5.0)
    pictures = iter(frames)
    monkeypatch.setattr(
        room_edges,
        "iter_frames",
        lambda *_, **__: iter([Frame(0.0, cv2.cvtColor(next(pictures), cv2.COLOR_GRAY2RGB))]),
    )
    found = []
    monkeypatch.setattr(room_edges, "find_axes", lambda edges, _: found.append(edges))
    moved = CameraMotion("turned", 2.0, times_s, turns, focal_px)
    look_at_room(Path("a.mp4"), nobody(times_s, size), moved)
    sides = np.abs(found[0])  # from the middle: x = +-120, y = +-90
    along_y = np.abs(found[0][:, 0, 0] - found[0][:, 1, 0]) < 2.0
    np.testing.assert_allclose(sides[along_y][..., 0], 120.0, atol=1.5)
