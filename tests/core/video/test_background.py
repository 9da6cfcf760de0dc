import cv2
import numpy as np
import pytest

from mvmocap_core.geometry.rotations import rotation_angle_deg, rotvec_to_rotmat
from mvmocap_core.video.background import BackgroundTracker

SIZE = (640, 360)
FOCAL_PX = 520.0
K = np.array([[FOCAL_PX, 0.0, 320.0], [0.0, FOCAL_PX, 180.0], [0.0, 0.0, 1.0]])
NOBODY = np.zeros((0, 4))


@pytest.fixture(scope="module")
def room():
    """A room of random boxes, larger than the picture."""
    rng = np.random.default_rng(4)
    image = np.full((560, 900, 3), 120, np.uint8)
    for _ in range(150):
        x, y, w, h = rng.integers((0, 0, 15, 15), (880, 540, 90, 90))
        colour = tuple(int(c) for c in rng.integers(30, 226, 3))
        cv2.rectangle(image, (x, y), (x + w, y + h), colour, -1)
    return image


def film(room, rotvec_deg=(0.0, 0.0, 0.0), zoom=1.0):
    """What the turned camera sees. OpenCV counts pixels from the centre of the first one."""
    centred = np.array([[1.0, 0.0, -130.0], [0.0, 1.0, -100.0], [0.0, 0.0, 1.0]])
    shift = np.array([[1.0, 0.0, -0.5], [0.0, 1.0, -0.5], [0.0, 0.0, 1.0]])
    turn = rotvec_to_rotmat(np.radians(np.array(rotvec_deg)))
    H = shift @ K @ np.diag([zoom, zoom, 1.0]) @ turn @ np.linalg.inv(K) @ np.linalg.inv(shift)
    return cv2.warpPerspective(room, H @ centred, SIZE, flags=cv2.INTER_AREA)


def follow(frames, boxes=NOBODY):
    tracker = BackgroundTracker(SIZE, FOCAL_PX)
    return [tracker.follow(frame, boxes) for frame in frames]


def error_deg(turn, rotvec_deg):
    return rotation_angle_deg(turn.rotmat @ rotvec_to_rotmat(np.radians(rotvec_deg)).T)


def test_a_still_camera_does_not_turn(room):
    rng = np.random.default_rng(0)
    clean = film(room).astype(float)
    frames = [np.clip(clean + rng.normal(0, 4, clean.shape), 0, 255).astype(np.uint8)] * 3
    turns = follow([film(room), *frames])
    assert max(error_deg(turn, np.zeros(3)) for turn in turns) < 0.02


@pytest.mark.parametrize("rotvec_deg", [(0.5, 0.0, 0.0), (0.0, -2.0, 0.0), (1.0, 1.5, -1.0)])
def test_a_knock_is_measured_at_once(room, rotvec_deg):
    turns = follow([film(room), film(room, rotvec_deg)])
    assert error_deg(turns[1], np.array(rotvec_deg)) < 0.05
    assert not turns[1].is_break


def test_a_long_tremble_does_not_add_up(room):
    angles = [
        1.0 * np.array([np.sin(0.7 * i), np.cos(0.5 * i), 0.3 * np.sin(i)]) for i in range(40)
    ]
    turns = follow([film(room), *(film(room, angle) for angle in angles), film(room)])
    assert error_deg(turns[-1], np.zeros(3)) < 0.03


def test_whoever_moves_in_front_is_not_the_background(room):
    box = np.array([[200.0, 20.0, 460.0, 360.0]])
    rng = np.random.default_rng(1)
    person = cv2.resize(rng.integers(0, 256, (34, 20, 3)).astype(np.uint8), (200, 300))
    frames = []
    for i in range(6):
        frame = film(room)
        frame[40:340, 220 + 6 * i : 420 + 6 * i] = person
        frames.append(frame)
    turns = follow(frames, box)
    assert max(error_deg(turn, np.zeros(3)) for turn in turns) < 0.02


def test_a_camera_that_pans_is_followed_beyond_the_first_picture(room):
    pans = [np.array([0.0, 0.8 * i, 0.0]) for i in range(14)]
    turns = follow([film(room, pan) for pan in pans])
    assert error_deg(turns[-1], pans[-1]) < 0.3
    assert not any(turn.is_break for turn in turns)


def test_going_nearer_breaks_with_the_first_place(room):
    turns = follow([film(room, zoom=1.0 + 0.03 * i) for i in range(12)])
    assert any(turn.is_break for turn in turns)


def test_a_blank_wall_tells_nothing():
    grey = np.full((*SIZE[::-1], 3), 128, np.uint8)
    assert np.isnan(follow([grey, grey])[1].rotmat).all()
