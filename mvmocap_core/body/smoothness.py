"""Smooth motion as a quadratic form between frames, and the banded systems it leads to.

Unknowns are coupled to themselves one and two frames off, so that the Gauss-Newton matrix is
blocks (F, N, N) on the diagonal and diagonal blocks `beside` (2, F, N) next to them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError
from scipy.linalg.lapack import dpotrf, dpotri

from mvmocap_core.body.anatomy import ANATOMY, REFERENCE_FPS
from mvmocap_core.body.kinematics import GROUPS, N_UNKNOWNS, Pose
from mvmocap_core.body.skeleton import JOINT
from mvmocap_core.geometry.rotations import rotmat_to_rotvec

CAUCHY_SCALE = 5.0
"""Accelerations are mostly small and now and then large: their prior has heavy tails."""
FIXED = 1e9
"""Information that holds an unknown where it is."""
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
        loss = CAUCHY_SCALE**2 * np.log1p(self._squared(second) / CAUCHY_SCALE**2)
        return 0.5 * float((self.first * first**2).sum() + loss.sum())

    def _squared(self, second: np.ndarray) -> np.ndarray:
        """(F-2, G) squared acceleration of the pelvis and of every group, in deviations."""
        return (self.second * second**2).reshape(len(second), N_UNKNOWNS // 3, 3).sum(axis=-1)

    def _second_weight(self, second: np.ndarray) -> np.ndarray:
        """(F-2, N) weights of squared second differences: a take-off is not noise."""
        robust = 1.0 / (1.0 + self._squared(second) / CAUCHY_SCALE**2)
        return self.second * np.repeat(robust, 3, axis=1)

    def gradient(self, pose: Pose) -> np.ndarray:
        """(F, N) of the cost, neighbouring rotations taken as nearly equal."""
        first, second = _differences(pose)
        return difference_gradient(self.first * first, self._second_weight(second) * second)

    def hessian(self, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
        """Diagonal (F, N) and couplings (2, F, N) with the next frame and the one after."""
        bent = self._second_weight(_differences(pose)[1])
        return difference_hessian(self.first, bent, len(pose.translation_m))


def difference_gradient(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(F, N) from weighted first (F-1, N) and second (F-2, N) differences between frames."""
    gradient = np.zeros((len(first) + 1, first.shape[1]))
    for pull, stencil in ((first, _FIRST), (second, _SECOND)):
        for i, a in enumerate(stencil):
            gradient[i : i + len(pull)] += a * pull
    return gradient


def difference_hessian(
    first: np.ndarray, second: np.ndarray, n_frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Diagonal (F, N) and couplings (2, F, N) with the next frame and the one after.

    first, second: weights (N,), or one for each difference, of the squared differences.
    """
    diagonal = np.zeros((n_frames, first.shape[-1]))
    beside = np.zeros((2, *diagonal.shape))
    for weight, stencil in ((first, _FIRST), (second, _SECOND)):
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
    first = np.concatenate([moved, angle.reshape(len(angle), 3 * len(GROUPS))], axis=1)
    return first, np.diff(first, axis=0)


@dataclass(frozen=True, slots=True, eq=False)
class Elimination:
    """The factored matrix. Pairs of frames make it block tridiagonal.

    inverses: (P, 2N, 2N) of the pairs' Schur complements; gains: (P, 2N, 2N) of each pair on the
    next. Couplings are diagonal, so all but the inverses costs N^2 a frame.
    """

    inverses: np.ndarray
    gains: np.ndarray
    n_frames: int

    @staticmethod
    def of(blocks: np.ndarray, beside: np.ndarray) -> "Elimination":
        """Factor blocks (F, N, N) with couplings (2, F, N). Raises LinAlgError if indefinite."""
        n_frames, n = blocks.shape[:2]
        n_pairs = (n_frames + 1) // 2
        pairs = np.tile(np.eye(2 * n), (n_pairs, 1, 1))
        pairs[:, :n, :n] = blocks[0::2]
        n_odd = n_frames // 2
        pairs[:n_odd, n:, n:] = blocks[1::2]
        unknown = np.arange(n)
        within = beside[0, 0::2][:n_odd]
        pairs[:n_odd, unknown, n + unknown] = pairs[:n_odd, n + unknown, unknown] = within
        even, odd = beside[1, 0::2], np.zeros((n_pairs, n))
        odd[:n_odd] = beside[1, 1::2]
        cross = np.zeros((n_pairs, n))
        cross[:n_odd] = beside[0, 1::2]
        inverses, gains = np.empty_like(pairs), np.zeros_like(pairs)
        schur = pairs[0]
        for k in range(n_pairs):
            inverse = inverses[k] = _inverse(schur)
            if k + 1 == n_pairs:
                break
            gain = gains[k]
            gain[:, :n] = inverse[:, :n] * even[k] + inverse[:, n:] * cross[k]
            gain[:, n:] = inverse[:, n:] * odd[k]
            schur = pairs[k + 1]
            schur[:n] -= even[k, :, None] * gain[:n] + cross[k, :, None] * gain[n:]
            schur[n:] -= odd[k, :, None] * gain[n:]
        return Elimination(inverses, gains, n_frames)

    @staticmethod
    def damped(
        hessian: np.ndarray,
        smooth: tuple[np.ndarray, np.ndarray],
        is_fixed: np.ndarray,
        damping: float,
    ) -> "Elimination":
        """Factor what frames say by themselves, (F, N, N), damped, with how smooth they are.

        smooth: diagonal and couplings, see `difference_hessian`. is_fixed: (F,) frames that stay.
        """
        diagonal = np.arange(hessian.shape[1])
        blocks = hessian.copy()
        blocks[:, diagonal, diagonal] *= 1.0 + damping
        coupling, beside = smooth
        blocks[:, diagonal, diagonal] += coupling + 1e-6
        blocks[:, diagonal, diagonal] += FIXED * is_fixed[:, None]
        return Elimination.of(blocks, beside)

    def solve(self, right: np.ndarray) -> np.ndarray:
        """(F, N) -> (F, N)."""
        n = right.shape[1]
        padded = np.zeros((len(self.inverses), 2 * n))
        padded.reshape(-1, n)[: self.n_frames] = right
        for k in range(1, len(padded)):
            padded[k] -= padded[k - 1] @ self.gains[k - 1]
        solved = np.einsum("pab,pb->pa", self.inverses, padded)
        for k in range(len(padded) - 2, -1, -1):
            solved[k] -= self.gains[k] @ solved[k + 1]
        return solved.reshape(-1, n)[: self.n_frames]

    def marginal_covariance(self) -> np.ndarray:
        """(F, N, N) diagonal blocks of the inverse of the whole matrix (Takahashi et al. 1973)."""
        n = self.inverses.shape[1] // 2
        covariance = self.inverses.copy()
        for k in range(len(covariance) - 2, -1, -1):
            covariance[k] += self.gains[k] @ covariance[k + 1] @ self.gains[k].T
        pairs = np.stack([covariance[:, :n, :n], covariance[:, n:, n:]], axis=1)
        return pairs.reshape(-1, n, n)[: self.n_frames]


def _inverse(matrix: np.ndarray) -> np.ndarray:
    factor, failed = dpotrf(matrix, lower=1)
    if failed:
        raise LinAlgError("the system is not positive definite")
    inverse, _ = dpotri(factor, lower=1)
    return np.tril(inverse) + np.tril(inverse, -1).T
