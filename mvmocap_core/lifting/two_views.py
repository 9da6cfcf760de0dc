"""Losses of "Two Views Are Better than One" (Ingwersen et al., CVPRW 2025).

Two views of one performance must lift to one shape in time: the predicted clips are aligned by a
single similarity over all frames and joints (Umeyama, PAMI 1991), and what is left is the loss.
"""

from typing import Any

import torch
from torch import Tensor

SVD_EPSILON = 1e-8
_NEAREST = 0.8
"""Distance of a performer from the phone, over stature, at least."""


class _NearestRotation(torch.autograd.Function):
    """The rotation R that maximises trace(R^T M), no reflection.

    With M = R P, P symmetric with eigenvectors V and values s, the gradient divides by
    s_i + s_j, which vanishes for flat or mirrored point sets; x / (x^2 + epsilon) does not.
    """

    @staticmethod
    def forward(ctx: Any, M: Tensor) -> Tensor:
        U, S, Vh = torch.linalg.svd(M)
        sign = torch.ones_like(S)
        sign[..., 2] = torch.sign(torch.linalg.det(U @ Vh))
        R = (U * sign[..., None, :]) @ Vh
        ctx.save_for_backward(R, S * sign, Vh.transpose(-1, -2))
        return R

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Tensor:
        R, s, V = ctx.saved_tensors
        K = V.transpose(-1, -2) @ R.transpose(-1, -2) @ grad_outputs[0] @ V
        total = s[..., :, None] + s[..., None, :]
        Q = 0.5 * (K - K.transpose(-1, -2)) * total / (total**2 + SVD_EPSILON)
        return 2.0 * R @ V @ Q @ V.transpose(-1, -2)


def nearest_rotation(M: Tensor) -> Tensor:
    """(..., 3, 3) -> (..., 3, 3) rotation nearest to M, with a gradient that stays finite."""
    rotation: Any = _NearestRotation.apply(M)
    return rotation


def align(source: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Source moved onto the target by one weighted similarity; reflections are not allowed.

    source, target: (..., N, 3); weight: (..., N) non-negative.
    """
    w = (weight / weight.sum(dim=-1, keepdim=True).clamp_min(1e-9))[..., None]
    mean_source = (w * source).sum(dim=-2, keepdim=True)
    mean_target = (w * target).sum(dim=-2, keepdim=True)
    p, q = source - mean_source, target - mean_target
    M = (w * q).transpose(-1, -2) @ p
    R = nearest_rotation(M)
    scale = (R * M).sum(dim=(-2, -1)) / (w * p * p).sum(dim=(-2, -1)).clamp_min(1e-9)
    return scale[..., None, None] * p @ R.transpose(-1, -2) + mean_target


def consistency_loss(
    first: Tensor,
    second: Tensor,
    weight: Tensor,
    *,
    per_frame: bool = False,
    is_aligned: bool = False,
) -> Tensor:
    """Mean ||s R first + t - second|| over the size of `second`, and the other way round.

    first, second: (B, T, J, 3) poses of two views; weight: (B, T, J), 0 leaves a joint out.
    per_frame: one alignment a frame instead of one a clip, for cameras that move.
    is_aligned: both are in the same axes already: the cameras are known.
    Without the division by size, small predictions would please it.
    """
    if not per_frame:
        first, second, weight = first.flatten(1, 2), second.flatten(1, 2), weight.flatten(1, 2)
    if is_aligned:
        there, back = first, second
    else:
        there, back = align(first, second, weight), align(second, first, weight)
    return 0.5 * (_apart(there, second, weight) + _apart(back, first, weight)).mean()


def _apart(source: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    w = weight / weight.sum(dim=-1, keepdim=True).clamp_min(1e-9)
    apart = (source - target + 1e-12).norm(dim=-1)
    centred = target - (w[..., None] * target).sum(dim=-2, keepdim=True)
    size = (w * (centred**2).sum(dim=-1)).sum(dim=-1).clamp_min(1e-12).sqrt()
    return (w * apart).sum(dim=-1) / size


def reprojection_loss(pose: Tensor, keypoints: Tensor, size: Tensor) -> Tensor:
    """Confidence-weighted distance in the image, in units of the keypoints' size.

    pose: (..., J, 3) root-centred; keypoints: (..., J, 3) root-centred x, y over their size, and
    confidence; size: (...) radians. Every frame stands as far away as suits it best. With
    perspective: three metres away, a hand that reaches forward looks a tenth larger, and a pose
    that must explain that without depth leans.
    """
    w, xy = keypoints[..., 2:], size[..., None, None] * keypoints[..., :2]
    flat, depth = pose[..., :2], pose[..., 2:]
    over = (w * xy * (flat - xy * depth)).sum(dim=(-2, -1), keepdim=True)
    distance = over / (w * xy * xy).sum(dim=(-2, -1), keepdim=True).clamp_min(1e-9)
    shown = flat / (depth + distance.clamp_min(_NEAREST)).clamp_min(0.5 * _NEAREST)
    off = (shown - xy) / size[..., None, None]
    apart = off.square().sum(dim=-1).add(1e-12).sqrt()
    return ((w[..., 0] * apart).sum(dim=-1) / w[..., 0].sum(dim=-1).clamp_min(1e-9)).mean()


def velocity_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """Mean distance of the differences between frames; (B, T, J, 3) each."""
    off = (predicted[:, 1:] - predicted[:, :-1]) - (truth[:, 1:] - truth[:, :-1])
    return (off + 1e-12).norm(dim=-1).mean()
