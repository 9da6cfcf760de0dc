"""Poses of all frames at once by damped Gauss-Newton: the body's, and hands' in the same way."""

from collections.abc import Callable
from typing import Protocol, Self, TypeVar

import numpy as np

from mvmocap_core.body.residuals import Normals
from mvmocap_core.body.smoothness import Elimination

_MIN_GAIN = 1e-4
_LEAST_DAMPING = 1e-5


class Poses(Protocol):
    """Poses of F frames with N unknowns each."""

    def moved(self, step: np.ndarray) -> Self:
        """The poses after a step (F, N)."""
        ...


P = TypeVar("P", bound=Poses)
Posed = TypeVar("Posed", bound=Poses, contravariant=True)


class Smooth(Protocol[Posed]):
    """A cost of differences between frames; see `body.smoothness.Smoothness`."""

    def cost(self, pose: Posed) -> float:
        """Half the weighted sum of squares."""
        ...

    def gradient(self, pose: Posed) -> np.ndarray:
        """(F, N) of the cost."""
        ...

    def hessian(self, pose: Posed) -> tuple[np.ndarray, np.ndarray]:
        """Diagonal (F, N) and couplings (2, F, N)."""
        ...


def descend(
    pose: P,
    linearise: Callable[[P], Normals],
    smooth: Smooth[P],
    *,
    is_fixed: np.ndarray,
    n_steps: int,
) -> tuple[P, Normals, float]:
    """The poses that explain best what was seen, their normal equations and their cost.

    linearise: what was seen, frame by frame. is_fixed: (F,) frames whose pose stays, to which the
    others join smoothly.
    """
    damping = 1e-2
    normals = linearise(pose)
    cost = float(normals.cost.sum()) + smooth.cost(pose)
    for _ in range(n_steps):
        gradient = normals.gradient + smooth.gradient(pose)
        gradient[is_fixed] = 0.0
        system = Elimination.damped(normals.hessian, smooth.hessian(pose), is_fixed, damping)
        moved = pose.moved(-system.solve(gradient))
        trial = linearise(moved)
        trial_cost = float(trial.cost.sum()) + smooth.cost(moved)
        if trial_cost < cost:
            gain = 1.0 - trial_cost / cost
            pose, normals, cost = moved, trial, trial_cost
            damping = max(damping * 0.2, _LEAST_DAMPING)
            if gain < _MIN_GAIN:
                break
        else:
            damping *= 10.0
    return pose, normals, cost
