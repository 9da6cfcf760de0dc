"""All views of a take fused into one pose, after each was lifted by itself.

A lifter's rotations are wrong by some ten degrees in any one frame, and its depths by a tenth of
the stature; but cameras that stand still turn by the same angle in every frame, and what one view
has as depth another has measured. So the take's rotations are found first (the mean of all frames),
then every joint where the keypoints of all views put it, the lifted poses being one view more that
is trusted little; then the rotations again, from these. Weak perspective, no calibration.
"""

import torch
from torch import Tensor

from mvmocap_core.lifting.networks import Lift
from mvmocap_core.lifting.rotations import rotvec_to_rotmat
from mvmocap_core.lifting.two_views import nearest_rotation

LIFT_WEIGHT = 0.1
"""Of the lifted pose beside a sure keypoint: (25 mm / 80 mm) squared, what either is wrong by."""
N_TURNS = 3
_SURE = 1e-6


def fused_poses(lift: Lift, keypoints: Tensor, *, n_turns: int = N_TURNS) -> Tensor:
    """(B, T, V, J, 3) one shape a frame, as every view sees it; the lifter's size on average.

    lift: of keypoints (B, T, V, J, 3), root-centred x, y over any size, and confidence, of the T
    frames of a take, whose cameras stand still. n_turns: how often the rotations are improved; 0
    leaves them as the lifter has them.
    """
    sure = keypoints[..., 2].mean(dim=-1)
    R = take_rotations(lift.rotation, sure)
    share = sure / sure.sum(dim=2, keepdim=True).clamp_min(_SURE)
    lifted = torch.einsum("btv,bvda,btvjd->btja", share, R, lift.pose)
    size = lifted.square().sum(dim=-1).mean(dim=(1, 2)).sqrt()[:, None, None, None]
    pose = _placed(R, lifted, lifted, keypoints, size)
    for _ in range(n_turns):
        R = _turned(R, pose, keypoints)
        pose = _placed(R, pose, lifted, keypoints, size)
    return torch.einsum("bvac,btjc->btvja", R, pose)


def take_rotations(rotation: Tensor, sure: Tensor) -> Tensor:
    """(B, T, V, 3, 3) of every frame, into views -> (B, V, 3, 3) from axes that all views share.

    sure: (B, T, V) how much each view of each frame counts.
    The relative rotations of the views, averaged over the frames, and then those that agree with
    all of them best: the three leading eigenvectors of the matrix of all pairs (Arie-Nachimson et
    al., "Global motion estimation from point matches", 3DIMPVT 2012).
    """
    n_views = rotation.shape[2]
    counted = sure[..., None, None] * rotation
    pairs = nearest_rotation(torch.einsum("btvac,btwdc->bvwad", counted, counted))
    matrix = pairs.transpose(2, 3).flatten(3, 4).flatten(1, 2)
    _, vectors = torch.linalg.eigh(matrix)
    blocks = vectors[..., -3:].unflatten(1, (n_views, 3))
    mirrored = torch.linalg.det(blocks).sum(dim=1).sign()[:, None, None, None]
    flip = torch.ones(3, dtype=blocks.dtype, device=blocks.device)
    flip[2] = -1.0
    return nearest_rotation(torch.where(mirrored < 0, blocks * flip, blocks))


def _scales(flat: Tensor, keypoints: Tensor) -> Tensor:
    """(B, T, V, 1, 1) that bring keypoints to the size of projections (B, T, V, J, 2)."""
    confidence, seen = keypoints[..., 2:], keypoints[..., :2]
    over = (confidence * flat * seen).sum(dim=(-2, -1), keepdim=True)
    return over / (confidence * seen * seen).sum(dim=(-2, -1), keepdim=True).clamp_min(_SURE)


def _placed(R: Tensor, pose: Tensor, lifted: Tensor, keypoints: Tensor, size: Tensor) -> Tensor:
    """Poses (B, T, J, 3) where keypoints and lifted poses put them, each frame scaled by `pose`."""
    across, confidence = R[:, :, :2], keypoints[..., 2]
    scales = _scales(torch.einsum("bvac,btjc->btvja", across, pose), keypoints)
    seen = scales * keypoints[..., :2]
    eye = torch.eye(3, dtype=R.dtype, device=R.device)
    normal = torch.einsum("btvj,bvac,bvad->btjcd", confidence, across, across) + LIFT_WEIGHT * eye
    told = torch.einsum("btvj,bvac,btvja->btjc", confidence, across, seen) + LIFT_WEIGHT * lifted
    placed = torch.linalg.solve(normal, told)
    grown = placed.square().sum(dim=-1).mean(dim=(1, 2)).sqrt()[:, None, None, None]
    return placed * size / grown.clamp_min(_SURE)


def _turned(R: Tensor, pose: Tensor, keypoints: Tensor) -> Tensor:
    """Rotations (B, V, 3, 3) by which the poses meet the keypoints better, one step."""
    turned = torch.einsum("bvac,btjc->btvja", R, pose)
    x, y, z = turned.unbind(dim=-1)
    off = _scales(turned[..., :2], keypoints) * keypoints[..., :2] - turned[..., :2]
    zero = torch.zeros_like(z)
    by_x = torch.stack([zero, z, -y], dim=-1)  # of x by the rotation vector
    by_y = torch.stack([-z, zero, x], dim=-1)
    jacobian = torch.stack([by_x, by_y], dim=-2)
    confidence = keypoints[..., 2]
    normal = torch.einsum("btvj,btvjka,btvjkd->bvad", confidence, jacobian, jacobian)
    told = torch.einsum("btvj,btvjka,btvjk->bva", confidence, jacobian, off)
    eye = torch.eye(3, dtype=R.dtype, device=R.device)
    return rotvec_to_rotmat(torch.linalg.solve(normal + _SURE * eye, told)) @ R
