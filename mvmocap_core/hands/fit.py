"""The hand fitted to what the views saw: one smooth solution by Gauss-Newton, as the body's."""

from dataclasses import replace

import numpy as np

from mvmocap_core.body.descent import descend
from mvmocap_core.body.residuals import Normals
from mvmocap_core.body.smoothness import Elimination
from mvmocap_core.hands.evidence import HandEvidence
from mvmocap_core.hands.kinematics import (
    N_UNKNOWNS,
    HandPose,
    concatenate,
    forward,
    landmark_jacobian,
)
from mvmocap_core.hands.residuals import HandPrior, linearise, relaxed_pose
from mvmocap_core.hands.skeleton import SHAPE_STD, HandShape
from mvmocap_core.hands.smoothness import Smoothness

WINDOW, OVERLAP = 300, 40
_N_HELD = 2


def fit_hand_shape(
    hands: list[tuple[HandEvidence, HandPrior]], stature_m: float, n_steps: int = 12
) -> HandShape:
    """A person's hands from sampled frames of both, independent of one another.

    hands: what was seen of each hand, and what the body says of it.
    """
    shape = HandShape(stature_m)
    poses = [relaxed_pose(prior) for _, prior in hands]
    damping, best = 1e-2, np.inf
    trial_poses, trial_shape = poses, shape
    normals: list[Normals] = []
    for _ in range(n_steps + 1):
        trial = [
            linearise(pose, trial_shape, *hand)
            for pose, hand in zip(trial_poses, hands, strict=True)
        ]
        cost = sum(float(n.cost.sum()) for n in trial)
        cost += 0.5 * float(((trial_shape.shape / SHAPE_STD) ** 2).sum())
        if cost < best:
            poses, shape, normals, best = trial_poses, trial_shape, trial, cost
            damping = max(0.2 * damping, 1e-6)
        else:
            damping *= 10.0
        steps, shape_step = _arrow_step(normals, shape, damping)
        trial_poses = [pose.moved(step) for pose, step in zip(poses, steps, strict=True)]
        trial_shape = replace(shape, shape=shape.shape + shape_step)
    return shape


def _arrow_step(
    normals: list[Normals], shape: HandShape, damping: float
) -> tuple[list[np.ndarray], np.ndarray]:
    """Steps of all poses, eliminated frame by frame, and of the shape."""
    hessian, gradient = np.diag(SHAPE_STD**-2.0), shape.shape / SHAPE_STD**2
    solved: list[np.ndarray] = []
    diagonal = np.arange(N_UNKNOWNS)
    for part in normals:
        A = part.hessian.copy()
        A[:, diagonal, diagonal] *= 1.0 + damping
        right = np.concatenate([part.coupling, part.gradient[..., None]], axis=2)
        solved.append(np.linalg.solve(A, right))
        coupled = np.einsum("fnk,fnm->km", part.coupling, solved[-1])
        hessian = hessian + part.shape_hessian - coupled[:, :-1]
        gradient = gradient + part.shape_gradient - coupled[:, -1]
    step = -np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), gradient)
    return [-each[..., -1] - each[..., :-1] @ step for each in solved], step


def fit_hand(
    evidence: HandEvidence, prior: HandPrior, shape: HandShape, *, fps: float
) -> tuple[HandPose, np.ndarray]:
    """Poses of a stretch of frames, smooth at `fps`, and the landmarks' variance (F, 21) in m^2."""
    n_frames = len(prior.wrist_m)
    done: list[HandPose] = []
    variances: list[np.ndarray] = []
    for first in range(0, n_frames, WINDOW):
        last = min(first + WINDOW, n_frames)
        ahead = slice(first, min(last + OVERLAP, n_frames))
        start, n_fixed = relaxed_pose(prior[ahead]), 0
        if done:
            n_fixed = _N_HELD
            start = concatenate([done[-1][slice(-n_fixed, None)], start])
        around = slice(first - n_fixed, ahead.stop)
        is_fixed = np.arange(len(start.wrist_m)) < n_fixed
        fitted, variance = _fit_window(start, evidence[around], prior[around], shape, fps, is_fixed)
        kept = slice(n_fixed, n_fixed + last - first)
        done.append(fitted[kept])
        variances.append(variance[kept])
    return concatenate(done), np.concatenate(variances)


def _fit_window(
    pose: HandPose,
    evidence: HandEvidence,
    prior: HandPrior,
    shape: HandShape,
    fps: float,
    is_fixed: np.ndarray,
    n_steps: int = 20,
) -> tuple[HandPose, np.ndarray]:
    smooth = Smoothness.at(fps)
    pose, normals, _ = descend(
        pose,
        lambda trial: linearise(trial, shape, evidence, prior),
        smooth,
        is_fixed=is_fixed,
        n_steps=n_steps,
    )
    system = Elimination.damped(normals.hessian, smooth.hessian(pose), is_fixed, 0.0)
    covariance = system.marginal_covariance()
    covariance[:, :3], covariance[:, :, :3] = 0.0, 0.0  # of the hand's form, not of its place
    jacobian = landmark_jacobian(forward(pose, shape))
    variance = ((jacobian @ covariance[:, None]) * jacobian).sum(axis=(2, 3))
    return pose, variance
