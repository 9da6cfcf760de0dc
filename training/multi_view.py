"""Train a canonical lifter on several views, without 3D labels.

`python -m training.multi_view --out FOLDER` goes on where it was interrupted. A first stage trains
CanonPose's losses (Wandt et al., CVPR 2021); three second stages go on from it for as long as one
another: the same again, with refined keypoints (Kim et al., ACCV 2022, step 1), and with a second
pass over these (steps 1 and 2). FOLDER/NAME.safetensors are their weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.lifting import canon_pose, cross_view_fusion
from mvmocap_core.lifting.companions import (
    bone_variation_loss,
    mirror_loss,
    proportion_loss,
    size_loss,
    standing_loss,
    symmetry_loss,
)
from mvmocap_core.lifting.cross_view_fusion import Fusion, fuse, fusion_losses
from mvmocap_core.lifting.cross_view_lifting import FUSION, sized_keypoints
from mvmocap_core.lifting.networks import CanonicalLifter, Lift, save_network
from mvmocap_core.lifting.trainer import Losses, TrainOptions, train
from training.arguments import training_parser
from training.pretrain import load_split
from training.virtual_bodies import Motion, marked, random_body
from training.virtual_views import Detector, random_camera, see

TAKE_FRAMES = 48
FRAMES_A_TAKE = 8
"""Frames of one take in a batch: what cameras and bones have in common is told by several."""
ROOM_DETECTOR = Detector(guessed=True, swapped=0.0, focal_std=0.03)
BONES, SYMMETRY, MIRROR, PROPORTIONS, SIZE = 1.0, 0.1, 1.0, 1.0, 0.1
HELD, LET_GO, HELD_SHARE = 10.0, 1e-3, 0.25
"""Weight of the standing pose at first, at the end of it, and the share of the steps until then."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Takes in a room. keypoints: (N, T, V, J, 3); poses: (N, T, V, J, 3); true_xy: (..., 2).

    Keypoints are divided by each pose's own size; poses are the truth, which training never sees.
    """

    keypoints: Tensor
    poses: Tensor
    true_xy: Tensor


def make_pool(
    motions: Sequence[Motion],
    n_takes: int,
    seed: int,
    *,
    as_they_are: bool,
    marks: Mapping[str, np.ndarray] | None = None,
) -> Pool:
    """Film random stretches of motions with four phones in a room's corners.

    as_they_are: keep the captured bodies, and go through the motions in turn. marks: where another
    detector marks joints, see `virtual_bodies.marked`; phones and noise are the same.
    """
    rng = np.random.default_rng(seed)
    lengths = np.array([len(m.joints_m) for m in motions], dtype=np.float64)
    rows: list[list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = []
    for take in range(n_takes):
        chosen = (
            take % len(motions)
            if as_they_are
            else rng.choice(len(motions), p=lengths / lengths.sum())
        )
        motion = motions[chosen]
        first = int(rng.integers(0, len(motion.joints_m) - TAKE_FRAMES + 1))
        joints = motion.joints_m[first : first + TAKE_FRAMES].astype(np.float64)
        joints = joints if as_they_are else random_body(rng, joints)
        shown = joints + marked(joints, marks or {})
        start = rng.uniform(0, 2 * np.pi)
        views = []
        for view in range(4):
            azimuth = start + np.pi / 2 * view + np.radians(rng.normal(0.0, 10.0))
            camera = random_camera(rng, joints, azimuth, rng.uniform(3.0, 5.0))
            seen = see(rng, shown, camera, ROOM_DETECTOR, motion.fps)
            views.append((seen.keypoints, seen.pose, seen.true_xy))
        rows.append(views)
    keypoints, poses, true_xy = (
        torch.from_numpy(np.stack([[view[k] for view in views] for views in rows])).transpose(1, 2)
        for k in range(3)
    )
    sized, size = sized_keypoints(keypoints)
    return Pool(sized, poses, true_xy / size)


Batch = tuple[Tensor, Tensor, float]


def random_batch(
    rng: np.random.Generator, done: float, pool: Pool, n_takes: int, n_views: int = 4
) -> Batch:
    """`FRAMES_A_TAKE` frames of each take.

    done: share of the training that is done. Returns keypoints (B, V, J, 3), partners (B,), and
    the weight of the standing pose.
    """
    takes = np.repeat(rng.choice(len(pool.keypoints), n_takes, replace=False), FRAMES_A_TAKE)
    frames = np.concatenate(
        [rng.choice(TAKE_FRAMES, FRAMES_A_TAKE, replace=False) for _ in range(n_takes)]
    )
    views = rng.permutation(4)[:n_views]
    rows = np.arange(n_takes * FRAMES_A_TAKE).reshape(n_takes, -1)
    partner = torch.from_numpy(np.roll(rows, 1, axis=1).ravel())
    held = HELD * (LET_GO / HELD) ** (done / HELD_SHARE) if done < HELD_SHARE else 0.0
    return pool.keypoints[takes, frames][:, views], partner, held


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlabelled:
    """Which losses are used; what the ablations switch off.

    view, camera: CanonPose's losses across views. bones, mirror: the companions.
    held:   start from the standing pose held.
    step_1: refine keypoints and ask refinement to stay near; step_2: lift them once more.
    """

    view: bool = True
    camera: bool = True
    bones: bool = True
    mirror: bool = True
    held: bool = True
    step_1: bool = False
    step_2: bool = False
    fusion: Fusion = FUSION


def unlabelled_losses(
    net: nn.Module, batch: Batch, device: torch.device, used: Unlabelled
) -> Losses:
    """All losses that `used` asks for, and their weighted "total"."""
    keypoints, partner, held = batch[0].to(device), batch[1].to(device), batch[2]
    first: Lift = net(keypoints)
    losses = _lift_losses(first, keypoints, partner, used)
    losses["standing"] = standing_loss(first.canonical)
    total = losses["total"] + used.held * held * losses["standing"]
    if used.step_1 or used.step_2:
        refined = fuse(first, keypoints, used.fusion)
        if used.step_2:
            second: Lift = net(refined)
            again = _lift_losses(second, refined, partner, used)
            total = total + cross_view_fusion.WEIGHTS["second_pass"] * again["total"]
            losses["second_pass"] = again["total"]
        else:
            second = first
        ties = fusion_losses(first, second, keypoints, refined)
        losses |= ties
        total = total + sum(cross_view_fusion.WEIGHTS[name] * ties[name] for name in ties)
    return {**losses, "total": total}


def _lift_losses(lift: Lift, keypoints: Tensor, partner: Tensor, used: Unlabelled) -> Losses:
    losses = canon_pose.canon_pose_losses(lift, keypoints, partner)
    total = losses["reprojection"]
    for name, is_used in (("view", used.view), ("camera", used.camera)):
        total = total + canon_pose.WEIGHTS[name] * losses[name] * is_used
    by_take = lift.canonical.unflatten(0, (-1, FRAMES_A_TAKE)).transpose(1, 2)
    losses["bones"] = bone_variation_loss(by_take)
    losses["symmetry"] = symmetry_loss(lift.canonical)
    losses["proportions"] = proportion_loss(lift.canonical)
    losses["mirror"] = mirror_loss(lift.pose)
    bones = BONES * losses["bones"] + SYMMETRY * losses["symmetry"]
    total = total + used.bones * (bones + PROPORTIONS * losses["proportions"])
    total = total + SIZE * size_loss(lift.canonical)
    return {**losses, "total": total + used.mirror * MIRROR * losses["mirror"]}


def refined_lift(net: nn.Module, used: Unlabelled, keypoints: Tensor) -> Lift:
    """What the net says of keypoints (N, T, V, J, 3), after refining them if the method does."""
    lift: Lift = net(keypoints)
    if not used.step_1:
        return lift
    frames = Lift(*(p.flatten(0, 1) for p in (lift.canonical, lift.rotation, lift.log_scale)))
    refined = fuse(frames, keypoints.flatten(0, 1), used.fusion)
    return net(refined.unflatten(0, keypoints.shape[:2]))


STAGES = {
    "canon_pose": Unlabelled(held=False),
    "step_1": Unlabelled(held=False, step_1=True),
    "steps_1_and_2": Unlabelled(held=False, step_1=True, step_2=True),
}
"""Second stages."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or go on training; returns the exit status."""
    parser = training_parser("multi_view", __doc__, steps=4000, pool=1500)
    parser.add_argument("--more-steps", type=int, default=600, help="of each second stage")
    chosen = parser.parse_args(arguments)
    pool = make_pool(load_split("train"), chosen.pool, 0, as_they_are=False)
    torch.manual_seed(0)
    net = CanonicalLifter(chosen.width)
    _train(net, pool, Unlabelled(), TrainOptions(steps=chosen.steps), chosen.out / "first")
    start = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    for name, used in STAGES.items():
        net.load_state_dict(start)
        options = TrainOptions(steps=chosen.more_steps, learning_rate=3e-4)
        history = _train(net, pool, used, options, chosen.out / name)
        save_network(chosen.out / f"{name}.safetensors", net)
        print(name, {key: round(value, 4) for key, value in history[-1].items()}, flush=True)
    return 0


def _train(
    net: nn.Module, pool: Pool, used: Unlabelled, options: TrainOptions, folder: Path
) -> list[dict[str, float]]:
    return train(
        net,
        partial(random_batch, pool=pool, n_takes=12),
        partial(unlabelled_losses, used=used),
        options,
        folder,
    )


if __name__ == "__main__":
    raise SystemExit(main())
