"""The hips' path across a gap of one view: as far away as the motion says, and no further a say."""

import numpy as np
import pytest

from mvmocap_core.body.path import add_path, hips_path
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.lifting.joints import LANDMARK_INDICES, STANDING_POSE
from mvmocap_core.lifting.lifted import HIP_LANDMARKS

FPS = 30.0
N_FRAMES, N_LANDMARKS = 90, 33
EVERY = slice(None)
TIMES_S = np.arange(N_FRAMES) / FPS
SIGMA = np.array([0.01, 0.01])
FACING = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


def poses() -> np.ndarray:
    """Two cameras at the origin and beside it, both looking along y."""
    T = np.tile(np.eye(4), (2, 1, 1))
    T[:, :3, :3] = FACING
    T[1, 0, 3] = -2.0
    return T


def walking() -> np.ndarray:
    """(F, 33, 3) somebody who stands 4 m away and comes nearer ever faster."""
    points = np.zeros((N_FRAMES, N_LANDMARKS, 3))
    points[:, LANDMARK_INDICES] = 1.75 * STANDING_POSE
    points[..., 1] += (4.0 - 0.1 * TIMES_S**2)[:, None]
    return points


def seen(points: np.ndarray) -> np.ndarray:
    """(V, F, L, 2) keypoints."""
    told = []
    for T in poses():
        p = points @ T[:3, :3].T + T[:3, 3]
        told.append(p[..., :2] / p[..., 2:])
    return np.stack(told)


def path_of(points, lost, landmarks=EVERY, *, by_view=1, never=(), placed=None, slower=1.0):
    """Of somebody whose landmarks a view loses for a while, or two views never see."""
    weight = np.ones((2, N_FRAMES, N_LANDMARKS))
    weight[by_view, lost, landmarks] = 0.0
    known = points.copy()
    known[lost, landmarks] = np.nan
    known[:, list(never)] = np.nan
    placed = points if placed is None else placed
    return hips_path(known, placed, seen(points), weight, SIGMA, poses(), slower * TIMES_S)


def along(points: np.ndarray, path) -> np.ndarray:
    return (points[:, HIP_LANDMARKS].mean(axis=1) * path.ray).sum(axis=-1)


def test_a_take_that_two_views_see_throughout_has_no_say():
    assert not path_of(walking(), slice(0, 0)).precision.any()


@pytest.mark.parametrize("by_view", [0, 1])
def test_the_path_goes_on_through_a_gap_as_it_began_and_ended(by_view):
    points, lost = walking(), slice(40, 60)
    path = path_of(points, lost, by_view=by_view)
    assert (path.precision[lost] > 0).all()
    assert not np.delete(path.precision, np.arange(40, 60)).any()
    assert np.abs(along(points, path) - path.along)[lost].max() < 0.005


def test_the_middle_of_a_gap_is_less_sure_than_its_ends_and_a_longer_gap_than_a_shorter():
    path, shorter = (path_of(walking(), lost) for lost in (slice(30, 60), slice(40, 50)))
    assert path.precision[30] > 2.0 * path.precision[45] < path.precision[59]
    assert shorter.precision[45] > 2.0 * path.precision[45]
    assert 0.0 < shorter.deviation[45] < path.deviation[45] < 0.1
    assert not path.deviation[:30].any()


def test_a_path_that_bones_contradict_is_doubted():
    points, lost = walking(), slice(30, 60)
    placed = points.copy()
    placed[lost, :, 1] -= 0.5 * np.sin(np.linspace(0.0, np.pi, 30))[:, None]
    agreed, doubted = (path_of(points, lost, placed=told) for told in (points, placed))
    assert doubted.precision[45] < 0.1 * agreed.precision[45]
    assert doubted.deviation[45] > agreed.deviation[45]


def test_before_the_first_frame_of_both_views_it_is_soon_not_sure_of_anything():
    precision = path_of(walking(), slice(0, 40)).precision
    assert precision[39] > 100.0 * precision[10] > 0.0


def test_long_gaps_are_left_to_the_bones():
    assert not path_of(walking(), slice(10, 80), slower=5.0).precision.any()


def test_hips_hidden_while_both_views_see_the_shoulders_are_left_to_the_bones():
    assert not path_of(walking(), slice(40, 60), HIP_LANDMARKS).precision.any()


def test_whose_ankle_two_views_never_see_has_no_path():
    ankle = LANDMARK_NAMES.index("left_ankle")
    assert not path_of(walking(), slice(40, 60), never=[ankle]).precision.any()


def test_normal_equations_are_those_of_the_cost():
    path = path_of(walking(), slice(40, 60))
    moved = walking() + np.array([0.01, 0.2, -0.03])
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
    points, lost = walking(), slice(30, 60)
    points[..., 0] += 0.15 * np.sin(2.0 * np.pi * 1.5 * TIMES_S)[:, None]
    swaying, straight = (path_of(each, lost) for each in (points, walking()))
    assert swaying.precision[45] < 0.5 * straight.precision[45]
