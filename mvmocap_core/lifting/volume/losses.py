"""Losses of SelfPose3d (Srivastav et al., CVPR 2024): people in 3D from 2D pseudo labels alone.

Predicted joints are projected into every view and drawn as Gaussian heat maps:

    H_j(p) = max over people of exp(-|p - project(X_j)|^2 / (2 sigma^2)),  sigma = 3 pixels

Compared with those of the pseudo labels, the joint that explains a view best wins, whoever's it is.
Cross-affine-view consistency: X comes from views under one affine transformation (turned by up to
45 degrees, scaled by up to 0.35), the labels it must explain are under another. Adaptive
supervision: the squared differences are weighed by a learned attention A, which may not fade:

    L = mean(A (H - H_label)^2) + 0.1 mean((A - 1)^2)

and of each person's joint losses (L1 in the image) the worst view's is dropped.
"""

import torch
from torch import Tensor

MAP_PX = 64
SIGMA_PX = 3.0
ATTENTION = 0.1
LEFT_VIEWS = 2
"""Views whose joint losses remain at least: the paper drops one of five; two are needed for 3D."""


def draw(points_px: Tensor, amplitude: Tensor) -> Tensor:
    """Heat maps (..., J, MAP_PX, MAP_PX), rows are y, of people's points (..., M, J, 2).

    amplitude: (..., M, J), 0 for points that are not drawn. The highest counts where they overlap.
    """
    axis = torch.arange(MAP_PX, dtype=points_px.dtype, device=points_px.device) + 0.5
    along = torch.exp(-0.5 * ((axis - points_px[..., None]) / SIGMA_PX).square())
    people = along[..., 1, :, None] * along[..., 0, None, :] * amplitude[..., None, None]
    return people.amax(dim=-4)


def heat_map_loss(maps: Tensor, labels: Tensor, attention: Tensor | None) -> Tensor:
    """Squared difference of heat maps (..., J, H, W), over the energy of one joint's Gaussian.

    attention: of their shape, None for 1 everywhere.
    """
    energy = torch.pi * SIGMA_PX**2
    apart = (maps - labels).square()
    if attention is None:
        return apart.sum(dim=(-2, -1)).mean() / energy
    weighed = (attention * apart).sum(dim=(-2, -1)).mean() / energy
    return weighed + ATTENTION * (attention - 1.0).square().mean()


def joint_loss(apart: Tensor, confidence: Tensor, *, drops_worst: bool = True) -> Tensor:
    """Mean of people's L1 distances from their pseudo labels, without each one's worst view.

    apart: (N, V, J, 2) projected minus labelled; confidence: (N, V, J), 0 where there is no label.
    """
    weight = confidence.sum(dim=-1)
    by_view = (confidence * apart.abs().sum(dim=-1)).sum(dim=-1) / weight.clamp_min(1e-6)
    counts = weight > 0
    if drops_worst:
        worst = torch.where(counts, by_view, -torch.inf).argmax(dim=1, keepdim=True)
        spare = counts.sum(dim=1, keepdim=True) > LEFT_VIEWS
        counts = counts.scatter(1, worst, counts.gather(1, worst) & ~spare)
    return (by_view * counts).sum() / counts.sum().clamp_min(1)


def affine(angle_rad: Tensor, scale: Tensor) -> Tensor:
    """(...) each -> (..., 2, 2) that turn and scale about the middle of a view."""
    c, s = scale * torch.cos(angle_rad), scale * torch.sin(angle_rad)
    return torch.stack([torch.stack([c, -s], dim=-1), torch.stack([s, c], dim=-1)], dim=-2)


def root_loss(logits: Tensor, offsets: Tensor, to_root: Tensor) -> Tensor:
    """Cross entropy of meetings (N,) with whether they are a root's, and how far off it is found.

    offsets: (N, 3) metres. to_root: (N, 3) from the meeting to its root, NaN where it is nobody's.
    """
    is_root = torch.isfinite(to_root[..., 0])
    told = torch.nn.functional.binary_cross_entropy_with_logits(logits, is_root.to(logits.dtype))
    off = (offsets - to_root)[is_root].abs().sum(dim=-1)
    return told + off.sum() / is_root.sum().clamp_min(1)
