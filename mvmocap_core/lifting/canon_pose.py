"""Losses of CanonPose (Wandt et al., CVPR 2021): several views, no 3D labels, no calibration.

Axes of all arguments: (B, V, ...): frames, views. Every view predicts a canonical pose and the
rotation into itself; whatever view a pose comes from, it must explain what every view saw.
"""

import torch
from torch import Tensor

from mvmocap_core.lifting.networks import Lift

WEIGHTS = {"reprojection": 1.0, "view": 1.0, "camera": 0.1}
"""As the paper weighs them."""


def normalise(points: Tensor, confidence: Tensor) -> Tensor:
    """(..., J, C) about the root at 0, divided by the size of the joints that are seen."""
    size = (confidence[..., None] * points * points).sum(dim=(-2, -1), keepdim=True)
    return points / size.clamp_min(1e-12).sqrt()


def image_distance(keypoints: Tensor, pose: Tensor) -> Tensor:
    """The paper's psi: confidence-weighted L1 distance of normalised 2D poses, a mean a pose.

    keypoints: (..., J, 3) root-centred x, y, and confidence; pose: (..., J, 3) root-centred.
    """
    confidence = keypoints[..., 2]
    seen = normalise(keypoints[..., :2], confidence)
    flat = normalise(pose[..., :2], confidence)
    apart = (seen - flat).abs().sum(dim=-1)
    return (confidence * apart).sum(dim=-1) / (2.0 * keypoints.shape[-2])


def every_view_in_every_view(lift: Lift) -> Tensor:
    """(B, V, V, J, 3): [:, v, w] is view v's canonical pose under view w's rotation."""
    return torch.einsum("bwac,bvjc->bvwja", lift.rotation, lift.canonical)


def canon_pose_losses(lift: Lift, keypoints: Tensor, partner: Tensor) -> dict[str, Tensor]:
    """Reprojection, view and camera losses of keypoints (B, V, J, 3).

    partner: (B,) for every frame another one of the same take: cameras stand still, so that
    the relative rotation of any frame must serve every other.
    """
    n_views = keypoints.shape[1]
    seen = keypoints[:, None].expand(-1, n_views, -1, -1, -1)
    apart = image_distance(seen, every_view_in_every_view(lift))
    own = torch.eye(n_views, dtype=torch.bool, device=apart.device)
    relative = torch.einsum("bwac,bvdc->bvwad", lift.rotation, lift.rotation)[partner]
    turned = torch.einsum("bvwad,bvjd->bvwja", relative, lift.pose)
    return {
        "reprojection": apart[:, own].mean(),
        "view": apart[:, ~own].mean(),
        "camera": image_distance(seen, turned)[:, ~own].mean(),
    }
