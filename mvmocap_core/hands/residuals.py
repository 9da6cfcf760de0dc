"""What a hand's pose must explain, linearised: the views' landmarks, and habits."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.residuals import Normals
from mvmocap_core.geometry.rotations import rotmat_to_rotvec
from mvmocap_core.hands.evidence import HandEvidence
from mvmocap_core.hands.kinematics import (
    N_UNKNOWNS,
    HandPose,
    forward,
    landmark_jacobian,
    shape_jacobian,
)
from mvmocap_core.hands.skeleton import HABITS, HIGH_RAD, LOW_RAD, RELAXED_RAD, HandShape

CAUCHY_SCALE = 2.0
DEPTH_STD_OF_LENGTH = 0.15
"""Of the detector's guess along the ray, over the hand's length."""
_WRIST_TURN_STD = 0.7
"""Radians that the body's hand, of three landmarks, may be turned off."""
_LIMIT_STD = np.radians(4.0)
_MIN_DEPTH_M = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class HandPrior:
    """What the body says of a hand.

    wrist_m: (F, 3), wrist: (F, 3, 3) world rotation. wrist_std_m: (F,) per axis, how far off.
    """

    wrist_m: np.ndarray
    wrist: np.ndarray
    wrist_std_m: np.ndarray

    def __getitem__(self, frames: slice | np.ndarray) -> "HandPrior":
        return HandPrior(self.wrist_m[frames], self.wrist[frames], self.wrist_std_m[frames])


def relaxed_pose(prior: HandPrior) -> HandPose:
    """The body's wrist, with relaxed fingers."""
    angles = np.tile(RELAXED_RAD, (len(prior.wrist_m), 1))
    return HandPose(prior.wrist_m.copy(), prior.wrist.copy(), angles)


def linearise(
    pose: HandPose, shape: HandShape, evidence: HandEvidence, prior: HandPrior
) -> Normals:
    """Normal equations of all frames; those of the shape are summed over them."""
    hand = forward(pose, shape)
    jacobian = landmark_jacobian(hand)
    by_shape = shape_jacobian(hand, shape)
    both = np.concatenate([jacobian, by_shape], axis=-1)
    n_frames, n_all = len(pose.wrist_m), both.shape[-1]
    hessian, gradient = np.zeros((n_frames, n_all, n_all)), np.zeros((n_frames, n_all))
    cost = np.zeros(n_frames)
    depth_std_m = DEPTH_STD_OF_LENGTH * shape.length_m
    landmarks = hand.landmarks
    for view in range(len(evidence.poses)):
        for rows, values, weight in (
            _in_picture(landmarks, both, evidence, view),
            _along_ray(landmarks, both, evidence, view, depth_std_m),
        ):
            weighted = weight[..., None, None] * rows
            flat = rows.reshape(n_frames, -1, n_all)
            hessian += flat.swapaxes(1, 2) @ weighted.reshape(n_frames, -1, n_all)
            gradient += np.einsum("flcn,flc->fn", weighted, values)
            # Weights of a Cauchy loss come with what they weigh: its cost is a logarithm.
            squared = (values**2).sum(axis=-1)
            full = weight * (1.0 + squared / CAUCHY_SCALE**2)
            cost += 0.5 * CAUCHY_SCALE**2 * (full * np.log1p(squared / CAUCHY_SCALE**2)).sum(axis=1)
    n = N_UNKNOWNS
    cost += _add_habits(pose, prior, hessian[:, :n, :n], gradient[:, :n])
    return Normals(
        hessian[:, :n, :n],
        gradient[:, :n],
        cost,
        hessian[:, :n, n:],
        hessian[:, n:, n:].sum(axis=0),
        gradient[:, n:].sum(axis=0),
    )


def _in_picture(
    landmarks: np.ndarray, jacobian: np.ndarray, evidence: HandEvidence, view: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows (F, 21, 2, N), residuals (F, 21, 2) in deviations and weights (F, 21)."""
    R, t = evidence.poses[view, :, :3, :3], evidence.poses[view, :, :3, 3]
    seen = landmarks @ R.swapaxes(1, 2) + t[:, None]
    depth = np.maximum(seen[..., 2], _MIN_DEPTH_M)
    n = seen[..., :2] / depth[..., None]
    sigma = evidence.sigma[view][:, None, None]
    J = (R[:, None, :2] - n[..., None] * R[:, None, 2:]) / (depth[..., None] * sigma)[..., None]
    values = (n - evidence.xy[view]) / sigma
    weight = evidence.weight[view][:, None] * (seen[..., 2] > _MIN_DEPTH_M)
    return J @ jacobian, values, _robust(weight, values)


def _along_ray(
    landmarks: np.ndarray, jacobian: np.ndarray, evidence: HandEvidence, view: int, std_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for depths about the hand's middle: rows (F, 21, 1, N)."""
    ray = evidence.rays[view][:, None, None]
    rows = ray @ (jacobian - jacobian.mean(axis=1, keepdims=True)) / std_m
    depths = (landmarks - landmarks.mean(axis=1, keepdims=True)) @ evidence.rays[view][..., None]
    values = (depths - evidence.depths[view][..., None]) / std_m
    weight = np.broadcast_to(evidence.weight[view][:, None], values.shape[:2])
    return rows, values, _robust(weight, values)


def _robust(weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    return weight / (1.0 + (values**2).sum(axis=-1) / CAUCHY_SCALE**2)


def _add_habits(
    pose: HandPose, prior: HandPrior, hessian: np.ndarray, gradient: np.ndarray
) -> np.ndarray:
    """What hands do, where they end, and what the body says of the wrist. Returns the cost (F,)."""
    off = pose.angles_rad - RELAXED_RAD
    over = np.maximum(pose.angles_rad - HIGH_RAD, 0.0) + np.minimum(pose.angles_rad - LOW_RAD, 0.0)
    hessian[:, 6:, 6:] += HABITS
    gradient[:, 6:] += off @ HABITS
    cost = 0.5 * np.einsum("fa,ab,fb->f", off, HABITS, off)
    at_wrist = prior.wrist_std_m[:, None] ** -2.0
    moved = at_wrist * (pose.wrist_m - prior.wrist_m)
    turned = rotmat_to_rotvec(prior.wrist.swapaxes(1, 2) @ pose.wrist) / _WRIST_TURN_STD**2
    stiffness = np.zeros(gradient.shape)
    stiffness[:, :3], stiffness[:, 3:6] = at_wrist, _WRIST_TURN_STD**-2.0
    stiffness[:, 6:] = (over != 0.0) / _LIMIT_STD**2
    values = np.concatenate([moved, turned, over / _LIMIT_STD**2], axis=1)
    gradient += values
    diagonal = np.arange(N_UNKNOWNS)
    hessian[:, diagonal, diagonal] += stiffness
    return cost + 0.5 * (values**2 / np.maximum(stiffness, 1e-12)).sum(axis=1)
