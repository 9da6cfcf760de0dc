"""Smoothing without lag: every joint as much as its tremble allows, doubtful frames more.

Penalised least squares on third differences (Whittaker 1923; Eilers, "A perfect smoother", 2003):
parabolas pass unchanged, so that swings keep their peaks; the solution is symmetric in time.
"""

import numpy as np
from scipy.linalg import solveh_banded

from mvmocap_core.geometry.rotations import quat_wxyz_to_rotmat, rotmat_to_quat_wxyz
from mvmocap_core.geometry.shapes import check_shape
from mvmocap_core.motion.pose import JointMotion, continuous

_STENCIL = np.array([-1.0, 3.0, -3.0, 1.0])
# Frequencies that are halved at the weakest and at the strongest smoothing, by part of the body.
_CUTOFFS_HZ = {
    "wrist": (14.0, 3.5),
    "elbow": (14.0, 3.5),
    "shoulder": (13.0, 3.0),
    "ankle": (12.0, 3.0),
    "knee": (12.0, 3.0),
    "hip": (11.0, 2.5),
}
_TRUNK_CUTOFFS_HZ = (9.0, 2.0)
_LEAST_WEIGHT = 0.05
"""Of a frame in which a joint was not seen: it says little, but more than nothing."""


def smooth(values: np.ndarray, weights: np.ndarray, *, cutoff_hz: float, fps: float) -> np.ndarray:
    """Smooth (F, C) columns; frequencies above `cutoff_hz` fade. NaN is not allowed.

    weights: (F,) trust in each frame, 0 to 1.
    """
    check_shape("values", values, (None, None))
    n_frames = len(values)
    if n_frames < len(_STENCIL) or cutoff_hz >= 0.5 * fps:
        return values.copy()
    stiffness = (2.0 * np.sin(np.pi * cutoff_hz / fps)) ** -6.0
    bands = np.zeros((4, n_frames))
    bands[0] = weights
    length = n_frames - 3
    for i, a in enumerate(_STENCIL):
        for j in range(i, len(_STENCIL)):
            bands[j - i, i : i + length] += stiffness * a * _STENCIL[j]
    return solveh_banded(bands, weights[:, None] * values, lower=True)


def smooth_motion(
    motion: JointMotion,
    joint_names: list[str],
    confidence: np.ndarray,
    *,
    strength: float,
    fps: float,
) -> JointMotion:
    """Smooth the root's path and every joint's rotation.

    confidence: (F, J). strength: 0 leaves the motion as it is, 1 is the most.
    """
    if strength <= 0.0:
        return motion
    weights = np.clip(confidence, _LEAST_WEIGHT, 1.0)
    quat = continuous(rotmat_to_quat_wxyz(motion.local))
    smoothed = np.empty_like(quat)
    for joint, name in enumerate(joint_names):
        cutoff_hz = _cutoff_hz(name, strength)
        smoothed[:, joint] = smooth(quat[:, joint], weights[:, joint], cutoff_hz=cutoff_hz, fps=fps)
    smoothed /= np.linalg.norm(smoothed, axis=-1, keepdims=True)
    cutoff_hz = _cutoff_hz("pelvis", strength)
    root_m = smooth(motion.root_m, weights[:, 0], cutoff_hz=cutoff_hz, fps=fps)
    return JointMotion(root_m, quat_wxyz_to_rotmat(smoothed))


def _cutoff_hz(joint_name: str, strength: float) -> float:
    weakest, strongest = _CUTOFFS_HZ.get(joint_name.rpartition("_")[2], _TRUNK_CUTOFFS_HZ)
    return weakest * (strongest / weakest) ** strength
