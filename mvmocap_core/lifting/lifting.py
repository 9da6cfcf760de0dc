"""Lifting one view's keypoints with a temporal lifter."""

from dataclasses import dataclass

import numpy as np
import torch

from mvmocap_core.lifting.joints import HIPS, MIRRORED, crop, scale_of
from mvmocap_core.lifting.networks import Lift, TemporalLifter

LIFTER_FPS = 30.0
"""Frame rate that temporal lifters are trained at."""
HALF_WINDOW = 45
"""Frames before and after that a keypoint's size is measured over."""
_FLIP = torch.tensor([-1.0, 1.0, 1.0])


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


def mirror_keypoints(keypoints: torch.Tensor) -> torch.Tensor:
    """(..., J, 3) x, y, confidence of the mirrored performer."""
    return keypoints[..., MIRRORED, :] * _FLIP.to(keypoints.device)


def mirror_pose(pose: torch.Tensor) -> torch.Tensor:
    """(..., J, 3) of the mirrored performer."""
    return pose[..., MIRRORED, :] * _FLIP.to(pose.device)


def lift(net: TemporalLifter, keypoints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(F, J, 3) keypoints -> pose (F, J, 3) in the crop over stature, error (F, J, 2).

    Means of the clip and its mirror image. The error is what the net expects, across the view
    and along it, over stature.
    """
    device = next(net.parameters()).device
    given = torch.from_numpy(keypoints).to(device)
    with torch.no_grad():
        told: Lift = net(torch.stack([given, mirror_keypoints(given)]))
        pose = 0.5 * (told.pose[0] + mirror_pose(told.pose[1]))
        scale = 0.5 * (told.log_scale[0] + told.log_scale[1][..., MIRRORED, :])
    pose = pose - pose[:, list(HIPS)].mean(dim=1, keepdim=True)
    return pose.cpu().numpy().astype(np.float64), scale.exp().cpu().numpy().astype(np.float64)
