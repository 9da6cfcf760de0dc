"""What the pose network of `volume` learns from: 2D pseudo labels of every view, nothing in 3D."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.geometry.alignment import similarity_transform
from mvmocap_core.lifting.companions import mirror_loss, proportion_loss, symmetry_loss
from mvmocap_core.lifting.trainer import Losses
from mvmocap_core.lifting.volume.evidence import in_view
from mvmocap_core.lifting.volume.losses import MAP_PX, affine, draw, heat_map_loss, joint_loss
from mvmocap_core.lifting.volume.networks import POSE_SIGMA_M, AttentionNet, PoseNet
from mvmocap_core.lifting.volume.roots import Roots, pair_roots
from training.virtual_groups import Groups
from training.volume_roots import true_roots

BATCH = 3
TURN_RAD, SCALE = np.radians(45.0), 0.35
WEIGHTS = {"heat": 1.0, "joints": 2.0, "symmetry": 0.1, "proportions": 0.02, "mirror": 0.1}
"""Joints are in metres; the last three are the companions, beside the paper's losses."""
_JITTER, _FRAME = 1.1 / 900.0, 1.25
_NEAR_M = 0.3
_DOUBTFUL = 0.75
_LIMBS = slice(3, 15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """Which parts of the method a pose network is trained with.

    affine, attention, drops_worst: the paper's.
    turned: the space is turned about its upright axis at random.
    """

    affine: bool = True
    attention: bool = True
    drops_worst: bool = True
    turned: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Where the augmented pictures lie: middle (B, V, 2), half (B, V) of their side, focal 1."""

    middle: Tensor
    half: Tensor


class VolumePoseNet(nn.Module):
    """The pose network and the attention that is trained with it."""

    def __init__(self) -> None:
        super().__init__()
        self.pose = PoseNet()
        self.attention = AttentionNet()


def frames_of(keypoints: Tensor) -> Frames:
    """Squares about all that each view (B, V, M, J, 3) found."""
    seen = keypoints[..., 2:] > 0
    xy = keypoints[..., :2].flatten(2, 3)
    flat = seen.flatten(2, 3)
    low = torch.where(flat, xy, torch.inf).amin(dim=2)
    high = torch.where(flat, xy, -torch.inf).amax(dim=2)
    is_empty = ~flat.any(dim=2)
    low, high = low.masked_fill(is_empty, -0.5), high.masked_fill(is_empty, 0.5)
    half = 0.5 * _FRAME * (high - low).amax(dim=-1)
    return Frames(0.5 * (low + high), half)


def augmented(rng: np.random.Generator, keypoints: Tensor, frames: Frames, A: Tensor) -> Tensor:
    """Keypoints as found in pictures under A (B, V, 2, 2): what falls outside them is lost."""
    size = frames.half[:, :, None, None, None]
    noise = torch.from_numpy(rng.normal(size=(*keypoints.shape[:-1], 2))).float()
    xy = keypoints[..., :2] + _JITTER * size * noise
    inside = (pixels(xy.flatten(2, 3), frames, A) / MAP_PX - 0.5).abs().amax(dim=-1) < 0.5
    confidence = keypoints[..., 2] * inside.unflatten(2, keypoints.shape[2:4])
    return torch.cat([xy, confidence[..., None]], dim=-1)


def pixels(xy: Tensor, frames: Frames, A: Tensor) -> Tensor:
    """Image coordinates (B, V, N, 2) -> those of maps (B, V, N, 2) under A (B, V, 2, 2)."""
    about = (xy - frames.middle[:, :, None]) / frames.half[:, :, None, None]
    return 0.5 * MAP_PX * (1.0 + torch.einsum("bvac,bvnc->bvna", A, about))


def random_affine(rng: np.random.Generator, n: int, n_views: int, *, is_used: bool) -> Tensor:
    """(n, V, 2, 2), the identity where augmentation is not used."""
    shape = (2, n, n_views)
    angle, scale = torch.from_numpy(rng.uniform(-1.0, 1.0, shape)).float() * is_used
    return affine(TURN_RAD * angle, 1.0 + SCALE * scale)


def turned(
    rng: np.random.Generator, T_cam: Tensor, points: Tensor, moment: Tensor
) -> tuple[Tensor, Tensor]:
    """Cameras (B, V, 4, 4) and points (N, 3) of moments (N,), turned about the upright axis."""
    angle = torch.from_numpy(rng.uniform(0.0, 2.0 * np.pi, len(T_cam))).float()
    R = torch.eye(3).repeat(len(T_cam), 1, 1)
    R[:, :2, :2] = affine(angle, torch.ones(()))
    T_turned = T_cam.clone()
    T_turned[..., :3, :3] = T_cam[..., :3, :3] @ R[:, None].transpose(-1, -2)
    return T_turned, torch.einsum("nab,nb->na", R[moment], points)


Batch = tuple[Groups, Roots, np.ndarray, np.random.Generator]


def pose_batch(rng: np.random.Generator, _: float, pool: Groups, roots: Roots) -> Batch:
    """Moments in which somebody is found, who is found, and by which two to four phones.

    Every second batch shows two.
    """
    peopled = torch.isfinite(roots.points[:, 0, 0]).nonzero()[:, 0].numpy()
    chosen = rng.choice(peopled, BATCH, replace=False)
    views = rng.permutation(pool.keypoints.shape[1])[: int(rng.choice([2, 2, 3, 4]))]
    slots = roots.slots[chosen]
    is_seen = (slots[..., views] >= 0).sum(dim=-1) >= 2
    points = torch.where(is_seen[..., None], roots.points[chosen], torch.nan)
    return pool[chosen], Roots(points, slots), views, rng


def pose_losses(net: VolumePoseNet, batch: Batch, _: torch.device, parts: Parts) -> Losses:
    """Poses from one augmentation of some views, judged by the pseudo labels under another.

    All views judge: what two show wrongly, the others' labels do not have.
    """
    groups, roots, views, rng = batch
    keypoints = groups.keypoints
    frames = frames_of(keypoints)
    shape = keypoints.shape[:2]
    seen_by, judged_by = (random_affine(rng, *shape, is_used=parts.affine) for _ in range(2))
    shown = augmented(rng, keypoints, frames, seen_by) if parts.affine else keypoints
    sigma = POSE_SIGMA_M / torch.linalg.det(seen_by).sqrt()[:, views]
    is_there = torch.isfinite(roots.points[..., 0])
    moment, person = is_there.nonzero(as_tuple=True)
    own, points = roots.own(shown, moment, person)[:, views], roots.points[is_there]
    if parts.turned:
        T_cam, points = turned(rng, groups.T_cam, points, moment)
        groups = replace(groups, T_cam=T_cam)
    T_own = groups.T_cam[moment]
    joints = net.pose(own, T_own[:, views], points, sigma[moment])
    people = joints.new_zeros(*is_there.shape, *joints.shape[1:])
    people = people.index_put((moment, person), joints)
    labels = roots.own(keypoints, moment, person)
    losses = {
        "heat": _heat_loss(net, groups, people, is_there, (frames, judged_by), parts),
        "joints": _joint_loss(joints, labels, T_own, parts),
        "symmetry": symmetry_loss(joints),
        "proportions": proportion_loss(joints),
        "mirror": mirror_loss(joints),
    }
    if not len(joints):  # whose means are not known
        losses |= {name: joints.sum() for name in ("symmetry", "proportions", "mirror")}
    return {**losses, "total": sum(WEIGHTS[name] * loss for name, loss in losses.items())}


def _heat_loss(
    net: VolumePoseNet,
    groups: Groups,
    people: Tensor,
    is_there: Tensor,
    pictures: tuple[Frames, Tensor],
    parts: Parts,
) -> Tensor:
    """Of people (B, P, J, 3), projected and drawn, against all detections of every view."""
    keypoints = groups.keypoints
    projected, _ = in_view(people.flatten(1, 2), groups.T_cam)
    drawn_px = pixels(projected, *pictures).unflatten(2, people.shape[1:3])
    drawn = draw(drawn_px, is_there[:, None, :, None].expand(drawn_px.shape[:-1]).float())
    label_px = pixels(keypoints[..., :2].flatten(2, 3), *pictures)
    label_px = label_px.unflatten(2, keypoints.shape[2:4])
    labels = draw(label_px, (keypoints[..., 2] > 0).float())
    attention = None
    if parts.attention:
        attention = net.attention(draw(label_px, keypoints[..., 2]).flatten(0, 1))
    return heat_map_loss(drawn.flatten(0, 1), labels.flatten(0, 1), attention)


def _joint_loss(joints: Tensor, labels: Tensor, T_cam: Tensor, parts: Parts) -> Tensor:
    """Of people (N, J, 3), against their own pseudo labels (N, V, J, 3).

    In metres: what is off in a view, times the distance from it.
    """
    projected, metres = in_view(joints, T_cam)
    apart = (projected - labels[..., :2]) * metres[..., None]
    return joint_loss(apart, labels[..., 2], drops_worst=parts.drops_worst)


def score_poses(net: VolumePoseNet, pool: Groups) -> dict[str, float]:
    """P-MPJPE, mm, of the limbs of those whom two phones find, where the rays to their hips meet.

    Also of those limbs alone that a view shows doubtfully, and of those that both show plainly.
    """
    keypoints, T_cam = pool.keypoints[:, :2], pool.T_cam[:, :2]
    roots = pair_roots(keypoints, T_cam)
    moment, person = torch.isfinite(roots.points[..., 0]).nonzero(as_tuple=True)
    points = roots.points[moment, person]
    truth = true_roots(pool, 2)[moment].nan_to_num(99.0)
    apart, whose = (truth - points[:, None]).norm(dim=-1).min(dim=1)
    moment, person, whose = (x[apart < _NEAR_M] for x in (moment, person, whose))
    own = roots.own(keypoints, moment, person)
    with torch.no_grad():
        joints = net.pose(own, T_cam[moment], roots.points[moment, person])
    found, true = (x[:, _LIMBS].double().numpy() for x in (joints, pool.joints_m[moment, whose]))
    aligned = [similarity_transform(p, q).apply(p) for p, q in zip(found, true, strict=True)]
    off_mm = 1000.0 * np.linalg.norm(np.stack(aligned) - true, axis=-1)
    is_doubtful = own[:, :, _LIMBS, 2].amin(dim=1).numpy() < _DOUBTFUL
    return {
        "p_mpjpe_mm": float(off_mm.mean()),
        "doubtful_mm": float(off_mm[is_doubtful].mean()),
        "plain_mm": float(off_mm[~is_doubtful].mean()),
    }
