"""Fitting the skeleton to both views' keypoints.

`fit_shape` finds the proportions from a sample of frames: frames are independent given the shape,
so poses are eliminated frame by frame. `fit_motion` finds the poses of all frames with the shape
fixed: one smooth solution by Gauss-Newton with a banded matrix, window after window, so that cost
is linear in frames and memory constant.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError, solveh_banded

from mvmocap_core.body.anatomy import ANATOMY, REFERENCE_FPS
from mvmocap_core.body.evidence import Evidence, triangulate
from mvmocap_core.body.kinematics import GROUPS, N_UNKNOWNS, Pose, concatenate
from mvmocap_core.body.residuals import Normals, linearise
from mvmocap_core.body.skeleton import JOINT, PROPORTIONS, Body
from mvmocap_core.body.start import starting_pose
from mvmocap_core.geometry.rotations import rotmat_to_rotvec
from mvmocap_core.progress import Progress, silent

WINDOW = 600
OVERLAP = 60
_FIXED = 1e9
_BAND = 2 * N_UNKNOWNS


def fit_shape(
    body: Body, evidence: Evidence, *, independent: float, n_steps: int = 15
) -> Body:
    """The performer's proportions from a sample of frames.

    independent: share of the frames that count as independent samples of the detector's noise.
    """
    pose = starting_pose(triangulate(evidence))
    prior = PROPORTIONS.std**-2.0
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


def fit_motion(
    body: Body, evidence: Evidence, *, fps: float, progress: Progress = silent
) -> Pose:
    """Poses of all frames of `evidence`, smooth at `fps`, for a known body."""
    n_frames = evidence.xy.shape[1]
    start = starting_pose(triangulate(evidence))
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
        fitted = _fit_window(pose, body, window, fps, n_fixed)
        done.append(fitted[slice(n_fixed, n_fixed + last - first)])
    progress(1.0, "Body fitted")
    return concatenate(done)


def _fit_window(
    pose: Pose, body: Body, evidence: Evidence, fps: float, n_fixed: int, n_steps: int = 12
) -> Pose:
    damping = 1e-2
    smooth = Smoothness.at(fps)
    normals = linearise(pose, body, evidence, with_shape=False)
    cost = float(normals.cost.sum()) + smooth.cost(pose)
    for _ in range(n_steps):
        step = _banded_step(pose, normals, smooth, n_fixed, damping)
        moved = pose.moved(step)
        trial = linearise(moved, body, evidence, with_shape=False)
        trial_cost = float(trial.cost.sum()) + smooth.cost(moved)
        if trial_cost < cost:
            gain = 1.0 - trial_cost / cost
            pose, normals, cost = moved, trial, trial_cost
            damping = max(damping * 0.2, 1e-5)
            if gain < 1e-4:
                break
        else:
            damping *= 10.0
    return pose


@dataclass(frozen=True, slots=True, eq=False)
class Smoothness:
    """Weights (N_UNKNOWNS,) of squared second and first differences between frames."""

    second: np.ndarray
    first: np.ndarray

    @staticmethod
    def at(fps: float) -> "Smoothness":
        """The same density of acceleration whatever the frame rate."""
        density = REFERENCE_FPS / fps
        return Smoothness(
            density * (fps**2 / ANATOMY.acceleration_std) ** 2,
            density * (fps / ANATOMY.velocity_std) ** 2,
        )

    def cost(self, pose: Pose) -> float:
        """Half the weighted sum of squares."""
        first, second = differences(pose)
        return 0.5 * float((self.first * first**2).sum() + (self.second * second**2).sum())


def differences(pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """First (F-1, N) and second (F-2, N) differences of the unknowns between frames."""
    turn = np.einsum("fjba,fjbc->fjac", pose.local[:-1], pose.local[1:])
    joints = [JOINT[group[0]] for group in GROUPS]
    scale = np.array([len(group) for group in GROUPS])[:, None]
    angle = rotmat_to_rotvec(turn[:, joints]) * scale
    moved = np.diff(pose.translation_m, axis=0)
    first = np.concatenate([moved, angle.reshape(len(angle), -1)], axis=1)
    return first, np.diff(first, axis=0)


def _banded_step(
    pose: Pose, normals: Normals, smooth: Smoothness, n_fixed: int, damping: float
) -> np.ndarray:
    n_frames, n = normals.gradient.shape
    hessian, gradient = normals.hessian.copy(), normals.gradient.copy()
    diagonal = np.arange(n)
    hessian[:, diagonal, diagonal] *= 1.0 + damping
    hessian[:, diagonal, diagonal] += 1e-6
    beside = np.zeros((2, n_frames, n))
    first, second = differences(pose)
    for weight, difference, stencil in (
        (smooth.first, first, (-1.0, 1.0)),
        (smooth.second, second, (1.0, -2.0, 1.0)),
    ):
        length = len(difference)
        for i, a in enumerate(stencil):
            gradient[i : i + length] += a * weight * difference
            hessian[i : i + length, diagonal, diagonal] += a * a * weight
            for j in range(i + 1, len(stencil)):
                beside[j - i - 1, i : i + length] += a * stencil[j] * weight
    hessian[:n_fixed, diagonal, diagonal] += _FIXED
    gradient[:n_fixed] = 0.0
    return -_solve_banded(hessian, beside, gradient)


def _solve_banded(hessian: np.ndarray, beside: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Blocks (F, N, N) on the diagonal, diagonal blocks one and two frames off; (F, N)."""
    n_frames, n = right.shape
    band = np.zeros((_BAND + 1, n_frames, n))
    rows, columns = np.triu_indices(n)
    band[_BAND + rows - columns, :, columns] = hessian[:, rows, columns].T
    band[_BAND - n, 1:] = beside[0, :-1]
    band[_BAND - 2 * n, 2:] = beside[1, :-2]
    try:
        solved = solveh_banded(band.reshape(_BAND + 1, -1), right.ravel(), check_finite=False)
    except LinAlgError:  # rounding made it indefinite; a little more damping mends that
        band[_BAND] *= 1.0 + 1e-6
        solved = solveh_banded(band.reshape(_BAND + 1, -1), right.ravel(), check_finite=False)
    return solved.reshape(n_frames, n)
