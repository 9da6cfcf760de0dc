import numpy as np
import pytest

from mvmocap_core.geometry.cameras import (
    camera_center,
    project_points,
    rigid_transform,
    undistort_points,
)
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.geometry.triangulation import triangulate_dlt, triangulate_midpoint

K = np.array([[800.0, 0.0, 320.0], [0.0, 780.0, 240.0], [0.0, 0.0, 1.0]])
DIST = np.array([0.08, -0.02, 0.001, -0.002])


def test_point_on_the_axis_lands_on_the_principal_point():
    pixel = project_points(np.array([0.0, 0.0, 3.0]), K, DIST, np.eye(4))
    np.testing.assert_allclose(pixel, [320.0, 240.0])


def test_point_behind_camera_has_no_pixel():
    points = np.array([[[0.0, 0.0, -2.0]]])
    assert np.isnan(project_points(points, K, np.zeros(4), np.eye(4))).all()


def test_pixels_that_no_ray_of_a_barrel_lens_meets_are_unknown():
    barrel = np.array([-0.1, 0.0, 0.0, 0.0])  # r (1 - 0.1 r^2) is 1.22 at most
    inside, outside = [320.0 + 800.0 * 1.1, 240.0], [320.0, 240.0 + 780.0 * 3.0]
    ideal = undistort_points(np.array([inside, outside]), K, barrel)
    assert ideal[0, 0] * (1.0 - 0.1 * ideal[0, 0] ** 2) == pytest.approx(1.1, abs=1e-3)
    assert np.isnan(ideal[1]).all()


def test_undistort_inverts_projection():
    points = np.random.default_rng(0).uniform([-1, -1, 3], [1, 1, 5], size=(50, 3))
    pixels = project_points(points, K, DIST, np.eye(4))
    np.testing.assert_allclose(
        undistort_points(pixels, K, DIST), points[:, :2] / points[:, 2:], atol=1e-10
    )


def test_camera_center_maps_to_the_origin():
    T = rigid_transform(rotvec_to_rotmat(np.array([0.2, -1.0, 0.4])), np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(T @ np.append(camera_center(T), 1.0), [0, 0, 0, 1], atol=1e-12)


def test_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="points"):
        project_points(np.zeros((5, 2)), K, DIST, np.eye(4))


@pytest.fixture
def two_cameras():
    second = rigid_transform(rotvec_to_rotmat(np.array([0.1, 1.2, 0.0])), np.array([-3.0, 0, 2.0]))
    return np.stack([np.eye(4), second])


def test_triangulation_recovers_exact_points(two_cameras):
    points = np.random.default_rng(1).uniform([-1, -1, 3], [1, 1, 5], size=(7, 6, 3))
    seen = np.stack([project_points(points, np.eye(3), np.zeros(4), T) for T in two_cameras])
    np.testing.assert_allclose(triangulate_dlt(seen, two_cameras), points, atol=1e-9)


def test_point_seen_by_one_view_is_missing(two_cameras):
    seen = np.zeros((2, 3, 2))
    seen[1, 1] = np.nan
    points = triangulate_dlt(seen, two_cameras)
    assert np.isnan(points[1]).all()
    assert np.isfinite(points[[0, 2]]).all()


def test_midpoint_meets_exact_rays(two_cameras):
    points = np.random.default_rng(2).uniform([-1, -1, 3], [1, 1, 5], size=(4, 5, 3))
    seen = np.stack([project_points(points, np.eye(3), np.zeros(4), T) for T in two_cameras])
    seen[1, 2, 3] = np.nan
    found, gap, depth = triangulate_midpoint(seen, two_cameras)
    expected = points.copy()
    expected[2, 3] = np.nan
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert np.nanmax(gap) < 1e-6
    assert np.nanmin(depth) > 0.0
    assert np.isnan(gap[2, 3])


def test_gap_is_the_rays_distance_from_the_midpoint():
    apart = np.stack([np.eye(4), rigid_transform(np.eye(3), np.array([0.0, -0.2, 0.0]))])
    seen = np.zeros((2, 1, 2))  # two parallel rays, 0.2 apart: every point between them is as good
    _, gap, _ = triangulate_midpoint(seen, apart)
    np.testing.assert_allclose(gap, 0.1, atol=1e-6)
