"""Rotations that gradients flow through."""

import torch
from torch import Tensor

_SMALL = 1e-6


def rotvec_to_rotmat(rotvec: Tensor) -> Tensor:
    """(..., 3) -> (..., 3, 3) by Rodrigues' formula; smooth at zero."""
    squared = (rotvec * rotvec).sum(dim=-1, keepdim=True)
    is_small = squared < _SMALL
    angle = torch.where(is_small, torch.ones_like(squared), squared).sqrt()
    a = torch.where(is_small, 1.0 - squared / 6.0, torch.sin(angle) / angle)
    b = torch.where(is_small, 0.5 - squared / 24.0, (1.0 - torch.cos(angle)) / angle**2)
    K = cross_matrix(rotvec)
    eye = torch.eye(3, dtype=rotvec.dtype, device=rotvec.device)
    return eye + a[..., None] * K + b[..., None] * (K @ K)


def cross_matrix(v: Tensor) -> Tensor:
    """(..., 3) -> (..., 3, 3) with cross_matrix(v) @ w = v x w."""
    x, y, z = v.unbind(dim=-1)
    zero = torch.zeros_like(x)
    rows = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1)
    return rows.reshape(*v.shape[:-1], 3, 3)


def sixd_to_rotmat(sixd: Tensor) -> Tensor:
    """(..., 6) -> (..., 3, 3): two columns, made orthonormal (Zhou et al., CVPR 2019)."""
    first = torch.nn.functional.normalize(sixd[..., :3], dim=-1)
    second = sixd[..., 3:] - (first * sixd[..., 3:]).sum(dim=-1, keepdim=True) * first
    second = torch.nn.functional.normalize(second, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)
