"""Smooth motion of a hand as a quadratic form between frames; see `body.smoothness`."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.anatomy import REFERENCE_FPS
from mvmocap_core.body.smoothness import difference_gradient, difference_hessian
from mvmocap_core.geometry.rotations import rotmat_to_rotvec
from mvmocap_core.hands.kinematics import HandPose
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

    def cost(self, pose: HandPose) -> float:
        """Half the weighted sum of squares."""
        first, second = _differences(pose)
        return 0.5 * float((self.first * first**2).sum() + (self.second * second**2).sum())

    def gradient(self, pose: HandPose) -> np.ndarray:
        """(F, N), neighbouring rotations taken as nearly equal."""
        first, second = _differences(pose)
        return difference_gradient(self.first * first, self.second * second)

    def hessian(self, pose: HandPose) -> tuple[np.ndarray, np.ndarray]:
        """Diagonal (F, N) and couplings (2, F, N) with the next frame and the one after."""
        return difference_hessian(self.first, self.second, len(pose.wrist_m))


def _differences(pose: HandPose) -> tuple[np.ndarray, np.ndarray]:
    """First (F-1, N) and second (F-2, N) differences of the unknowns between frames."""
    turn = rotmat_to_rotvec(pose.wrist[:-1].swapaxes(1, 2) @ pose.wrist[1:])
    steps = (np.diff(pose.wrist_m, axis=0), turn, np.diff(pose.angles_rad, axis=0))
    first = np.concatenate(steps, axis=1)
    return first, np.diff(first, axis=0)
