from pathlib import Path

import cv2
import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.geometry.cameras import project_points
from mvmocap_core.known_cameras.camera import camera_from
from mvmocap_core.known_cameras.files import cameras_of_videos, read_cameras

K = np.array([[900.0, 0.0, 630.0], [0.0, 905.0, 352.0], [0.0, 0.0, 1.0]])
DIST = np.array([0.11, -0.21, 0.002, -0.001])
SIZE = np.array([1280.0, 720.0])
POSE2SIM = """
[cam_01]
name = "cam_01"
size = [1280.0, 720.0]
matrix = [[900.0, 0.0, 630.0], [0.0, 905.0, 352.0], [0.0, 0.0, 1.0]]
distortions = [0.11, -0.21, 0.002, -0.001]
rotation = [0.1, -0.2, 0.3]
translation = [0.5, 1.0, 3.5]
fisheye = false

[cam_02]
name = "cam_02"
size = [1280.0, 720.0]
matrix = [[800.0, 0.0, 640.0], [0.0, 800.0, 360.0], [0.0, 0.0, 1.0]]
distortions = [0.0, 0.0, 0.0, 0.0]
rotation = [0.0, 1.2, 0.0]
translation = [-0.5, 1.0, 3.0]

[metadata]
adjusted = false
error = 0.0
"""


@pytest.fixture
def pose2sim(tmp_path):
    path = tmp_path / "Calib.toml"
    path.write_text(POSE2SIM)
    return path


def opencv_file(path, **matrices):
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write("image_width", 1280)
    storage.write("image_height", 720)
    for name, matrix in matrices.items():
        storage.write(name, matrix)
    storage.release()
    return path


def videos(*names):
    return [Path(f"{name}.mp4") for name in names]


def test_opencvs_pixels_begin_half_a_pixel_later(pose2sim):
    first, second = read_cameras(pose2sim)
    points = np.array([[0.1, 0.2, 0.5], [-0.8, 0.4, 1.0]])
    rvec, tvec = np.array([0.1, -0.2, 0.3]), np.array([0.5, 1.0, 3.5])
    expected = cv2.projectPoints(points, rvec, tvec, K, DIST)[0][:, 0]
    pixels = project_points(points, first.K, first.dist, first.T_cam_world)
    np.testing.assert_allclose(pixels, expected + 0.5, atol=1e-9)
    assert second.K[0, 0] == 800.0


def test_cameras_are_found_by_the_names_of_the_videos(pose2sim):
    found = cameras_of_videos([pose2sim], videos("CAM2", "cam-1"), [(1280, 720)] * 2)
    assert [camera.name for camera in found] == ["cam_02", "cam_01"]


def test_cameras_of_other_names_are_taken_in_order(pose2sim):
    found = cameras_of_videos([pose2sim], videos("left", "right"), [(1280, 720)] * 2)
    assert [camera.name for camera in found] == ["cam_01", "cam_02"]


def test_another_number_of_cameras_is_refused(pose2sim):
    with pytest.raises(InputError, match="2 cameras") as caught:
        cameras_of_videos([pose2sim], videos("x", "y", "z"), [(1280, 720)] * 3)
    assert caught.value.reason == "bad_calibration"


def test_a_scaled_picture_scales_the_lens(pose2sim):
    small, _ = cameras_of_videos([pose2sim], videos("left", "right"), [(640, 360)] * 2)
    large = read_cameras(pose2sim)[0]
    points = np.array([[0.1, 0.2, 0.5], [-0.8, 0.4, 1.0]])
    pixels = [project_points(points, c.K, c.dist, c.T_cam_world) for c in (small, large)]
    np.testing.assert_allclose(2.0 * pixels[0], pixels[1])


def test_a_turned_picture_is_refused(pose2sim):
    with pytest.raises(InputError, match="720 x 1280"):
        cameras_of_videos([pose2sim], videos("left", "right"), [(720, 1280)] * 2)


@pytest.mark.parametrize("suffix", [".yml", ".xml"])
def test_opencv_files_have_one_camera_each(tmp_path, suffix):
    paths = [
        opencv_file(
            tmp_path / f"{name}{suffix}", camera_matrix=K, distortion_coefficients=DIST[None]
        )
        for name in "ab"
    ]
    found = cameras_of_videos(paths, videos("a", "b"), [(1280, 720)] * 2)
    np.testing.assert_allclose(found[1].K[:2, 2], K[:2, 2] + 0.5)
    np.testing.assert_allclose(found[1].dist, DIST)
    assert found[0].T_cam_world is None


