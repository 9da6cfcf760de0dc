import numpy as np
import pytest

from mvmocap_core.detection.detections import CameraTurns, Detections
from mvmocap_core.detection.keypoint_arrays import read_keypoint_arrays
from mvmocap_core.errors import InputError
from mvmocap_core.storage import save_arrays, to_arrays
from tests.core.clips import write_clip

N_FRAMES = 12
SIZE = (320, 240)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clip") / "a.mp4", n_frames=N_FRAMES, size=SIZE)


def keypoints(people=()):
    places = np.random.default_rng(0).uniform(10.0, 200.0, (N_FRAMES, *people, 33, 2))
    places[3, ..., 5, :] = np.nan
    return places


def write(folder, **arrays):
    save_arrays(folder / "k.npz", arrays)
    return folder / "k.npz"


def test_keypoints_alone_are_enough(video, tmp_path):
    places = keypoints()
    found = read_keypoint_arrays(write(tmp_path, keypoints_2d_px=places), video)
    np.testing.assert_array_equal(found.keypoints_2d_px[:, 0], places)
    np.testing.assert_allclose(found.times_s, np.arange(N_FRAMES) / 30.0, atol=1e-3)
    assert found.confidence[2, 0, 5] == 1.0
    assert found.confidence[3, 0, 5] == 0.0
    assert np.isnan(found.world_landmarks_m).all()
    assert tuple(found.image_size) == SIZE
    assert found.camera is None


def test_what_detect_keeps_is_read_whole(video, tmp_path):
    rng = np.random.default_rng(1)
    kept = Detections(
        times_s=np.arange(N_FRAMES) / 30.0,
        keypoints_2d_px=keypoints((2,)),
        confidence=np.where(np.isnan(keypoints((2,))[..., 0]), 0.0, 0.7),
        world_landmarks_m=rng.normal(size=(N_FRAMES, 2, 33, 3)),
        image_size=np.array(SIZE),
        camera=CameraTurns(np.tile(np.eye(3), (N_FRAMES, 1, 1)), np.zeros(N_FRAMES, bool), 300.0),
    )
    found = read_keypoint_arrays(write(tmp_path, **to_arrays(kept)), video)
    expected = to_arrays(kept)
    for name, value in to_arrays(found).items():
        np.testing.assert_array_equal(value, expected[name])


def test_keypoints_without_confidence_are_not_kept(video, tmp_path):
    confidence = np.full((N_FRAMES, 33), 0.5)
    confidence[7, 9] = 0.0
    file = write(tmp_path, keypoints_2d_px=keypoints(), confidence=confidence)
    found = read_keypoint_arrays(file, video)
    assert np.isnan(found.keypoints_2d_px[7, 0, 9]).all()
    assert np.isfinite(found.keypoints_2d_px[7, 0, 10]).all()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"keypoints_2d_px": None}, "lacks"),
        ({"keypoints_2d_px": np.zeros((N_FRAMES, 17, 2))}, "shape"),
        ({"keypoints_2d_px": np.zeros((N_FRAMES, 1, 1, 33, 2))}, "axes"),
        ({"keypoints_2d_px": np.zeros((0, 33, 2))}, "axes"),
        ({"keypoints_2d_px": np.full((N_FRAMES, 33, 2), np.inf)}, "finite"),
        ({"keypoints_2d_px": np.full((N_FRAMES, 33, 2), "x")}, "shape"),
        ({"keypoints_2d_px": np.zeros((N_FRAMES + 3, 33, 2))}, "frames"),
        ({"confidence": np.full((N_FRAMES, 33), np.nan)}, "finite"),
        ({"confidence": np.ones((N_FRAMES - 1, 33))}, "different"),
        ({"world_landmarks_m": np.zeros((N_FRAMES, 2, 33, 3))}, "different"),
        ({"times_s": np.zeros(N_FRAMES)}, "rise"),
        ({"times_s": np.arange(N_FRAMES - 1.0)}, "each frame"),
        ({"times_s": np.arange(N_FRAMES) * 10.0}, "ends at"),
        ({"image_size": np.array([1920, 1080])}, "1920"),
        ({"camera.focal_px": np.array(300.0)}, "camera"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(video, tmp_path, arrays, words):
    arrays = {"keypoints_2d_px": keypoints(), **arrays}
    file = write(tmp_path, **{name: value for name, value in arrays.items() if value is not None})
    with pytest.raises(InputError, match=words) as caught:
        read_keypoint_arrays(file, video)
    assert caught.value.reason == "bad_keypoints"
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"{}"])
def test_what_is_no_npz_is_refused(video, tmp_path, content):
    (tmp_path / "k.npz").write_bytes(content)
    with pytest.raises(InputError, match="npz") as caught:
        read_keypoint_arrays(tmp_path / "k.npz", video)
    assert caught.value.reason == "bad_keypoints"


def test_pickled_objects_are_not_read(video, tmp_path):
    np.savez(tmp_path / "k.npz", keypoints_2d_px=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match="npz"):
        read_keypoint_arrays(tmp_path / "k.npz", video)
