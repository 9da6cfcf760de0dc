import numpy as np
import pytest

from mvmocap_core.detection.hand_network import HandCrop, HandLook, HandNetwork, crop_around
from mvmocap_core.detection.hands import HandDetector, HandPlan, HandSeeker, HandSightings
from mvmocap_core.detection.models import HAND, find_model
from mvmocap_core.detection.parallel import read_videos
from mvmocap_core.errors import ModelError
from mvmocap_core.video.frames import iter_frames

IMAGE = np.zeros((480, 640, 3), np.uint8)
# A hand that points up in the picture, its length 1: wrist, thumb, then four fingers.
OPEN_HAND = np.array(
    [[0.0, 0.0], [0.13, -0.13], [0.25, -0.3], [0.3, -0.45], [0.35, -0.55]]
    + [[x, -y] for x in (0.15, 0.03, -0.08, -0.17) for y in (0.5, 0.7, 0.82, 0.95)]
)


class FakeNetwork:
    """Sees hands of `length_px` at given wrists, wherever a crop's middle is near one."""

    def __init__(self, wrists, length_px=60.0, presence=0.9, is_right=0.1):
        self.wrists, self.length_px = wrists, length_px
        self.presence, self.is_right = presence, is_right
        self.crops: list[HandCrop] = []

    def look(self, image, crop):
        self.crops.append(crop)
        wrist = min(self.wrists, key=lambda w: np.linalg.norm(w - crop.centre_px))
        landmarks = wrist + self.length_px * OPEN_HAND
        return HandLook(landmarks, np.zeros((21, 3)), self.presence, self.is_right)


def make_plan(wrists, length_px=60.0, n_frames=3):
    wrist_px = np.broadcast_to(np.array(wrists, float), (n_frames, 1, 2, 2))
    up = np.broadcast_to([0.0, -1.0], (n_frames, 1, 2, 2))
    return HandPlan(np.arange(n_frames) / 30.0, wrist_px, up, np.full((n_frames, 1, 2), length_px))


def empty(plan):
    n_frames = len(plan.times_s)
    return HandSightings(
        plan.times_s,
        np.full((n_frames, 1, 2, 21, 2), np.nan),
        np.zeros((n_frames, 1, 2)),
        np.full((n_frames, 1, 2, 21, 3), np.nan),
        plan.length_px,
    )


def seek(network, plan):
    found, seeker = empty(plan), HandSeeker(network)
    for row, time_s in enumerate(plan.times_s):
        seeker.seek(IMAGE, time_s, plan, row, found)
    return found


def test_the_body_tells_which_hand_it_is():
    left, right = np.array([200.0, 300.0]), np.array([450.0, 300.0])
    found = seek(FakeNetwork([left, right]), make_plan([left, right]))
    np.testing.assert_allclose(found.keypoints_2d_px[:, 0, 0, 0], [left] * 3)
    np.testing.assert_allclose(found.keypoints_2d_px[:, 0, 1, 0], [right] * 3)
    # The network takes both for left hands: of the right one that is less sure, but kept.
    assert (found.confidence[:, 0, 0] > 0.8).all()
    assert (found.confidence[:, 0, 1] > 0.2).all()
    assert (found.confidence[:, 0, 1] < 0.5).all()


def test_a_hand_that_is_known_is_looked_at_once_a_frame():
    wrist = np.array([200.0, 300.0])
    network = FakeNetwork([wrist])
    plan = make_plan([wrist, [np.nan, np.nan]])
    seek(network, plan)
    assert len(network.crops) == 2 + 1 + 1


def test_small_hands_and_those_outside_the_picture_are_not_looked_at():
    network = FakeNetwork([np.array([200.0, 300.0])])
    seek(network, make_plan([[200.0, 300.0], [300.0, 300.0]], length_px=20.0))
    seek(network, make_plan([[-5.0, 300.0], [300.0, 700.0]]))
    assert not network.crops


@pytest.mark.parametrize(
    ("wrist", "length_px", "presence"),
    [((260.0, 300.0), 60.0, 0.9), ((200.0, 300.0), 150.0, 0.9), ((200.0, 300.0), 60.0, 0.4)],
    ids=["elsewhere", "too large", "hardly there"],
)
def test_what_is_not_the_bodys_hand_is_left_out(wrist, length_px, presence):
    network = FakeNetwork([np.array(wrist)], length_px, presence)
    found = seek(network, make_plan([[200.0, 300.0], [np.nan, np.nan]]))
    assert not found.confidence.any()
    assert np.isnan(found.keypoints_2d_px).all()


