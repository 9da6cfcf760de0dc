"""Robust bundle adjustment on people: cameras, and of each performer joints and bone lengths.

Performers share nothing but the cameras, so each is linearised alone, and their equations for the
cameras are added.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.calibration.normal_equations import NormalEquations, Reduced
from mvmocap_core.calibration.observations import Observations
from mvmocap_core.calibration.scene import CLK, DIS, FOC, N_VIEW, ROT, TRA, Priors, Scene
from mvmocap_core.calibration.terms import linearise

_MIN_GAIN = 1e-5
_MAX_DAMPING = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """Scenes, their robust cost (half a chi-square of independent samples), and a covariance.

    scenes:     (P) of each performer; their cameras are the same.
    covariance: (9V, 9V) of the cameras' unknowns; 0 for frozen ones.
    """

    scenes: Sequence[Scene]
    cost: float
    covariance: np.ndarray

    @property
    def scene(self) -> Scene:
        """The first performer's."""
        return self.scenes[0]


def adjust(
    scene: Scene,
    observed: Observations,
    priors: Priors,
    *,
    free: tuple[str, ...] = ("pose",),
    n_steps: int = 10,
) -> Adjustment:
    """Adjust to one performer; see `adjust_together`."""
    return adjust_together([scene], [observed], priors, free=free, n_steps=n_steps)


def adjust_together(
    scenes: Sequence[Scene],
    observed: Sequence[Observations],
    priors: Priors,
    *,
    free: tuple[str, ...],
    n_steps: int,
) -> Adjustment:
    """Levenberg-Marquardt from `scenes`. `free` names what may move beside joints and bones.

    scenes, observed: (P) of each performer. free: any of "pose", "focal", "k1", "clock".
    """
    priors = priors.split(len(scenes))
    movable = _movable_unknowns(scenes[0], free)
    damping = 1e-3
    equations = _linearised(scenes, observed, priors)
    for _ in range(n_steps):
        trial = _stepped(scenes, equations, movable, damping)
        renewed = _linearised(trial, observed, priors)
        before, after = _cost(equations), _cost(renewed)
        if after < before:
            scenes, equations, damping = trial, renewed, max(damping * 0.2, 1e-8)
            if 1.0 - after / before < _MIN_GAIN:
                break
        else:
            damping *= 10.0
            if damping > _MAX_DAMPING:
                break
    covariance = _camera_covariance(equations, movable, N_VIEW * len(scenes[0].t))
    return Adjustment(scenes, _cost(equations), covariance)


def _movable_unknowns(scene: Scene, free: tuple[str, ...]) -> np.ndarray:
    """(n_shared,) bool. The first camera is the origin and its clock the reference."""
    views = np.zeros((len(scene.t), N_VIEW), dtype=bool)
    views[1:, ROT] = views[1:, TRA] = "pose" in free
    views[:, FOC] = "focal" in free
    views[:, DIS] = "k1" in free
    views[1:, CLK] = "clock" in free
    return np.concatenate([views.ravel(), np.ones(len(scene.log_bones), dtype=bool)])


def _linearised(
    scenes: Sequence[Scene], observed: Sequence[Observations], priors: Priors
) -> list[NormalEquations]:
    return [linearise(scene, seen, priors) for scene, seen in zip(scenes, observed, strict=True)]


def _cost(equations: Sequence[NormalEquations]) -> float:
    return sum(each.cost for each in equations)


def _stepped(
    scenes: Sequence[Scene],
    equations: Sequence[NormalEquations],
    movable: np.ndarray,
    damping: float,
) -> list[Scene]:
    """The scenes after a damped Gauss-Newton step."""
    reduced = [each.reduce(movable, damping) for each in equations]
    matrix, gradient, rows = _added(reduced, len(scenes[0].log_bones))
    step = -np.linalg.solve(matrix, gradient)
    moved = []
    for scene, each, own in zip(scenes, reduced, rows, strict=True):
        shared = np.zeros(len(movable))
        shared[movable] = step[own]
        moved.append(scene.moved(shared, each.joints(step[own])))
    return moved


def _camera_covariance(
    equations: Sequence[NormalEquations], movable: np.ndarray, n_cameras: int
) -> np.ndarray:
    """The covariance of the first `n_cameras` unknowns."""
    reduced = [each.reduce(movable, 0.0) for each in equations]
    matrix, _, _ = _added(reduced, len(movable) - n_cameras)
    moving = np.flatnonzero(movable[:n_cameras])
    covariance = np.zeros((n_cameras, n_cameras))
    inverse = np.linalg.pinv(matrix, hermitian=True)
    covariance[np.ix_(moving, moving)] = inverse[: len(moving), : len(moving)]
    return covariance


def _added(
    reduced: Sequence[Reduced], n_bones: int
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Everybody's matrix (M, M) and gradient (M,): the cameras' unknowns, then everybody's bones.

    Also where each performer's unknowns are among these.
    """
    n_own = len(reduced[0].gradient)
    cameras, bones = np.split(np.arange(n_own), [n_own - n_bones])
    rows = [np.concatenate([cameras, bones + k * n_bones]) for k in range(len(reduced))]
    size = len(cameras) + len(reduced) * n_bones
    matrix, gradient = np.zeros((size, size)), np.zeros(size)
    for each, own in zip(reduced, rows, strict=True):
        matrix[np.ix_(own, own)] += each.matrix
        gradient[own] += each.gradient
    return matrix, gradient, rows
