"""What is right of people found in a take's moments: how many, where, and how they pose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.tables import show
from benchmarks.volume_takes import Moments, ideal
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.geometry.alignment import p_mpjpe, similarity_transform, w_mpjpe
from mvmocap_core.geometry.triangulation import triangulate_dlt
from mvmocap_core.lifting.joints import HIPS

Method = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Finds people (P, F, J, 3) in keypoints (V, M, F, J, 3) and T_cam_world (V, 4, 4)."""
_LIMBS = slice(3, 15)
_NEAR_M = 0.5
_LEAST_MOMENTS = 3


@dataclass(frozen=True, slots=True)
class Score:
    """Of one take: moments, in how many the number is right, people to find, and found.

    p_mm, w_mm: of each person found.
    """

    moments: int
    right: int
    people: int
    found: int
    p_mm: list[float]
    w_mm: list[float]


def score_take(moments: Moments, cameras: Cameras, method: Method | None) -> Score:
    """Of a method that tells people apart; None is the geometric association, triangulated.

    The number is right of whom each is to find: everybody, or the performers. Places and poses are
    scored of the same people and joints: performers whom both views found, joints that both show.
    """
    K, dist, T = cameras.K, cameras.dist, cameras.T_cam_world
    is_found = moments.is_found.all(axis=0)
    followed = _is_seen(moments.own) & moments.performers[:, None]
    if method is None:
        joints = triangulated(ideal(moments.matched, K, dist), T)
        joints = np.where(_is_seen(moments.matched)[..., None, None], joints, np.nan)
    else:
        joints = method(ideal(moments.found, K, dist), T)
    n_there = (followed if method is None else is_found).sum(axis=0)
    seen = is_found & followed
    everybody = moments.truth_m.transpose(1, 0, 2, 3)
    truth = np.where(seen[..., None, None], everybody, np.nan)
    n_found = np.isfinite(joints).all(axis=-1).any(axis=-1).sum(axis=0)
    found = _whose(joints, truth, triangulated(ideal(moments.own, K, dist), T), everybody)
    is_there = np.isfinite(found).all(axis=-1).any(axis=-1)
    is_shown = (moments.own[..., 2] > 0).all(axis=0)[..., None]
    found = np.where(is_shown, found, np.nan)
    p_mm, w_mm = [], []
    for person, true in zip(found[..., _LIMBS, :], truth[..., _LIMBS, :], strict=True):
        if np.isfinite(person).all(axis=-1).any(axis=-1).sum() >= _LEAST_MOMENTS:
            p_mm.append(1000.0 * p_mpjpe(person, true))
            w_mm.append(1000.0 * w_mpjpe(person, true))
    return Score(
        seen.shape[1], int((n_found == n_there).sum()), int(seen.sum()), int(is_there.sum()),
        p_mm, w_mm,
    )  # fmt: skip


def _is_seen(keypoints: np.ndarray) -> np.ndarray:
    """(V, P, F, J, 3) -> (P, F): every view sees something of the person."""
    return (keypoints[..., 2] > 0).any(axis=-1).all(axis=0)


def triangulated(keypoints: np.ndarray, T_cam_world: np.ndarray) -> np.ndarray:
    """(V, P, F, J, 3) -> (P, F, J, 3), NaN where fewer than two views see a joint."""
    xy = np.where(keypoints[..., 2:] > 0, keypoints[..., :2], np.nan)
    return triangulate_dlt(xy, T_cam_world, keypoints[..., 2])


def _whose(
    joints: np.ndarray, truth: np.ndarray, told_apart: np.ndarray, all_true: np.ndarray
) -> np.ndarray:
    """Found people (P, F, J, 3) in the order of the true ones (Q, F, J, 3), in the found world.

    told_apart, all_true: (Q, F, J, 3) the same points in the found world and in the true one.
    """
    moved = similarity_transform(all_true.reshape(-1, 3), told_apart.reshape(-1, 3)).apply(truth)
    found = np.full(truth.shape, np.nan)
    roots, true_roots = (x[:, :, HIPS].mean(axis=2) for x in (joints, moved))
    for frame in range(truth.shape[1]):
        apart = np.linalg.norm(roots[:, None, frame] - true_roots[None, :, frame], axis=-1)
        apart = np.where(apart < _NEAR_M, apart, 1e3)  # NaN is far
        for row, person in zip(*linear_sum_assignment(apart), strict=True):
            if apart[row, person] < _NEAR_M:
                found[person, frame] = joints[row, frame]
    return found


def figures(scores: Sequence[Score]) -> list[str]:
    """Right number %, found %, P-MPJPE and W-MPJPE: means over moments, and over people."""
    right = sum(s.right for s in scores) / max(sum(s.moments for s in scores), 1)
    found = sum(s.found for s in scores) / max(sum(s.people for s in scores), 1)
    p_mm, w_mm = ([x for s in scores for x in getattr(s, name)] for name in ("p_mm", "w_mm"))
    means = (float(np.mean(mm)) if mm else float("nan") for mm in (p_mm, w_mm))
    return [show(100.0 * right), show(100.0 * found), *(show(mm) for mm in means)]
