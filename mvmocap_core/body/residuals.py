"""What a pose must explain, linearised: the views' keypoints and the body's habits."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.anatomy import ANATOMY
from mvmocap_core.body.evidence import LANDMARK_TRUST, Evidence
from mvmocap_core.body.kinematics import (
    GROUPS,
    N_UNKNOWNS,
    Pose,
    forward,
    landmark_positions,
    landmark_shape_jacobian,
    point_jacobian,
)
from mvmocap_core.body.lifted_prior import add_prior
from mvmocap_core.body.path import add_path
from mvmocap_core.body.skeleton import JOINT, PROPORTIONS, Body
from mvmocap_core.body.world import stature_m
from mvmocap_core.geometry.rotations import rotmat_to_rotvec

CAUCHY_SCALE = 2.0
_MIN_DEPTH = 0.05
_CHUNK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Normals:
    """Gauss-Newton blocks per frame: hessian (F, N, N), gradient (F, N); cost (F,).

    With shape: coupling (F, N, K), shape_hessian (K, K), shape_gradient (K,), else empty.
    """

    hessian: np.ndarray
    gradient: np.ndarray
    cost: np.ndarray
    coupling: np.ndarray
    shape_hessian: np.ndarray
    shape_gradient: np.ndarray


def linearise(pose: Pose, body: Body, evidence: Evidence, *, with_shape: bool) -> Normals:
    """Normal equations of all frames, in chunks so that memory stays flat."""
    n_frames = len(pose.translation_m)
    parts = [
        _linearise_chunk(pose[chunk], body, evidence[chunk], with_shape)
        for start in range(0, n_frames, _CHUNK)
        for chunk in [slice(start, start + _CHUNK)]
    ]
    return Normals(
        hessian=np.concatenate([p.hessian for p in parts]),
        gradient=np.concatenate([p.gradient for p in parts]),
        cost=np.concatenate([p.cost for p in parts]),
        coupling=np.concatenate([p.coupling for p in parts]),
        shape_hessian=np.sum([p.shape_hessian for p in parts], axis=0),
        shape_gradient=np.sum([p.shape_gradient for p in parts], axis=0),
    )


def _linearise_chunk(pose: Pose, body: Body, evidence: Evidence, with_shape: bool) -> Normals:
    position, rotation = forward(pose, body)
    points = landmark_positions(position, rotation, body)
    M, b, cost = point_normals(points, evidence)
    n_frames = len(points)
    jacobian = point_jacobian(position, rotation, points, PROPORTIONS.landmark_joints)
    rows = jacobian.reshape(n_frames, -1, N_UNKNOWNS)
    MJ = (M @ jacobian).reshape(n_frames, -1, N_UNKNOWNS)
    hessian = rows.transpose(0, 2, 1) @ MJ
    gradient = np.einsum("fpn,fp->fn", rows, b.reshape(n_frames, -1))
    cost = cost + _add_habits(pose, hessian, gradient)
    if evidence.depth is not None:
        cost = cost + add_prior(
            evidence.depth, points, jacobian, stature_m(body.rest_offsets_m), hessian, gradient
        )
    if evidence.path is not None:
        cost = cost + add_path(evidence.path, points, jacobian, hessian, gradient)
    if not with_shape:
        none = np.zeros((n_frames, N_UNKNOWNS, 0))
        return Normals(hessian, gradient, cost, none, np.zeros((0, 0)), np.zeros(0))
    shape = landmark_shape_jacobian(rotation, body)
    MS = M @ shape
    return Normals(
        hessian,
        gradient,
        cost,
        coupling=np.einsum("flan,flak->fnk", jacobian, MS, optimize=True),
        shape_hessian=np.einsum("flak,flam->km", shape, MS, optimize=True),
        shape_gradient=np.einsum("flak,fla->k", shape, b, optimize=True),
    )


def point_normals(
    points: np.ndarray, evidence: Evidence
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reprojection of points (F, L, 3) with a Cauchy loss, as normal equations per point.

    Returns matrices (F, L, 3, 3), gradients (F, L, 3) and the cost (F,).
    """
    M = np.zeros((*points.shape, 3))
    b = np.zeros(points.shape)
    cost = np.zeros(len(points))
    for view in range(len(evidence.poses)):
        r, J, weight = view_residuals(points, evidence, view)
        squared = (r**2).sum(axis=-1)
        cost += 0.5 * CAUCHY_SCALE**2 * (weight * np.log1p(squared / CAUCHY_SCALE**2)).sum(axis=1)
        w = weight / (1.0 + squared / CAUCHY_SCALE**2)
        wJ = w[..., None, None] * J
        M += wJ.transpose(0, 1, 3, 2) @ J
        b += np.einsum("flab,fla->flb", wJ, r)
    return M, b, cost


def view_residuals(
    points: np.ndarray, evidence: Evidence, view: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Residuals (F, L, 2) in standard deviations, derivatives (F, L, 2, 3), weights (F, L)."""
    R, t = evidence.poses[view, :3, :3], evidence.poses[view, :3, 3]
    p = points @ R.T + t
    depth = np.maximum(p[..., 2], _MIN_DEPTH)
    weight = evidence.weight[view] * LANDMARK_TRUST * (p[..., 2] > _MIN_DEPTH)
    n = p[..., :2] / depth[..., None]
    sigma = evidence.sigma[view]
    J = (R[None, None, :2] - n[..., None] * R[2]) / (depth[..., None, None] * sigma)
    return (n - evidence.xy[view]) / sigma, J, weight


def _add_habits(pose: Pose, hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Soft means and limits of the joints' rotation vectors. Returns the cost (F,)."""
    cost = np.zeros(len(gradient))
    for k, group in enumerate(GROUPS[1:], start=1):
        angle = rotmat_to_rotvec(pose.local[:, JOINT[group[0]]])
        share = 1.0 / len(group)
        over = np.maximum(angle - ANATOMY.high[k], 0.0) + np.minimum(angle - ANATOMY.low[k], 0.0)
        for value, weight in (
            (angle - ANATOMY.mean[k], np.broadcast_to(ANATOMY.std[k] ** -2.0, angle.shape)),
            (over, (over != 0.0) / ANATOMY.limit_std**2),
        ):
            rows = 3 + 3 * k + np.arange(3)
            hessian[:, rows, rows] += weight * share**2
            gradient[:, rows] += weight * value * share
            cost += 0.5 * (weight * value**2).sum(axis=1)
    return cost
