"""What the papers' losses leave open, closed by anatomy: bones keep their length, noses lead.

Two orthographic views admit any angle between them at no cost, unless bone lengths must stay the
same over time; and the world mirrored in depth costs nothing either, unless the face and the feet
must point forward.
"""

import torch
from torch import Tensor

from mvmocap_core.lifting.joints import (
    BONE_TWINS,
    BONES,
    HIPS,
    JOINT,
    SHOULDERS,
    STANDING_POSE,
)

_TWINS = torch.from_numpy(BONE_TWINS)
_ENDS = torch.from_numpy(BONES)
_LIMBS = slice(0, 10)  # rows of BONES that are rigid: the trunk and the head are not
_NOSE, _EARS = JOINT["nose"], (JOINT["left_ear"], JOINT["right_ear"])
_FORWARD = 0.02


def bone_lengths(pose: Tensor) -> Tensor:
    """(..., J, 3) -> (..., B) lengths of `joints.BONES`."""
    return (pose[..., _ENDS[:, 0], :] - pose[..., _ENDS[:, 1], :] + 1e-12).norm(dim=-1)


def bone_variation_loss(pose: Tensor) -> Tensor:
    """(..., T, J, 3) -> squared coefficient of variation of the limbs' lengths over the frames."""
    lengths = bone_lengths(pose)[..., _LIMBS]
    size = lengths.mean(dim=-1, keepdim=True)  # each frame may have its own scale
    relative = lengths / size
    mean = relative.mean(dim=-2, keepdim=True)
    return ((relative - mean) / mean.clamp_min(1e-6)).square().mean()


def symmetry_loss(pose: Tensor) -> Tensor:
    """(..., J, 3) -> squared relative difference of left and right bones."""
    lengths = bone_lengths(pose)
    left, right = lengths[..., _TWINS[:, 0]], lengths[..., _TWINS[:, 1]]
    return (2.0 * (left - right) / (left + right).clamp_min(1e-6)).square().mean()


def proportion_loss(pose: Tensor) -> Tensor:
    """(..., J, 3) -> squared log ratios of the bones' proportions to an average adult's.

    Whatever the scale; people differ by about a tenth.
    """
    standing = torch.as_tensor(STANDING_POSE, dtype=pose.dtype, device=pose.device)
    ratio = bone_lengths(pose).log() - bone_lengths(standing).log()
    return (ratio - ratio.mean(dim=-1, keepdim=True)).square().mean()


def standing_loss(canonical: Tensor) -> Tensor:
    """(..., J, 3) -> mean squared distance from an average adult who stands, over stature.

    Held to it first, the canonical pose leaves nothing to learn but the rotation, which training
    without labels hardly finds otherwise; then it is let go.
    """
    standing = torch.as_tensor(STANDING_POSE, dtype=canonical.dtype, device=canonical.device)
    return (canonical - standing).square().sum(dim=-1).mean()


def size_loss(canonical: Tensor) -> Tensor:
    """(..., J, 3) -> squared difference of the mean size from a standing adult's.

    All other losses leave the scale open.
    """
    standing = torch.as_tensor(STANDING_POSE, dtype=canonical.dtype, device=canonical.device)
    size = canonical.square().sum(dim=-1).mean() - standing.square().sum(dim=-1).mean()
    return size.square()


def mirror_loss(pose: Tensor) -> Tensor:
    """(..., J, 3) -> how far nose and toes are from lying in front of ears and ankles.

    Forward is left x up of the trunk, which flips in the mirrored world.
    """
    up = pose[..., SHOULDERS, :].mean(dim=-2) - pose[..., HIPS, :].mean(dim=-2)
    left = (pose[..., SHOULDERS[0], :] - pose[..., SHOULDERS[1], :]) + (
        pose[..., HIPS[0], :] - pose[..., HIPS[1], :]
    )
    size = up.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    forward = torch.nn.functional.normalize(torch.linalg.cross(left, up), dim=-1)
    leads = [pose[..., _NOSE, :] - pose[..., _EARS, :].mean(dim=-2)] + [
        pose[..., JOINT[f"{side}_foot_index"], :] - pose[..., JOINT[f"{side}_ankle"], :]
        for side in ("left", "right")
    ]
    ahead = torch.stack([(lead * forward).sum(dim=-1) for lead in leads], dim=-1) / size
    return torch.relu(_FORWARD - ahead).mean()
