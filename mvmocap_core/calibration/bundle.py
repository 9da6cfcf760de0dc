"""Robust bundle adjustment on a person: cameras, joints and one set of bone lengths."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.calibration.observations import Observations
from mvmocap_core.calibration.scene import CLK, DIS, FOC, N_VIEW, ROT, TRA, Priors, Scene
from mvmocap_core.calibration.terms import linearise

_MIN_GAIN = 1e-5
_MAX_DAMPING = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """A scene, its robust cost (half a chi-square of independent samples), and its covariance.

    covariance: (9V + B, 9V + B) of the cameras' unknowns and the bones; 0 for frozen ones.
    """

    scene: Scene
    cost: float
    covariance: np.ndarray


def adjust(
    scene: Scene,
    observed: Observations,
    priors: Priors,
    *,
    free: tuple[str, ...] = ("pose",),
    n_steps: int = 10,
) -> Adjustment:
    """Levenberg-Marquardt from `scene`. `free` names what may move beside joints and bones.

    free: any of "pose", "focal", "k1", "clock".
    """
    movable = movable_unknowns(scene, free)
    damping = 1e-3
    equations = linearise(scene, observed, priors)
    for _ in range(n_steps):
        shared, joints, _ = equations.solve(movable, damping)
        candidate = scene.moved(shared, joints)
        trial = linearise(candidate, observed, priors)
        if trial.cost < equations.cost:
            gain = 1.0 - trial.cost / equations.cost
            scene, equations, damping = candidate, trial, max(damping * 0.2, 1e-8)
            if gain < _MIN_GAIN:
                break
        else:
            damping *= 10.0
            if damping > _MAX_DAMPING:
                break
    reduced = equations.solve(movable, 0.0)[2]
    covariance = np.zeros((len(movable), len(movable)))
    covariance[np.ix_(movable, movable)] = np.linalg.pinv(reduced, hermitian=True)
    return Adjustment(scene, equations.cost, covariance)


def movable_unknowns(scene: Scene, free: tuple[str, ...]) -> np.ndarray:
    """(n_shared,) bool. The first camera is the origin and its clock the reference."""
    views = np.zeros((len(scene.t), N_VIEW), dtype=bool)
    views[1:, ROT] = views[1:, TRA] = "pose" in free
    views[:, FOC] = "focal" in free
    views[:, DIS] = "k1" in free
    views[1:, CLK] = "clock" in free
    return np.concatenate([views.ravel(), np.ones(len(scene.log_bones), dtype=bool)])
