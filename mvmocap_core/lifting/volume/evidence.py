"""What the views' keypoints say of points in space.

A keypoint's heat map, projected onto a point, is a Gaussian of the distance between the point and
the keypoint's ray. It is computed from that distance itself: no map has to be drawn and sampled,
and a coarse grid loses nothing. float32 tensors; B people or moments, V views.
"""

import torch
from torch import Tensor

from mvmocap_core.lifting.joints import HIPS

FLOOR = 0.02
"""Evidence that a point has anyway: a view that sees nothing there weighs, but forbids nothing."""
_NEAREST_M = 0.2


def in_view(points: Tensor, T_cam: Tensor) -> tuple[Tensor, Tensor]:
    """Points (B, N, 3) in views (B, V, 4, 4): image coordinates (B, V, N, 2), depths (B, V, N).

    Focal length 1. Points behind a camera are drawn in front of it, as near as can be.
    """
    cam = torch.einsum("bvac,bnc->bvna", T_cam[..., :3, :3], points) + T_cam[..., None, :3, 3]
    depth = cam[..., 2].clamp_min(_NEAREST_M)
    return cam[..., :2] / depth[..., None], depth


def evidence(points: Tensor, keypoints: Tensor, T_cam: Tensor, sigma_m: Tensor | float) -> Tensor:
    """(B, V, J, N) in [0, 1]: how near each joint's ray passes.

    points:    (B, N, 3). keypoints: (B, V, J, 3) x, y for focal length 1, and confidence, 0 where
               missing. T_cam: (B, V, 4, 4).
    sigma_m:   of the Gaussian; a number, or (B, V).
    """
    xy, depth = in_view(points, T_cam)
    sigma = torch.as_tensor(sigma_m, dtype=xy.dtype, device=xy.device)
    if sigma.dim() == 2:
        sigma = sigma[..., None]
    sharpness = 0.5 * (depth / sigma).square()
    apart = (keypoints[..., None, :2] - xy[:, :, None]).square().sum(dim=-1)
    return torch.exp(-apart * sharpness[:, :, None]) * (keypoints[..., 2:] > 0)


def agreement(told: Tensor) -> Tensor:
    """Evidence (B, V, J, N) -> (B, 2 J, N): its mean over the views, and its geometric mean."""
    return torch.cat([told.mean(dim=1), (told + FLOOR).log().mean(dim=1).exp()], dim=1)


def with_root(keypoints: Tensor) -> Tensor:
    """(..., J, 3) -> (..., J + 1, 3): the middle of the hips comes last."""
    a, b = keypoints[..., HIPS[0], :], keypoints[..., HIPS[1], :]
    confidence = torch.minimum(a[..., 2:], b[..., 2:])
    middle = torch.cat([0.5 * (a[..., :2] + b[..., :2]), confidence], dim=-1)
    return torch.cat([keypoints, middle[..., None, :]], dim=-2)


def rays(keypoints: Tensor, T_cam: Tensor) -> tuple[Tensor, Tensor]:
    """Unit directions (B, V, ..., 3) of keypoints (B, V, ..., 3) and centres (B, V, 3) in space."""
    R, t = T_cam[..., :3, :3], T_cam[..., :3, 3]
    ahead = torch.cat([keypoints[..., :2], torch.ones_like(keypoints[..., 2:])], dim=-1)
    turned = torch.einsum("bvac,bvna->bvnc", R, ahead.flatten(2, -2)).reshape(ahead.shape)
    centres = -torch.einsum("bvac,bva->bvc", R, t)
    return torch.nn.functional.normalize(turned, dim=-1), centres


def meetings(
    a: Tensor, b: Tensor, a_centre: Tensor, b_centre: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Where rays with unit directions (..., 3) from two centres pass each other most closely.

    Returns the middle (..., 3), the gap (...) and the shorter way there from a centre (...),
    negative behind it.
    """
    base = b_centre - a_centre
    cosine, along_a, along_b = (a * b).sum(-1), (a * base).sum(-1), (b * base).sum(-1)
    under = (1.0 - cosine.square()).clamp_min(1e-6)
    s, t = (along_a - cosine * along_b) / under, (cosine * along_a - along_b) / under
    p, q = a_centre + s[..., None] * a, b_centre + t[..., None] * b
    return 0.5 * (p + q), (p - q).norm(dim=-1), torch.minimum(s, t)
