"""Fitting the skeleton to both views' keypoints.

`fit_shape` finds the proportions from a sample of frames: frames are independent given the shape,
so poses are eliminated frame by frame. `fit_motion` finds the poses of all frames with the shape
fixed: one smooth solution by Gauss-Newton with a block-banded matrix, window after window, so that
cost is linear in frames and memory constant.
"""

from dataclasses import replace

import numpy as np

from mvmocap_core.body.descent import descend
from mvmocap_core.body.evidence import Evidence, triangulate
from mvmocap_core.body.kinematics import N_UNKNOWNS, Pose, concatenate
from mvmocap_core.body.residuals import Normals, linearise
from mvmocap_core.body.skeleton import PROPORTIONS, Body
from mvmocap_core.body.smoothness import FIXED, Smoothness
from mvmocap_core.body.start import starting_pose, without_leaps
from mvmocap_core.progress import Progress, silent

WINDOW = 600
OVERLAP = 60


def fit_shape(body: Body, evidence: Evidence, *, independent: float, n_steps: int = 15) -> Body:
    """The performer's proportions from a sample of frames.

    independent: share of the frames that count as independent samples of the detector's noise.
    One video alone does not tell whether elbows and knees are marked unevenly: depth is a guess.
    """
    pose = starting_pose(triangulate(evidence))
    prior = PROPORTIONS.std**-2.0
    if len(evidence.poses) == 1:
        prior[PROPORTIONS.is_uneven] = FIXED
    damping = 1e-2

    def total(normals: Normals, shape: np.ndarray) -> float:
        return float(independent * normals.cost.sum() + 0.5 * (prior * shape**2).sum())

    normals = linearise(pose, body, evidence, with_shape=True)
    for _ in range(n_steps):
        step, shape_step = _arrow_step(normals, prior, body.shape, independent, damping)
        moved, grown = pose.moved(step), replace(body, shape=body.shape + shape_step)
        trial = linearise(moved, grown, evidence, with_shape=True)
        if total(trial, grown.shape) < total(normals, body.shape):
            gain = 1.0 - total(trial, grown.shape) / total(normals, body.shape)
            pose, body, normals = moved, grown, trial
            damping = max(damping * 0.2, 1e-6)
            if gain < 1e-4:
                break
        else:
            damping *= 10.0
    return body


def _arrow_step(
    normals: Normals, prior: np.ndarray, shape: np.ndarray, independent: float, damping: float
) -> tuple[np.ndarray, np.ndarray]:
    A = normals.hessian.copy()
    diagonal = np.arange(N_UNKNOWNS)
    A[:, diagonal, diagonal] *= 1.0 + damping
    A[:, diagonal, diagonal] += 1e-6
    right = np.concatenate([normals.coupling, normals.gradient[..., None]], axis=2)
    solved = np.linalg.solve(A, right)
    coupled = np.einsum("fnk,fnm->km", normals.coupling, solved, optimize=True)
    hessian = independent * (normals.shape_hessian - coupled[:, :-1]) + np.diag(prior)
    gradient = independent * (normals.shape_gradient - coupled[:, -1]) + prior * shape
    shape_step = -np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), gradient)
    return -solved[..., -1] - solved[..., :-1] @ shape_step, shape_step


def first_guess(evidence: Evidence, fps: float) -> Pose:
    """Poses of all frames to start from. Raises ValueError if part of the trunk is never placed."""
    return starting_pose(without_leaps(triangulate(evidence), evidence.weight, fps))


def fit_motion(body: Body, evidence: Evidence, *, fps: float, progress: Progress = silent) -> Pose:
    """Poses of all frames of `evidence`, smooth at `fps`, for a known body."""
    n_frames = evidence.xy.shape[1]
    start = first_guess(evidence, fps)
    done: list[Pose] = []
    for first in range(0, n_frames, WINDOW):
        progress(first / n_frames, f"Fitting the body, frame {first + 1} of {n_frames}")
        last = min(first + WINDOW, n_frames)
        ahead = slice(first, min(last + OVERLAP, n_frames))
        pose, n_fixed = start[ahead], 0
        window = evidence[ahead]
        if done:
            before = done[-1][slice(-2, None)]
            n_fixed = len(before.translation_m)
            pose = concatenate([before, pose])
            window = evidence[slice(first - n_fixed, ahead.stop)]
        is_fixed = np.arange(len(pose.translation_m)) < n_fixed
        fitted, _ = fit_window(pose, body, window, fps=fps, is_fixed=is_fixed)
        done.append(fitted[slice(n_fixed, n_fixed + last - first)])
    progress(1.0, "Body fitted")
    return concatenate(done)


def fit_window(
    pose: Pose,
    body: Body,
    evidence: Evidence,
    *,
    fps: float,
    is_fixed: np.ndarray,
    n_steps: int = 12,
) -> tuple[Pose, float]:
    """Poses of all frames of `evidence` at once, from a first guess; and what they cost.

    is_fixed: (F,) frames whose pose stays, to which the others join smoothly.
    """
    fitted, _, cost = descend(
        pose,
        lambda trial: linearise(trial, body, evidence, with_shape=False),
        Smoothness.at(fps),
        is_fixed=is_fixed,
        n_steps=n_steps,
    )
    return fitted, cost