def test_opencv_stereo_pair_has_poses(tmp_path):
    R = cv2.Rodrigues(np.array([0.0, 1.0, 0.0]))[0]
    path = opencv_file(
        tmp_path / "stereo.yml", M1=K, D1=DIST, M2=K, D2=DIST, R=R, T=np.array([1.0, 0.0, 2.0])
    )
    first, second = read_cameras(path)
    np.testing.assert_array_equal(first.T_cam_world, np.eye(4))
    np.testing.assert_allclose(second.T_cam_world[:3, :3], R)


def test_more_coefficients_are_folded_into_four():
    five = np.array([-0.33, 0.046, -0.004, 0.004, 0.066])
    camera = camera_from("a", K, five, SIZE, None)
    rays = np.array([[0.3, 0.1, 1.0], [-0.5, 0.3, 1.0], [0.6, -0.35, 1.0]])
    expected = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), K, five)[0][:, 0] + 0.5
    pixels = project_points(rays, camera.K, camera.dist, np.eye(4))
    np.testing.assert_allclose(pixels, expected, atol=1.5)


def test_qualisys_calibration_is_what_it_was_refined_from(shared_data):
    folder = shared_data / "real" / "pose2sim_single"
    sizes = [(1080, 1920), (1080, 1920), (1088, 1920), (1088, 1920)]
    names = [folder / f"cam0{k}.mp4" for k in (1, 2, 3, 4)]
    found = cameras_of_videos([folder / "Calib.qca.txt"], names, sizes)
    with np.load(folder / "reference.npz") as truth:
        for view, camera in enumerate(found):
            np.testing.assert_allclose(camera.K, truth["K"][view], atol=1e-6)
            np.testing.assert_allclose(camera.dist, truth["dist"][view], atol=1e-9)
            np.testing.assert_allclose(camera.T_cam_world[:3, :3], truth["R_qca"][view], atol=1e-6)
            t_m = truth["t_qca"][view].reshape(3)
            np.testing.assert_allclose(camera.T_cam_world[:3, 3], t_m, atol=1e-6)


def test_caliscope_cameras_look_at_one_place(shared_data):
    folder = shared_data / "real" / "caliscope_seated"
    names = [folder / f"cam_{k}.mp4" for k in range(4)]
    found = cameras_of_videos([folder / "camera_array.toml"], names, [(1280, 720)] * 4)
    axes = np.array([camera.T_cam_world[2, :3] for camera in found])
    centres = np.array([-c.T_cam_world[:3, :3].T @ c.T_cam_world[:3, 3] for c in found])
    # the point nearest to all optical axes is in front of all cameras, within their metre
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    middle = np.linalg.solve(across.sum(axis=0), (across @ centres[..., None]).sum(axis=0))[:, 0]
    depth = ((middle - centres) * axes).sum(axis=1)
    assert (depth > 0.3).all()
    assert (depth < 2.0).all()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.txt", b"nothing", "unknown format"),
        ("a.toml", b"\xff\xfe\x00", "no text"),
        ("a.toml", b"[cam_01\n", "not readable TOML"),
        ("a.toml", b"[metadata]\nerror = 0\n", "no camera"),
        ("a.toml", POSE2SIM.replace("900.0", "9.0").encode(), "focal length"),
        ("a.toml", POSE2SIM.replace("[0.5, 1.0, 3.5]", "[500, 1000, 3500]").encode(), "metres"),
        ("a.toml", POSE2SIM.replace("[0.1, -0.2, 0.3]", '"x"').encode(), "cam_01"),
        ("a.toml", POSE2SIM.replace("[0.1, -0.2, 0.3]", "[1.0]").encode(), "cam_01"),
        ("a.toml", POSE2SIM.replace("fisheye = false", "fisheye = true").encode(), "fisheye"),
        ("a.yml", b"%YAML:1.0\n---\nvalue: 3\n", "camera_matrix"),
        ("a.yml", b"%YAML:1.0\n---\n\tx: [", "OpenCV"),
        ("a.qca.txt", b"<calibration><camera active='1' /></calibration>", "Qualisys"),
        ("a.qca.txt", b"<!DOCTYPE x><calibration><camera/></calibration>", "plain"),
        ("a.toml", b"#" * 5_000_000, "too large"),
    ],
)
def test_a_file_that_is_no_calibration_says_what_is_wrong(tmp_path, name, content, problem):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=problem) as caught:
        read_cameras(path)
    assert caught.value.reason == "bad_calibration"
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.toml"):
        read_cameras(tmp_path / "gone.toml")
