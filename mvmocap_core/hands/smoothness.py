"""Smooth motion of a hand as a quadratic form between frames; see `body.smoothness`."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.anatomy import REFERENCE_FPS
from mvmocap_core.geometry.rotations import rotmat_to_rotvec
from mvmocap_core.hands.kinematics import N_UNKNOWNS, HandPose
from mvmocap_core.hands.skeleton import ACCELERATION

_WRIST_ACCELERATION_M, _WRIST_ACCELERATION = 4.0, 80.0
_VELOCITY_OVER_ACCELERATION_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Smoothness:
    """Weights (N_UNKNOWNS,) of squared second and first differences between frames."""

    second: np.ndarray
    first: np.ndarray

    @staticmethod
    def at(fps: float) -> "Smoothness":
        """The same density of acceleration whatever the frame rate."""
        acceleration = np.concatenate(
            [np.full(3, _WRIST_ACCELERATION_M), np.full(3, _WRIST_ACCELERATION), ACCELERATION]
        )
        velocity = _VELOCITY_OVER_ACCELERATION_S * acceleration
        density = REFERENCE_FPS / fps
        return Smoothness(density * (fps**2 / acceleration) ** 2, density * (fps / velocity) ** 2)

    def _terms(
        self, pose: HandPose
    ) -> tuple[tuple[np.ndarray, np.ndarray, tuple[float, ...]], ...]:
        turn = rotmat_to_rotvec(pose.wrist[:-1].swapaxes(1, 2) @ pose.wrist[1:])
        steps = (np.diff(pose.wrist_m, axis=0), turn, np.diff(pose.angles_rad, axis=0))
        first = np.concatenate(steps, axis=1)
        return (
            (self.first, first, (-1.0, 1.0)),
            (self.second, np.diff(first, axis=0), (1.0, -2.0, 1.0)),
        )

    def cost(self, pose: HandPose) -> float:
        """Half the weighted sum of squares."""
        return 0.5 * sum(float((w * d**2).sum()) for w, d, _ in self._terms(pose))

    def gradient(self, pose: HandPose) -> np.ndarray:
        """(F, N), neighbouring rotations taken as nearly equal."""
        gradient = np.zeros((len(pose.wrist_m), N_UNKNOWNS))
        for weight, difference, stencil in self._terms(pose):
            for i, a in enumerate(stencil):
                gradient[i : i + len(difference)] += a * weight * difference
        return gradient

    def hessian(self, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Diagonal (F, N) and couplings (2, F, N) with the next frame and the one after."""
        diagonal = np.zeros((n_frames, N_UNKNOWNS))
        beside = np.zeros((2, n_frames, N_UNKNOWNS))
        for weight, stencil in ((self.first, (-1.0, 1.0)), (self.second, (1.0, -2.0, 1.0))):
            length = max(n_frames - len(stencil) + 1, 0)
            for i, a in enumerate(stencil):
                diagonal[i : i + length] += a * a * weight
                for j in range(i + 1, len(stencil)):
                    beside[j - i - 1, i : i + length] += a * stencil[j] * weight
        return diagonal, beside