def test_one_hand_is_not_found_twice():
    wrist = np.array([200.0, 300.0])
    plan = make_plan([wrist, wrist + [10.0, 0.0]])
    found = seek(FakeNetwork([wrist], is_right=0.9), plan)
    assert not found.confidence[:, 0, 0].any()
    assert (found.confidence[:, 0, 1] > 0.5).all()


def test_the_crop_follows_the_hand_round():
    for angle in np.linspace(0.0, 6.0, 5):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        still, turned = crop_around(100.0 * OPEN_HAND), crop_around(100.0 * OPEN_HAND @ turn.T)
        np.testing.assert_allclose(turned.up, turn @ still.up, atol=1e-9)
        np.testing.assert_allclose(turned.centre_px, turn @ still.centre_px, atol=1e-9)
        assert turned.size_px == pytest.approx(still.size_px)


@pytest.fixture(scope="module")
def network():
    try:
        return HandNetwork(find_model(HAND))
    except ModelError as error:
        pytest.skip(str(error))


def test_the_network_sees_a_filmed_hand_the_same_from_any_crop(network, shared_data):
    video = shared_data / "real" / "pose2sim_single" / "cam02.mp4"
    frame = next(iter_frames(video, start_s=0.66))
    with np.load(shared_data / "real" / "pose2sim_single" / "reference.npz") as data:
        wrist, index, pinky = data["kp2d_heavy"][1, 40, [15, 19, 17], :2]
    way = 0.5 * (index + pinky) - wrist
    up = way / np.linalg.norm(way)
    first = network.look(frame.image, HandCrop(wrist + 40.0 * up, up, 150.0))
    assert first.presence > 0.8
    assert first.is_right < 0.3
    assert np.linalg.norm(first.landmarks_px[0] - wrist) < 20.0
    palm_m = np.linalg.norm(first.local_m[9] - first.local_m[0])
    assert 0.07 < palm_m < 0.12
    flat = first.local_m[:, :2] - first.local_m[:, :2].mean(axis=0)
    seen = first.landmarks_px - first.landmarks_px.mean(axis=0)
    px_m = (flat * seen).sum() / (flat**2).sum()
    assert np.abs(px_m * flat - seen).max() < 0.2 * np.ptp(seen)  # its 3D and its 2D are one hand
    again = network.look(frame.image, crop_around(first.landmarks_px))
    apart = np.linalg.norm(again.landmarks_px - first.landmarks_px, axis=1)
    assert apart.mean() < 5.0
    turned = HandCrop(wrist + 40.0 * up, np.array([up[0] - up[1], up[0] + up[1]]) / 2**0.5, 150.0)
    aside = network.look(frame.image, turned)
    assert np.linalg.norm(aside.landmarks_px - first.landmarks_px, axis=1).mean() < 12.0


def test_a_video_without_hands_in_its_plan_is_not_even_opened(tmp_path):
    plan = make_plan([[200.0, 300.0], [300.0, 300.0]], length_px=np.nan)
    video = tmp_path / "absent.mp4"
    found = HandDetector({video: plan}).detect(video)
    assert not found.confidence.any()


def test_hands_are_looked_for_in_a_process_of_its_own(network, shared_data):
    video = shared_data / "real" / "pose2sim_single" / "cam02.mp4"
    with np.load(shared_data / "real" / "pose2sim_single" / "reference.npz") as data:
        wrist, index, pinky = data["kp2d_heavy"][1, 38:42, :][:, [15, 19, 17], :2].swapaxes(0, 1)
    way = 0.5 * (index + pinky) - wrist
    plan = HandPlan(
        np.arange(38, 42) / 60.0,
        np.stack([wrist, np.full_like(wrist, np.nan)], axis=1)[:, None],
        np.stack([way, way], axis=1)[:, None] / np.linalg.norm(way, axis=-1)[:, None, None, None],
        np.tile([80.0, np.nan], (4, 1))[:, None],
    )
    told = []
    found = read_videos(
        [video], HandDetector({video: plan}), HandSightings,
        progress=lambda fraction, text: told.append((fraction, text)),
    )[0]  # fmt: skip
    assert (found.confidence[:, 0, 0] > 0.5).all()
    assert any("hands" in text for _, text in told)
