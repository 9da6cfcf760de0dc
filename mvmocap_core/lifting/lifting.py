"""Lifting one view's keypoints with the temporal lifter. Numpy only: the product needs no torch.

The network is `networks.TemporalLifter`; what is here is its answer, not its training.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mvmocap_core.lifting.joints import HIPS, MIRRORED, N_JOINTS, crop, scale_of

LIFTER_FPS = 30.0
"""Frame rate that temporal lifters are trained at."""
HALF_WINDOW = 45
"""Frames before and after that a keypoint's size is measured over."""
DILATIONS = (1, 3, 9, 27)
"""Frames between the taps of each block's convolution."""
LEAK = 0.01
MIN_LOG_SCALE = -7.0
_FLIP = np.array([-1.0, 1.0, 1.0], dtype=np.float32)
_BATCH_NORM_EPSILON = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class LifterInput:
    """One view at `LIFTER_FPS`.

    keypoints:  (F, J, 3) x, y in units of their size, confidence; 0 where missing.
    size:       (F,) radians.
    R_crop_cam: (F, 3, 3) axes of the lifted pose.
    """

    keypoints: np.ndarray
    size: np.ndarray
    R_crop_cam: np.ndarray


def lifter_input(xy: np.ndarray, confidence: np.ndarray) -> LifterInput:
    """Keypoints (F, J, 2) at `LIFTER_FPS`, undistorted, focal length 1, as the lifter wants them.

    confidence: (F, J), 0 = missing. Raises ValueError if the hips are never seen together.
    """
    flat, R = crop(np.where(confidence[..., None] > 0, xy, 0.0), confidence)
    size = scale_of(flat, confidence, HALF_WINDOW)
    keypoints = np.concatenate([flat / size[:, None, None], confidence[..., None]], axis=-1)
    return LifterInput(keypoints.astype(np.float32), size, R)


def mirror(points: np.ndarray) -> np.ndarray:
    """(..., J, 3) pose, or x, y, confidence, of the mirrored performer."""
    return points[..., MIRRORED, :] * _FLIP


def lift(weights: Mapping[str, np.ndarray], keypoints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(F, J, 3) keypoints -> pose (F, J, 3) in the crop over stature, error (F, J, 2).

    weights: of a `networks.TemporalLifter`, by the names that it gives them.
    Means of the clip and its mirror image. The error is what the net expects, across the view
    and along it, over stature.
    """
    pose, log_scale = temporal_lifter(weights, keypoints)
    mirrored_pose, mirrored_scale = temporal_lifter(weights, mirror(keypoints))
    pose = 0.5 * (pose + mirror(mirrored_pose))
    scale = 0.5 * (log_scale + mirrored_scale[:, MIRRORED])
    pose = pose - pose[:, list(HIPS)].mean(axis=1, keepdims=True)
    return pose.astype(np.float64), np.exp(scale.astype(np.float64))


def temporal_lifter(
    weights: Mapping[str, np.ndarray], keypoints: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What `networks.TemporalLifter` answers: pose (F, J, 3) and log_scale (F, J, 2)."""
    hidden = _convolve(keypoints.reshape(len(keypoints), -1), weights, "inlet", 1)
    for block, dilation in enumerate(DILATIONS):
        name = f"blocks.{block}"
        inner = _leaky(_normed(hidden, weights, f"{name}.norm"))
        inner = _convolve(inner, weights, f"{name}.across", dilation)
        inner = _leaky(_normed(inner, weights, f"{name}.norm_inner"))
        hidden = hidden + _convolve(inner, weights, f"{name}.within", 1)
    told = _convolve(_leaky(hidden), weights, "outlet", 1)
    canonical, sixd, log_scale = np.split(told, [3 * N_JOINTS, 3 * N_JOINTS + 6], axis=-1)
    pose = canonical.reshape(-1, N_JOINTS, 3) @ _rotations(sixd).swapaxes(-1, -2)
    return pose, np.clip(log_scale, MIN_LOG_SCALE, 0.0).reshape(-1, N_JOINTS, 2)


def _convolve(
    x: np.ndarray, weights: Mapping[str, np.ndarray], name: str, dilation: int
) -> np.ndarray:
    """(F, I) -> (F, O) along the frames, zeros beyond the ends."""
    taps = np.ascontiguousarray(weights[f"{name}.weight"].transpose(2, 1, 0))  # (taps, I, O)
    n_frames = len(x)
    reach = dilation * (len(taps) // 2)
    padded = np.pad(x, ((reach, reach), (0, 0)))
    told = np.broadcast_to(weights[f"{name}.bias"], (n_frames, taps.shape[-1])).astype(np.float32)
    for step, tap in enumerate(taps):
        told += padded[step * dilation : step * dilation + n_frames] @ tap
    return told


def _normed(x: np.ndarray, weights: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """Batch normalisation with the means and variances of training."""
    gain = weights[f"{name}.weight"] / np.sqrt(
        weights[f"{name}.running_var"] + np.float32(_BATCH_NORM_EPSILON)
    )
    return (x - weights[f"{name}.running_mean"]) * gain + weights[f"{name}.bias"]


def _leaky(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.float32(LEAK) * x)


def _rotations(sixd: np.ndarray) -> np.ndarray:
    """(F, 6) two columns -> (F, 3, 3) orthonormal, as `rotations.sixd_to_rotmat`."""
    first = sixd[:, :3] / np.linalg.norm(sixd[:, :3], axis=-1, keepdims=True)
    second = sixd[:, 3:] - (first * sixd[:, 3:]).sum(axis=-1, keepdims=True) * first
    second = second / np.linalg.norm(second, axis=-1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=-1)
