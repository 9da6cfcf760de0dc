"""Cross-view self-fusion (Kim et al., ACCV 2022): one view's doubtful keypoints from another's.

What another view knows of a joint is drawn into this one as a map: a Gaussian about the
projection of its predicted 3D, on the epipolar line of its detected point. The maps are weighed
by confidence and added to this view's own; where the sum is highest, softly, is the refined
keypoint. The paper wants evidence of two other views; weighing by confidence, one is enough.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mvmocap_core.lifting.canon_pose import image_distance
from mvmocap_core.lifting.networks import Lift

WEIGHTS = {"refined": 0.01, "second_pass": 1.0, "agreement": 0.001, "passes": 0.1}
"""Of refinement, of the losses on refined keypoints, of 3D agreement, and between the passes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fusion:
    """How maps are drawn. Lengths in pixels of the map.

    grid:       pixels a side. extent: half its side in units of the pose's size.
    sigma:      of a detected point and of the epipolar line; sigma_along: of predicted depth,
                along that line.
    sharpness:  of the soft argmax.
    doubtful:   keypoints below this confidence are refined.
    """

    grid: int = 64
    extent: float = 2.5
    sigma: float = 2.0
    sigma_along: float = 6.0
    sharpness: float = 12.0
    doubtful: float = 0.6


def transferred(lift: Lift, keypoints: Tensor) -> tuple[Tensor, Tensor]:
    """Where every view's joints should be in every other view, and along which line.

    keypoints: (B, V, J, 3) x, y over their size. Returns points (B, V, V, J, 2), [:, v, w] of
    view v in view w, and unit directions of the epipolar lines (B, V, V, 2).

    The detected x and y are taken with the predicted depth, at the prediction's best scale.
    """
    pose, confidence = lift.pose, keypoints[..., 2:]
    over = (confidence * pose[..., :2] * keypoints[..., :2]).sum(dim=(-2, -1))
    under = (confidence * pose[..., :2] ** 2).sum(dim=(-2, -1)).clamp_min(1e-9)
    scale = (over / under).clamp_min(1e-3)[..., None]
    known = torch.cat([keypoints[..., :2], (scale * pose[..., 2])[..., None]], dim=-1)
    relative = torch.einsum("bwac,bvdc->bvwad", lift.rotation, lift.rotation)
    points = torch.einsum("bvwad,bvjd->bvwja", relative[..., :2, :], known)
    lines = torch.nn.functional.normalize(relative[..., :2, 2] + 1e-9, dim=-1)
    return points, lines


def fuse(lift: Lift, keypoints: Tensor, fusion: Fusion | None = None) -> Tensor:
    """Keypoints (B, V, J, 3) with the doubtful ones refined from all views; differentiable.

    A refined joint takes the confidence of the best view that was drawn.
    """
    fusion = fusion or Fusion()
    n_views = keypoints.shape[1]
    points, lines = transferred(lift, keypoints)
    doubtful = keypoints[..., 2] < fusion.doubtful
    frame, view, joint = doubtful.nonzero(as_tuple=True)
    if len(frame) == 0:
        return keypoints
    axis = torch.linspace(-fusion.extent, fusion.extent, fusion.grid, device=keypoints.device)
    axis = axis.to(keypoints.dtype)
    pixel = 2.0 * fusion.extent / (fusion.grid - 1)
    own = keypoints[frame, view, joint]
    heat = own[:, 2, None, None] * _gaussian(axis, own[:, :2], None, fusion.sigma * pixel, None)
    confidence = own[:, 2]
    for step in range(1, n_views):
        other = (view + step) % n_views
        weight = keypoints[frame, other, joint, 2]
        weight = torch.where(weight < fusion.doubtful, 0.1 * weight, weight)
        heat = heat + weight[:, None, None] * _gaussian(
            axis,
            points[frame, other, view, joint],
            lines[frame, other, view],
            fusion.sigma * pixel,
            fusion.sigma_along * pixel,
        )
        confidence = torch.maximum(confidence, weight)
    heat = heat / heat.amax(dim=(-2, -1), keepdim=True).clamp_min(1e-9)
    share = torch.softmax(fusion.sharpness * heat.flatten(1), dim=1).reshape(heat.shape)
    best = torch.stack([(share.sum(dim=1) * axis).sum(-1), (share.sum(dim=2) * axis).sum(-1)], -1)
    refined = keypoints.clone()
    refined[frame, view, joint] = torch.cat([best, confidence[:, None]], dim=-1)
    return refined


def _gaussian(
    axis: Tensor, middle: Tensor, line: Tensor | None, sigma: float, sigma_along: float | None
) -> Tensor:
    """(N, G, G) maps, rows are y: about points (N, 2), drawn out along unit vectors (N, 2)."""
    x = axis[None, None, :] - middle[:, 0, None, None]
    y = axis[None, :, None] - middle[:, 1, None, None]
    if line is None or sigma_along is None:
        return torch.exp(-(x * x + y * y) / (2.0 * sigma**2))
    along = x * line[:, 0, None, None] + y * line[:, 1, None, None]
    across = y * line[:, 0, None, None] - x * line[:, 1, None, None]
    return torch.exp(-0.5 * ((along / sigma_along) ** 2 + (across / sigma) ** 2))


def fusion_losses(
    first: Lift, second: Lift, keypoints: Tensor, refined: Tensor
) -> dict[str, Tensor]:
    """What ties the second pass, on refined keypoints, to the first; (B, V, ...) each.

    refined: what refinement moved; agreement: second-pass canonical poses of all views;
    passes: distance of the two passes' canonical poses.
    """
    trusted = torch.cat([refined[..., :2], keypoints[..., 2:]], dim=-1)
    moved = image_distance(keypoints, trusted)
    mean = second.canonical.mean(dim=1, keepdim=True)
    return {
        "refined": moved.mean(),
        "agreement": (second.canonical - mean).square().sum(dim=-1).mean(),
        "passes": (second.canonical - first.canonical).abs().mean(),
    }
