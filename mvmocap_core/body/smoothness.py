"""Smooth motion as a quadratic form between frames, and the banded systems it leads to.

Unknowns are coupled to themselves one and two frames off, so that the Gauss-Newton matrix is
blocks (F, N, N) on the diagonal and diagonal blocks `beside` (2, F, N) next to them.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solveh_banded

from mvmocap_core.body.anatomy import ANATOMY, REFERENCE_FPS
from mvmocap_core.body.kinematics import GROUPS, N_UNKNOWNS, Pose
from mvmocap_core.body.skeleton import JOINT
from mvmocap_core.geometry.rotations import rotmat_to_rotvec

_BAND = 2 * N_UNKNOWNS
_FIRST = (-1.0, 1.0)
_SECOND = (1.0, -2.0, 1.0)


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
        first, second = _differences(pose)
        return 0.5 * float((self.first * first**2).sum() + (self.second * second**2).sum())

    def gradient(self, pose: Pose) -> np.ndarray:
        """(F, N) of the cost, neighbouring rotations taken as nearly equal."""
        gradient = np.zeros((len(pose.translation_m), N_UNKNOWNS))
        first, second = _differences(pose)
        for weight, difference, stencil in (
            (self.first, first, _FIRST),
            (self.second, second, _SECOND),
        ):
            for i, a in enumerate(stencil):
                gradient[i : i + len(difference)] += a * weight * difference
        return gradient

    def hessian(self, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Diagonal (F, N) and couplings (2, F, N) with the next frame and the one after."""
        diagonal = np.zeros((n_frames, N_UNKNOWNS))
        beside = np.zeros((2, n_frames, N_UNKNOWNS))
        for weight, stencil in ((self.first, _FIRST), (self.second, _SECOND)):
            length = max(n_frames - len(stencil) + 1, 0)
            for i, a in enumerate(stencil):
                diagonal[i : i + length] += a * a * weight
                for j in range(i + 1, len(stencil)):
                    beside[j - i - 1, i : i + length] += a * stencil[j] * weight
        return diagonal, beside


def _differences(pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """First (F-1, N) and second (F-2, N) differences of the unknowns between frames."""
    turn = np.einsum("fjba,fjbc->fjac", pose.local[:-1], pose.local[1:])
    joints = [JOINT[group[0]] for group in GROUPS]
    scale = np.array([len(group) for group in GROUPS])[:, None]
    angle = rotmat_to_rotvec(turn[:, joints]) * scale
    moved = np.diff(pose.translation_m, axis=0)
    first = np.concatenate([moved, angle.reshape(len(angle), -1)], axis=1)
    return first, np.diff(first, axis=0)


def solve_banded(blocks: np.ndarray, beside: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve for (F, N) with blocks (F, N, N), couplings (2, F, N) and right side (F, N)."""
    n_frames, n = right.shape
    band = np.zeros((_BAND + 1, n_frames, n))
    rows, columns = np.triu_indices(n)
    band[_BAND + rows - columns, :, columns] = blocks[:, rows, columns].T
    band[_BAND - n, 1:] = beside[0, :-1]
    band[0, 2:] = beside[1, :-2]
    try:
        solved = solveh_banded(band.reshape(_BAND + 1, -1), right.ravel(), check_finite=False)
    except LinAlgError:  # rounding made it indefinite; a little more damping mends that
        band[_BAND] *= 1.0 + 1e-6
        solved = solveh_banded(band.reshape(_BAND + 1, -1), right.ravel(), check_finite=False)
    return solved.reshape(n_frames, n)


def marginal_covariance(blocks: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """(F, N, N) diagonal blocks of the inverse of the whole banded matrix.

    Pairs of frames make it block tridiagonal; then block elimination forwards and the
    Takahashi recursion backwards (the information form of a Kalman smoother).
    """
    n_frames, n = blocks.shape[:2]
    n_pairs = (n_frames + 1) // 2
    pair = np.tile(np.eye(2 * n), (n_pairs, 1, 1))
    across = np.zeros((n_pairs, 2 * n, 2 * n))
    diagonal = np.arange(n)
    even, odd = blocks[0::2], blocks[1::2]
    pair[:, :n, :n] = even
    pair[: len(odd), n:, n:] = odd
    within = beside[0, 0::2][: len(odd)]
    pair[: len(odd), diagonal, n + diagonal] = pair[: len(odd), n + diagonal, diagonal] = within
    across[:, diagonal, diagonal] = beside[1, 0::2]
    across[: len(odd), n + diagonal, n + diagonal] = beside[1, 1::2]
    across[: len(odd), n + diagonal, diagonal] = beside[0, 1::2]
    inverses, gains = [], []
    schur = pair[0]
    for k in range(n_pairs):
        inverse = cho_solve(cho_factor(schur, check_finite=False), np.eye(2 * n))
        inverses.append(inverse)
        if k + 1 < n_pairs:
            gains.append(inverse @ across[k])
            schur = pair[k + 1] - across[k].T @ gains[k]
    covariance = np.empty((n_pairs, 2 * n, 2 * n))
    covariance[-1] = inverses[-1]
    for k in range(n_pairs - 2, -1, -1):
        covariance[k] = inverses[k] + gains[k] @ covariance[k + 1] @ gains[k].T
    marginal = np.stack([covariance[:, :n, :n], covariance[:, n:, n:]], axis=1)
    return marginal.reshape(-1, n, n)[:n_frames]
