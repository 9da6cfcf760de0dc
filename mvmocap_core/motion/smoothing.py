"""Smoothing without lag: every joint as much as its tremble allows, doubtful frames more.

Penalised least squares on third differences (Whittaker 1923; Eilers, "A perfect smoother", 2003):
parabolas pass unchanged, so that swings keep their peaks; the solution is symmetric in time. The
penalty has heavy tails: a take-off or a blow is not tremble.
"""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import median_filter

from mvmocap_core.geometry.rotations import quat_wxyz_to_rotmat, rotmat_to_quat_wxyz
from mvmocap_core.geometry.shapes import check_shape
from mvmocap_core.motion.finger_names import FINGER_NAMES
from mvmocap_core.motion.pose import JointMotion, continuous

# Frequencies that are halved at the weakest and at the strongest smoothing, by part of the body.
_CUTOFFS_HZ = {
    "finger": (14.0, 3.5),
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
_USUAL_JERK, _USUAL_TURN_JERK = 150.0, 600.0
"""m/s^3 of the pelvis and 1/s^3 of a quaternion, from which on motion is less and less tremble."""
_JERK_ROUNDS = 2
_SPIKE = (0.12, np.radians(40.0))
"""Half the stretch, in seconds, within which a joint that turns away by more than the angle must
come back for it to be a spike."""
_FOOT_SPIKE = (0.3, np.radians(65.0))
"""The same for ankles, which do not turn as far from where they were as hips and shoulders do."""
_SPIKE_WEIGHT, _SPIKE_HZ = 1e-4, 10.0


def smooth(
    values: np.ndarray,
    weights: np.ndarray,
    *,
    cutoff_hz: float,
    fps: float,
    order: int = 3,
    give: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Smooth (F, C) columns; frequencies above `cutoff_hz` fade. NaN is not allowed.

    weights: (F,) trust in each frame. order: of the differences that are to be small.
    give: (F - order,) weight of each of these differences.
    """
    check_shape("values", values, (None, None))
    n_frames = len(values)
    if n_frames <= order or cutoff_hz >= 0.5 * fps:
        return values.copy()
    stiffness = give * (2.0 * np.sin(np.pi * cutoff_hz / fps)) ** (-2.0 * order)
    return penalised(values, weights, stiffness, order)


def penalised(
    values: np.ndarray, weights: np.ndarray, stiffness: np.ndarray | float, order: int
) -> np.ndarray:
    """The columns (F, C) nearest to `values` whose differences are small.

    weights: (F,) of the values; stiffness: (F - order,) of the squared differences.
    """
    stencil = np.diff(np.eye(order + 1), n=order, axis=0)[0]
    bands = np.zeros((order + 1, len(values)))
    bands[0] = weights
    length = len(values) - order
    for i, a in enumerate(stencil):
        for j in range(i, order + 1):
            bands[j - i, i : i + length] += stiffness * a * stencil[j]
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

    confidence: (F, J). strength: 0 is the least, 1 the most.
    """
    weights = np.clip(confidence, _LEAST_WEIGHT, 1.0)
    quat = continuous(rotmat_to_quat_wxyz(motion.local))
    smoothed = np.empty_like(quat)
    for joint, name in enumerate(joint_names):
        smoothed[:, joint] = _smooth_tremble(
            quat[:, joint], weights[:, joint], _cutoff_hz(name, strength), fps, _USUAL_TURN_JERK
        )
    smoothed /= np.linalg.norm(smoothed, axis=-1, keepdims=True)
    cutoff_hz = _cutoff_hz("pelvis", strength)
    root_m = _smooth_tremble(motion.root_m, weights[:, 0], cutoff_hz, fps, _USUAL_JERK)
    return JointMotion(root_m, quat_wxyz_to_rotmat(smoothed))


def without_spikes(motion: JointMotion, joint_names: Sequence[str], fps: float) -> JointMotion:
    """Bridge joints that turn away and back faster than anybody can.

    A landmark that is wrong in both views for a moment turns a hand or a foot over.
    """
    quat = continuous(rotmat_to_quat_wxyz(motion.local))
    is_spike = _turns_away(quat, *_SPIKE, fps)
    feet = [row for row, name in enumerate(joint_names) if name.endswith("_ankle")]
    is_spike[:, feet] |= _turns_away(quat[:, feet], *_FOOT_SPIKE, fps)
    is_spike[:, 0] = False  # the whole body may well turn over
    local = motion.local.copy()
    for joint in np.flatnonzero(is_spike.any(axis=0) & ~is_spike.all(axis=0)):
        spikes = is_spike[:, joint]
        local[spikes, joint] = quat_wxyz_to_rotmat(_bridged(quat[:, joint], spikes, fps)[spikes])
    return JointMotion(motion.root_m, local)


def _turns_away(quat: np.ndarray, half_s: float, angle_rad: float, fps: float) -> np.ndarray:
    """(F, J) bool: turned by more than an angle from what is usual within `half_s`, and back."""
    half = max(1, round(half_s * fps))
    usual = median_filter(quat, size=(2 * half + 1, 1, 1), mode="nearest")
    usual /= np.maximum(np.linalg.norm(usual, axis=-1, keepdims=True), 1e-9)
    aside = np.abs((quat * usual).sum(axis=-1))
    padded = np.pad(quat, ((half, half), (0, 0), (0, 0)), mode="edge")
    through = np.abs((padded[: len(quat)] * padded[2 * half :]).sum(axis=-1))
    return (aside < np.cos(0.5 * angle_rad)) & (aside < through)  # it comes back whence it went


def _bridged(quat: np.ndarray, spikes: np.ndarray, fps: float) -> np.ndarray:
    """(F, 4) turned evenly where `spikes` (F,), bent into what is before and after."""
    frames, good = np.arange(len(quat)), np.flatnonzero(~spikes)
    near = continuous(quat[good])
    known = np.stack([np.interp(frames, good, column) for column in near.T], axis=1)
    weights = np.where(spikes, _SPIKE_WEIGHT, 1.0)
    bridged = smooth(known, weights, cutoff_hz=min(_SPIKE_HZ, 0.4 * fps), fps=fps)
    return bridged / np.linalg.norm(bridged, axis=-1, keepdims=True)


def _smooth_tremble(
    values: np.ndarray, weights: np.ndarray, cutoff_hz: float, fps: float, usual_jerk: float
) -> np.ndarray:
    """Smooth (F, C) columns less where they jerk more than is usual."""
    give = np.ones(max(len(values) - 3, 0))
    smoothed = smooth(values, weights, cutoff_hz=cutoff_hz, fps=fps, give=give)
    for _ in range(_JERK_ROUNDS):
        jerk = np.linalg.norm(np.diff(smoothed, n=3, axis=0), axis=1) * fps**3
        give = 1.0 / (1.0 + (jerk / usual_jerk) ** 2)
        smoothed = smooth(values, weights, cutoff_hz=cutoff_hz, fps=fps, give=give)
    return smoothed


def _cutoff_hz(joint_name: str, strength: float) -> float:
    part = "finger" if joint_name in FINGER_NAMES else joint_name.rpartition("_")[2]
    weakest, strongest = _CUTOFFS_HZ.get(part, _TRUNK_CUTOFFS_HZ)
    return weakest * (strongest / weakest) ** strength
