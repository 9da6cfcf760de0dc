"""Sums of squares over joints of frames and unknowns that all frames share.

Frames are independent given the shared unknowns, so their joints are eliminated block by block
(Schur complement; Triggs et al., "Bundle Adjustment - A Modern Synthesis", 2000) and the cost is
linear in frames.
"""

from dataclasses import dataclass

import numpy as np

_RIDGE = 1e-4
"""Keeps a joint in place that no residual speaks of."""


class NormalEquations:
    """Accumulates J^T w J, J^T w r and the cost. F frames, J joints, G shared unknowns."""

    def __init__(self, n_frames: int, n_joints: int, n_shared: int) -> None:
        self._joints = np.zeros((n_frames, n_joints, 3, n_joints, 3))
        self._coupling = np.zeros((n_frames, n_joints, 3, n_shared))
        self._shared = np.zeros((n_shared, n_shared))
        self._joints_gradient = np.zeros((n_frames, n_joints, 3))
        self._shared_gradient = np.zeros(n_shared)
        self.cost = 0.0
        diagonal = np.arange(n_joints)
        self._joints[:, diagonal, :, diagonal] = _RIDGE * np.eye(3)

    def add_points(
        self, r: np.ndarray, weight: np.ndarray, J: np.ndarray, J_shared: np.ndarray, first: int
    ) -> None:
        """Residuals (F, J, D) of single joints, weights (F, J).

        J: (F, J, D, 3) by the joint; J_shared: (F, J, D, M) by the shared unknowns from `first`.
        """
        diagonal = np.arange(r.shape[1])
        columns = slice(first, first + J_shared.shape[-1])
        w = weight[..., None, None]
        wJ, wJ_shared = (w * J).swapaxes(-1, -2), (w * J_shared).swapaxes(-1, -2)
        self._joints[:, diagonal, :, diagonal] += (wJ @ J).swapaxes(0, 1)
        self._coupling[..., columns] += wJ @ J_shared
        self._shared[columns, columns] += (wJ_shared @ J_shared).sum(axis=(0, 1))
        self._joints_gradient += (wJ @ r[..., None])[..., 0]
        self._shared_gradient[columns] += (wJ_shared @ r[..., None]).sum(axis=(0, 1))[:, 0]

    def add_pairs(
        self,
        pairs: np.ndarray,
        r: np.ndarray,
        weight: np.ndarray,
        J: np.ndarray,
        J_shared: np.ndarray,
        columns: np.ndarray,
    ) -> None:
        """Residuals (F, B) between pairs of joints (B, 2), weights (F, B).

        J: (F, B, 3) by the first joint and, negated, by the second; J_shared: (F, B, M) by the
        shared unknowns `columns` (B, M).
        """
        wJ = weight[..., None] * J
        block = wJ[..., :, None] * J[..., None, :]
        cross = wJ[..., :, None] * J_shared[..., None, :]
        gradient = wJ * r[..., None]
        for k, (i, j) in enumerate(pairs):
            self._joints[:, i, :, i] += block[:, k]
            self._joints[:, j, :, j] += block[:, k]
            self._joints[:, i, :, j] -= block[:, k]
            self._joints[:, j, :, i] -= block[:, k]
            self._coupling[:, i, :, columns[k]] += cross[:, k].transpose(2, 0, 1)
            self._coupling[:, j, :, columns[k]] -= cross[:, k].transpose(2, 0, 1)
            self._joints_gradient[:, i] += gradient[:, k]
            self._joints_gradient[:, j] -= gradient[:, k]
            w_shared = weight[:, k, None] * J_shared[:, k]
            self._shared[np.ix_(columns[k], columns[k])] += w_shared.T @ J_shared[:, k]
            self._shared_gradient[columns[k]] += w_shared.T @ r[:, k]

    def add_shared(self, columns: np.ndarray, r: np.ndarray, std: np.ndarray) -> None:
        """Residuals (M,) of single shared unknowns `columns` (M,), with standard deviations."""
        self.add_weighted(columns, r, std**-2.0)
        self.cost += 0.5 * float(((r / std) ** 2).sum())

    def add_weighted(self, columns: np.ndarray, r: np.ndarray, weight: np.ndarray | float) -> None:
        """Residuals (M,) of single shared unknowns whose loss the caller adds to the cost."""
        self._shared[columns, columns] += weight
        self._shared_gradient[columns] += weight * r

    def add_differences(self, columns: np.ndarray, r: np.ndarray, std: float) -> None:
        """Residuals (M,) of differences between pairs of shared unknowns `columns` (M, 2)."""
        a, b = columns.T
        self._shared[a, a] += std**-2.0
        self._shared[b, b] += std**-2.0
        self._shared[a, b] -= std**-2.0
        self._shared[b, a] -= std**-2.0
        self._shared_gradient[a] += r / std**2
        self._shared_gradient[b] -= r / std**2
        self.cost += 0.5 * float((r**2).sum()) / std**2

    def slope(self, shared: np.ndarray, joints: np.ndarray) -> float:
        """Derivative of the cost along a step: shared (G,), joints (F, J, 3)."""
        return float(self._shared_gradient @ shared + (self._joints_gradient * joints).sum())

    def reduce(self, free: np.ndarray, damping: float) -> "Reduced":
        """What is left for the free shared unknowns, (G,) bool, when the joints follow them."""
        n_frames, n_joints = self._joints_gradient.shape[:2]
        size = 3 * n_joints
        A = self._joints.reshape(n_frames, size, size).copy()
        diagonal = np.arange(size)
        A[:, diagonal, diagonal] *= 1.0 + damping
        B = self._coupling.reshape(n_frames, size, -1)[..., free]
        g = self._joints_gradient.reshape(n_frames, size, 1)
        solved = np.linalg.solve(A, np.concatenate([B, g], axis=2))
        coupled = np.tensordot(B, solved, axes=((0, 1), (0, 1)))
        shared = self._shared[np.ix_(free, free)]
        return Reduced(
            matrix=shared - coupled[:, :-1] + damping * np.diag(np.diag(shared)),
            gradient=self._shared_gradient[free] - coupled[:, -1],
            solved=solved,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """Normal equations of M free shared unknowns alone, J joints of F frames eliminated.

    matrix: (M, M), damped; gradient: (M,).
    solved: (F, 3J, M + 1) how the joints follow the shared unknowns, and their own step.
    """

    matrix: np.ndarray
    gradient: np.ndarray
    solved: np.ndarray

    def joints(self, shared: np.ndarray) -> np.ndarray:
        """Step of the joints (F, J, 3) for a step of the free shared unknowns (M,)."""
        joints = -self.solved[..., -1] - self.solved[..., :-1] @ shared
        return joints.reshape(len(joints), -1, 3)
