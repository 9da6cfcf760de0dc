"""Lifting a take by cross-view fusion: keypoints, and then poses, of all views fused.

What another view knows refines a view's doubtful keypoints (`cross_view_fusion`); what all views
lift from theirs becomes one pose a frame (`fused_views`). Nothing is asked of the calibration.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mvmocap_core.lifting.cross_view_fusion import Fusion, fuse
from mvmocap_core.lifting.fused_views import fused_poses
from mvmocap_core.lifting.joints import stature_of
from mvmocap_core.lifting.lift_take import LifterViews, interpolated
from mvmocap_core.lifting.networks import CanonicalLifter, Lift, load_network

PRETRAINED = Path(__file__).with_name("cross_view_fusion.safetensors")
ERROR_ALONE = (0.035, 0.072)
ERROR_FUSED = (0.020, 0.040)
"""Of a lifted joint across the view and along it, over stature, on subjects never trained on: of
one view alone, and of two or more."""
FUSION = Fusion(grid=32, sigma=1.0, sigma_along=3.0)
"""As the network was trained with."""
WINDOW = 48
"""Frames that are fused together: as long, a performer hardly walks around in the crop's axes."""


def lift_views(views: LifterViews) -> tuple[np.ndarray, np.ndarray]:
    """Poses and errors as `lift_take.ViewsLifter`: one shape a frame, as every view sees it.

    Keypoints that are missing are taken from the frames before and after.
    Raises InputError if the weights are missing.
    """
    net = load_network(CanonicalLifter, PRETRAINED)
    keypoints = torch.from_numpy(interpolated(views.keypoints)).transpose(0, 1)  # (T, V, J, 3)
    sized, _ = sized_keypoints(keypoints)
    with torch.no_grad():
        poses = torch.cat([_fused(net, clip) for clip in sized.split(WINDOW)])
    told = poses.transpose(0, 1).double().numpy()
    told = told / np.median(stature_of(told), axis=1)[:, None, None, None]
    error = ERROR_FUSED if len(told) > 1 else ERROR_ALONE
    return told, np.broadcast_to(np.array(error), (*told.shape[:-1], 2))


def sized_keypoints(keypoints: Tensor) -> tuple[Tensor, Tensor]:
    """(..., J, 3) root-centred x, y and confidence with x and y over their size (..., 1, 1)."""
    confidence = keypoints[..., 2:]
    size = (confidence * keypoints[..., :2] ** 2).sum(dim=(-2, -1), keepdim=True)
    size = (size / confidence.sum(dim=(-2, -1), keepdim=True).clamp_min(1e-6)).sqrt()
    return torch.cat([keypoints[..., :2] / size.clamp_min(1e-6), confidence], dim=-1), size


def _fused(net: CanonicalLifter, keypoints: Tensor) -> Tensor:
    """(T, V, J, 3) -> (T, V, J, 3)."""
    first: Lift = net(keypoints)
    if keypoints.shape[1] == 1:
        return first.pose
    second: Lift = net(fuse(first, keypoints, FUSION))
    take = Lift(second.canonical[None], second.rotation[None], second.log_scale[None])
    return fused_poses(take, keypoints[None])[0]
