"""The hips' path across a gap of one view: as far away as the motion says, and no further a say."""

import numpy as np
import pytest

from mvmocap_core.body.path import add_path, hips_path
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.lifting.joints import LANDMARK_INDICES, STANDING_POSE
from mvmocap_core.lifting.lifted import HIP_LANDMARKS

FPS = 30.0
N_FRAMES, N_LANDMARKS = 90, 33
SIGMA = np.array([0.01, 0.01])
FACING = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def poses() -> np.ndarray:
    """Two cameras at the origin and beside it, both looking along y."""
    T = np.tile(np.eye(4), (2, 1, 1))
    T[:, :3, :3] = FACING
    T[1, 0, 3] = -2.0
    return T


def walking() -> tuple[np.ndarray, np.ndarray]:
    """(F,) seconds and (F, 33, 3) somebody who stands 4 m away and comes nearer ever faster."""
    times_s = np.arange(N_FRAMES) / FPS
    points = np.zeros((N_FRAMES, N_LANDMARKS, 3))
    points[:, LANDMARK_INDICES] = 1.75 * STANDING_POSE
    points[..., 1] += (4.0 - 0.1 * times_s**2)[:, None]
    return times_s, points


def seen(points: np.ndarray) -> np.ndarray:
    """(V, F, L, 2) keypoints."""
    told = []
    for T in poses():
        p = points @ T[:3, :3].T + T[:3, 3]
        told.append(p[..., :2] / p[..., 2:])
    return np.stack(told)


def path_without(lost: slice, by_view: int = 1):
    times_s, points = walking()
    weight = np.ones((2, N_FRAMES, N_LANDMARKS))
    weight[by_view, lost] = 0.0
    known = points.copy()
    known[lost] = np.nan
    return points, hips_path(known, points, seen(points), weight, SIGMA, poses(), times_s)


def along(points: np.ndarray, path) -> np.ndarray:
    return (points[:, HIP_LANDMARKS].mean(axis=1) * path.ray).sum(axis=-1)


def test_a_take_that_two_views_see_throughout_has_no_say():
    _, path = path_without(slice(0, 0))
    assert not path.precision.any()


@pytest.mark.parametrize("by_view", [0, 1])
def test_the_path_goes_on_through_a_gap_as_it_began_and_ended(by_view):
    lost = slice(40, 60)
    points, path = path_without(lost, by_view)
    assert (path.precision[lost] > 0).all()
    assert not np.delete(path.precision, np.arange(40, 60)).any()
    assert np.abs(along(points, path) - path.along)[lost].max() < 0.005


def test_the_middle_of_a_gap_is_less_sure_than_its_ends_and_a_longer_gap_than_a_shorter():
    path, shorter = path_without(slice(30, 60))[1], path_without(slice(40, 50))[1]
    assert path.precision[30] > 2.0 * path.precision[45] < path.precision[59]
    assert shorter.precision[45] > 2.0 * path.precision[45]
    assert 0.0 < shorter.deviation[45] < path.deviation[45] < 0.1
    assert not path.deviation[:30].any()


def test_a_path_that_bones_contradict_is_doubted():
    times_s, points = walking()
    lost = slice(30, 60)
    weight = np.ones((2, N_FRAMES, N_LANDMARKS))
    weight[1, lost] = 0.0
    known, placed = points.copy(), points.copy()
    known[lost] = np.nan
    placed[lost, :, 1] -= 0.5 * np.sin(np.linspace(0.0, np.pi, 30))[:, None]
    parts = (seen(points), weight, SIGMA, poses(), times_s)
    agreed, doubted = (hips_path(known, told, *parts) for told in (points, placed))
    assert doubted.precision[45] < 0.1 * agreed.precision[45]
    assert doubted.deviation[45] > agreed.deviation[45]


def test_before_the_first_frame_of_both_views_it_is_soon_not_sure_of_anything():
    precision = path_without(slice(0, 40))[1].precision
    assert precision[39] > 100.0 * precision[10] > 0.0


def test_long_gaps_are_left_to_the_bones():
    times_s, points = walking()
    weight = np.ones((2, N_FRAMES, N_LANDMARKS))
    weight[1, 10:80] = 0.0
    known = points.copy()
    known[10:80] = np.nan
    slow_s = 5.0 * times_s
    assert not hips_path(
        known, points, seen(points), weight, SIGMA, poses(), slow_s
    ).precision.any()


def test_hips_hidden_while_both_views_see_the_shoulders_are_left_to_the_bones():
    times_s, points = walking()
    weight = np.ones((2, N_FRAMES, N_LANDMARKS))
    weight[1, 40:60, HIP_LANDMARKS] = 0.0
    known = points.copy()
    known[40:60, HIP_LANDMARKS] = np.nan
    path = hips_path(known, points, seen(points), weight, SIGMA, poses(), times_s)
    assert not path.precision.any()


def test_whose_ankle_two_views_never_see_has_no_path():
    times_s, points = walking()
    weight = np.ones((2, N_FRAMES, N_LANDMARKS))
    weight[1, 40:60] = 0.0
    known = points.copy()
    known[40:60] = np.nan
    known[:, LANDMARK_NAMES.index("left_ankle")] = np.nan
    path = hips_path(known, points, seen(points), weight, SIGMA, poses(), times_s)
    assert not path.precision.any()


def test_normal_equations_are_those_of_the_cost():
    points, path = path_without(slice(40, 60))
    moved = points + np.array([0.01, 0.2, -0.03])
    # the unknowns are a translation: every landmark moves with it
    jacobian = np.tile(np.eye(3), (N_FRAMES, N_LANDMARKS, 1, 1))
    hessian, gradient = np.zeros((N_FRAMES, 3, 3)), np.zeros((N_FRAMES, 3))
    cost = add_path(path, moved, jacobian, hessian, gradient)
    step = np.array([0.001, -0.002, 0.003])
    none = (np.zeros_like(hessian), np.zeros_like(gradient))
    expected = cost + gradient @ step + 0.5 * np.einsum("a,fab,b->f", step, hessian, step)
    assert np.allclose(add_path(path, moved + step, jacobian, *none), expected)
    assert cost[50] > 0
    assert not cost[:40].any()


def test_who_sways_across_the_rays_is_bridged_with_more_doubt():
    times_s, points = walking()
    points[..., 0] += 0.15 * np.sin(2.0 * np.pi * 1.5 * times_s)[:, None]
    weight = np.ones((2, N_FRAMES, N_LANDMARKS))
    weight[1, 30:60] = 0.0
    known = points.copy()
    known[30:60] = np.nan
    swaying = hips_path(known, points, seen(points), weight, SIGMA, poses(), times_s)
    assert swaying.precision[45] < 0.5 * path_without(slice(30, 60))[1].precision[45]
