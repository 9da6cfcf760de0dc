import json

import av
import numpy as np
import pytest

from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.detection.keypoint_files import KeypointFiles
from mvmocap_core.errors import InputError

N_FRAMES = 12
FPS = 30.0
SIZE = (64, 48)


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "A.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(N_FRAMES):
            image = np.full((SIZE[1], SIZE[0], 3), 10 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def points(n, frame=0):
    """(n, 3): x tells the point, y the frame."""
    return np.stack([np.arange(n) + 1.0, np.full(n, frame + 0.5), np.full(n, 0.8)], axis=-1)


def write_folder(folder, n_points, *, first=0, n_frames=N_FRAMES, people=1):
    folder.mkdir()
    for frame in range(n_frames):
        flat = points(n_points, frame).ravel().tolist()
        content = {"version": 1.3, "people": [{"pose_keypoints_2d": flat}] * people}
        name = f"A_{frame + first:012d}_keypoints.json"
        (folder / name).write_text(json.dumps(content))
    return folder


def landmark(found, name):
    return found.keypoints_2d_px[:, 0, LANDMARK_NAMES.index(name)]


@pytest.mark.parametrize(
    ("n_points", "where"),
    [
        (25, {"nose": 0, "left_wrist": 7, "right_hip": 9, "left_ear": 18, "right_heel": 24}),
        (18, {"nose": 0, "left_wrist": 7, "right_hip": 8, "left_ear": 17}),
        (26, {"nose": 0, "left_wrist": 9, "right_hip": 12, "left_ear": 3, "right_heel": 25}),
        (17, {"nose": 0, "left_wrist": 9, "right_hip": 12, "left_ear": 3}),
        (33, {"nose": 0, "left_wrist": 15, "right_hip": 24, "left_ear": 7, "right_heel": 30}),
    ],
)
def test_each_format_puts_its_points_into_the_right_slots(video, tmp_path, n_points, where):
    folder = write_folder(tmp_path / "A_json", n_points)
    found = KeypointFiles(folder).detect(video)
    for name, index in where.items():
        np.testing.assert_allclose(landmark(found, name)[:, 0], index + 1)
        np.testing.assert_allclose(landmark(found, name)[:, 1], np.arange(N_FRAMES) + 0.5)
    is_missing = np.isnan(found.keypoints_2d_px).any(axis=-1)
    assert (found.confidence[is_missing] == 0).all()
    np.testing.assert_allclose(found.confidence[~is_missing], 0.8)
    assert is_missing.any() == (n_points != 33)
    assert tuple(found.image_size) == SIZE
    assert np.isnan(found.world_landmarks_m).all()


def test_times_are_the_videos_or_of_the_given_rate(video, tmp_path):
    folder = write_folder(tmp_path / "k", 25)
    np.testing.assert_allclose(
        KeypointFiles(folder).detect(video).times_s, np.arange(N_FRAMES) / FPS, atol=1e-3
    )
    np.testing.assert_allclose(
        KeypointFiles(folder, fps=60.0).detect(video).times_s, np.arange(N_FRAMES) / 60.0
    )


def test_in_and_out_points_choose_frames(video, tmp_path):
    folder = write_folder(tmp_path / "k", 25)
    found = KeypointFiles(folder).detect(video, start_s=0.09, end_s=0.21)
    np.testing.assert_allclose(landmark(found, "nose")[:, 1], [3.5, 4.5, 5.5, 6.5])
    with pytest.raises(InputError) as error:
        KeypointFiles(folder).detect(video, start_s=5.0)
    assert error.value.reason == "empty_range"


def test_each_video_finds_its_own_files_in_a_common_folder(video, tmp_path):
    common = tmp_path / "keypoints"
    common.mkdir()
    write_folder(common / "A_json", 25)
    assert KeypointFiles(common).detect(video).times_s.size == N_FRAMES


def test_files_numbered_from_one_are_understood(video, tmp_path):
    found = KeypointFiles(write_folder(tmp_path / "k", 25, first=1)).detect(video)
    np.testing.assert_allclose(landmark(found, "nose")[:, 1], np.arange(N_FRAMES) + 0.5)


def test_frames_without_people_are_empty_and_several_people_are_kept(video, tmp_path):
    folder = write_folder(tmp_path / "k", 25, people=3)
    (folder / "A_000000000004_keypoints.json").write_text('{"people": []}')
    found = KeypointFiles(folder).detect(video)
    assert found.confidence.shape[1] == 3
    assert (found.confidence[4] == 0).all()
    assert (found.confidence[5, :, 0] == 0.8).all()


def test_a_coco_result_list_is_read_by_frame_number(video, tmp_path):
    file = tmp_path / "A.json"
    entries = [
        {"image_id": frame, "category_id": 1, "keypoints": points(17, frame).ravel().tolist()}
        for frame in range(N_FRAMES)
        if frame != 3
    ]
    file.write_text(json.dumps(entries))
    found = KeypointFiles(tmp_path).detect(video)
    assert np.isnan(landmark(found, "nose")[3]).all()
    np.testing.assert_allclose(landmark(found, "nose")[11], [1.0, 11.5])


def test_coco_annotations_tell_visibility_as_a_class(video, tmp_path):
    file = tmp_path / "labels.json"
    labelled = points(17, 0)
    labelled[:, 2] = 2
    labelled[0] = [0, 0, 0]
    labelled[1, 2] = 1
    annotations = [
        {"image_id": frame, "keypoints": labelled.ravel().tolist()} for frame in range(N_FRAMES)
    ]
    file.write_text(json.dumps({"annotations": annotations, "images": []}))
    found = KeypointFiles(file).detect(video)
    assert np.isnan(landmark(found, "nose")).all()
    assert found.confidence[0, 0, LANDMARK_NAMES.index("left_eye")] == 0.5
    assert found.confidence[0, 0, LANDMARK_NAMES.index("right_eye")] == 1.0


GOOD = points(25).ravel().tolist()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not readable JSON"),
        ("[]", "people"),
        ('{"people": 3}', "people"),
        ('{"people": [3]}', "pose_keypoints_2d"),
        ('{"people": [{"pose_keypoints_2d": "none"}]}', "not a list"),
        ('{"people": [{"pose_keypoints_2d": [1, 2, 3]}]}', "3 values"),
        (json.dumps({"people": [{"pose_keypoints_2d": [*GOOD[:-1], None]}]}), "not a number"),
        (json.dumps({"people": [{"pose_keypoints_2d": [*GOOD[:-1], float("nan")]}]}), "NaN"),
        (json.dumps({"people": [{"pose_keypoints_2d": GOOD}]}).replace("0.8]", "1e999]"), "finite"),
        ("[" * 100_000, "not readable JSON"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(video, tmp_path, content, words):
    folder = write_folder(tmp_path / "k", 25)
    bad = folder / "A_000000000005_keypoints.json"
    bad.write_text(content)
    with pytest.raises(InputError, match=words) as error:
        KeypointFiles(folder).detect(video)
    assert error.value.reason == "bad_keypoints"
    assert str(bad) in str(error.value)


@pytest.mark.parametrize("n_frames", [5, 40])
def test_files_of_another_video_are_refused(video, tmp_path, n_frames):
    folder = write_folder(tmp_path / "k", 25, n_frames=n_frames)
    with pytest.raises(InputError, match="another video"):
        KeypointFiles(folder).detect(video)


@pytest.mark.parametrize("image_id", ["7", -1, 1.5, True, None])
def test_a_frame_number_that_is_none_is_refused(video, tmp_path, image_id):
    file = tmp_path / "k.json"
    file.write_text(json.dumps([{"image_id": image_id, "keypoints": points(17).ravel().tolist()}]))
    with pytest.raises(InputError, match="image_id"):
        KeypointFiles(file).detect(video)


def test_an_empty_or_absent_folder_is_refused(video, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no keypoints"):
        KeypointFiles(tmp_path / "empty").detect(video)
    with pytest.raises(InputError) as error:
        KeypointFiles(tmp_path / "none").detect(video)
    assert error.value.reason == "missing_file"
