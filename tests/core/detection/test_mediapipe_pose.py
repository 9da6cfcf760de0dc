import numpy as np
import pytest

from benchmarks.duets import compose, found, write_video
from mvmocap_core.detection import models
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.detection.mediapipe_pose import MediaPipePose
from mvmocap_core.detection.parallel import detect_videos
from mvmocap_core.errors import InputError, ModelError
from mvmocap_core.people.tracks import select_performer

SCORED = [
    LANDMARK_NAMES.index(f"{side}_{joint}")
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
]


@pytest.fixture(scope="module")
def detector():
    try:
        models.find_model("heavy")
    except ModelError as error:
        pytest.skip(str(error))
    return MediaPipePose()


def test_a_walker_is_found_from_the_first_frame_on(detector, shared_data):
    clip = shared_data / "synth" / "walk"
    told = []
    found = detector.detect(
        clip / "a.mp4", end_s=0.35, progress=lambda fraction, text: told.append(fraction)
    )
    assert found.times_s.shape == (11,)
    assert tuple(found.image_size) == (640, 480)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0, abs=0.05)
    track = select_performer(found)
    with np.load(clip / "truth.npz") as truth:
        names = list(truth["names"])
        wanted = truth["joints2d"][0][:11, [names.index(LANDMARK_NAMES[i]) for i in SCORED]]
    errors_px = np.linalg.norm(track.keypoints_2d_px[:, SCORED] - wanted, axis=-1)
    assert np.median(errors_px, axis=1).max() < 5
    assert track.confidence[:, SCORED].mean() > 0.8


def test_world_landmarks_are_metres_about_the_hips_with_y_down(detector, shared_data):
    found = detector.detect(shared_data / "synth" / "walk" / "a.mp4", end_s=0.1)
    world = select_performer(found).world_landmarks_m[0]
    hips = world[[LANDMARK_NAMES.index("left_hip"), LANDMARK_NAMES.index("right_hip")]]
    np.testing.assert_allclose(hips.mean(axis=0), 0, atol=0.02)
    assert 1.2 < np.ptp(world[:, 1]) < 2.2
    assert world[LANDMARK_NAMES.index("nose"), 1] < 0 < world[LANDMARK_NAMES.index("left_heel"), 1]


def test_an_in_point_takes_the_same_frames_at_their_own_times(detector, shared_data):
    found = detector.detect(shared_data / "synth" / "walk" / "a.mp4", start_s=1.0, end_s=1.1)
    np.testing.assert_allclose(found.times_s, [1.0, 31 / 30, 32 / 30, 1.1], atol=1e-3)


def test_a_part_without_frames_is_an_input_error(detector, shared_data):
    with pytest.raises(InputError) as error:
        detector.detect(shared_data / "synth" / "walk" / "a.mp4", start_s=60.0)
    assert error.value.reason == "empty_range"


def test_a_missing_model_is_told_through_the_process(shared_data, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    if models.PACKAGED_FOLDER.exists():
        pytest.skip("the model comes with the package")
    with pytest.raises(ModelError) as error:
        detect_videos([shared_data / "synth" / "walk" / "a.mp4"], detector=MediaPipePose())
    assert error.value.reason == "model_missing"


@pytest.mark.slow
def test_the_real_clip_agrees_with_the_stored_keypoints_of_the_same_model(detector, shared_data):
    clip = shared_data / "real" / "pose2sim_single"
    (found,) = detect_videos([clip / "cam01.mp4"], detector=detector)
    track = select_performer(found)
    with np.load(clip / "reference.npz") as reference:
        stored = reference["kp2d_heavy"][0][..., :2]
    apart_px = np.linalg.norm(track.keypoints_2d_px - stored, axis=-1)
    print(f"median distance {np.median(apart_px):.1f} px")  # noqa: T201 - shown by pytest -s
    assert np.isfinite(apart_px).all()
    assert np.median(apart_px) < 6  # of a person 900 px tall; crops of the person differ


def test_two_people_in_one_picture_are_both_found(detector, shared_data, tmp_path):
    duet = compose(shared_data / "synth" / "walk", 0, n_frames=20)
    write_video(duet.frames, tmp_path / "duet.mp4")
    is_found = found(MediaPipePose(people=2).detect(tmp_path / "duet.mp4"), duet.boxes_px)
    assert is_found[:, 1].all()  # the nearer one
    assert is_found[12:, 0].all()  # searching the whole picture takes as long
