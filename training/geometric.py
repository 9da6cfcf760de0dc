"""Train a lifter on single views alone: what it lifts must look real from anywhere else.

`python -m training.geometric --out FOLDER` trains geometric self-supervision (Chen et al., CVPR
2019) on what virtual phones saw, each view by itself, and for comparison the same without critics.
Goes on where it was interrupted; FOLDER/NAME.safetensors are the lifters' weights. The poses that
the critics take for real are those that the phones saw of other moments.
"""

from collections.abc import Sequence
from functools import partial
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.lifting import geometric
from mvmocap_core.lifting.companions import bone_variation_loss, mirror_loss, symmetry_loss
from mvmocap_core.lifting.networks import Critic, DepthLifter, save_network
from mvmocap_core.lifting.trainer import Losses, TrainOptions, train
from training.arguments import training_parser
from training.multi_view import BONES, MIRROR, SYMMETRY, TAKE_FRAMES, Pool, make_pool
from training.pretrain import load_split
from training.scoring import limb_errors

RUNS = {"geometric": True, "geometric_without_critics": False}
N_CLIPS, APART = 24, 3
"""Views of takes in a batch, with two pairs of frames each; how far apart a pair's frames are."""
CRITICS_SHARE = 0.67


class GeometricNet(nn.Module):
    """The lifter and its two critics: of poses, and of how they move."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.lifter = DepthLifter(width)
        self.pose_critic = Critic(width)
        self.motion_critic = Critic(width)


Batch = tuple[Tensor, Tensor, Tensor, Tensor, bool]


def random_batch(rng: np.random.Generator, _: float, pool: Pool) -> Batch:
    """Keypoints (C, 4, J, 3), others taken for real (C, 4, J, 3), turns (C, 3, 3), mixes (C, 4).

    C clips; frames 0 and 1 are a pair, and so are 2 and 3. Last, whether only the critics learn:
    most of the time they do, so that they are ahead of the lifter.
    """
    keypoints, real = (_clips(rng, pool) for _ in range(2))
    mix = torch.from_numpy(rng.uniform(size=(N_CLIPS, 4)).astype(np.float32))
    is_critics_turn = bool(rng.random() < CRITICS_SHARE)
    return keypoints, real, geometric.random_turns(rng, N_CLIPS), mix, is_critics_turn


def _clips(rng: np.random.Generator, pool: Pool) -> Tensor:
    takes = rng.integers(len(pool.keypoints), size=(N_CLIPS, 1))
    views = rng.integers(pool.keypoints.shape[2], size=(N_CLIPS, 1))
    first = rng.integers(TAKE_FRAMES - APART, size=(N_CLIPS, 2))
    frames = np.stack([first, first + APART], axis=-1).reshape(N_CLIPS, 4)
    return pool.keypoints[takes, frames, views]


def geometric_losses(
    net: nn.Module, batch: Batch, device: torch.device, *, with_critics: bool
) -> Losses:
    """The paper's losses and the companions; without the critics only the way there and back."""
    nets = cast("GeometricNet", net)
    keypoints, others, turn, mix = (part.to(device) for part in batch[:4])
    (xy, _), confidence = geometric.normalise(keypoints[..., :2]), keypoints[..., 2:]
    turns = turn[:, None].expand(-1, 4, -1, -1)
    made, losses = geometric.there_and_back(
        nets.lifter, xy.flatten(0, 1), confidence.flatten(0, 1), turns.flatten(0, 1)
    )
    pose = geometric.lift(nets.lifter, xy, confidence)
    losses["bones"] = bone_variation_loss(pose)
    losses["symmetry"] = symmetry_loss(pose)
    losses["mirror"] = mirror_loss(pose)
    weights = {"bones": BONES, "symmetry": SYMMETRY, "mirror": MIRROR}
    weights |= {name: geometric.WEIGHTS[name] for name in ("image", "space")}
    if with_critics:
        real, _ = geometric.normalise(others[..., :2])
        made = made.detach() if batch[4] else made
        losses |= _adversarial(nets, real, made.reshape(xy.shape), mix)
        weights |= {"pose_critic": 1.0, "temporal": geometric.WEIGHTS["temporal"]}
        if batch[4]:
            weights = {name: weights[name] for name in ("pose_critic", "temporal")}
    return {**losses, "total": sum(weights[name] * losses[name] for name in weights)}


def _adversarial(net: GeometricNet, real: Tensor, made: Tensor, mix: Tensor) -> Losses:
    real, made = geometric.shown(real), geometric.shown(made)
    moved = [points[:, 1::2] - points[:, ::2] for points in (real, made)]
    return {
        "pose_critic": geometric.adversarial_loss(
            net.pose_critic,
            real.flatten(0, 1),
            made.flatten(0, 1),
            mix.reshape(-1, 1, 1),
        ),
        "temporal": geometric.adversarial_loss(
            net.motion_critic,
            moved[0].flatten(0, 1),
            moved[1].flatten(0, 1),
            mix[:, ::2].reshape(-1, 1, 1),
        ),
    }


def lifted_poses(net: nn.Module, keypoints: Tensor) -> Tensor:
    """(..., J, 3) keypoints -> poses from the root, any size."""
    with torch.no_grad():
        return geometric.lift(net, geometric.normalise(keypoints[..., :2])[0], keypoints[..., 2:])


def score(net: nn.Module, pool: Pool) -> dict[str, float]:
    """Errors over the limbs, millimetres on a body of average stature."""
    lifter = cast("GeometricNet", net).lifter
    return limb_errors(lifted_poses(lifter, pool.keypoints), pool.poses)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or go on training; returns the exit status."""
    parser = training_parser("geometric", __doc__, steps=3000, pool=1500)
    chosen = parser.parse_args(arguments)
    pool = make_pool(load_split("train"), chosen.pool, 0, as_they_are=False)
    shown = Pool(pool.keypoints[:100], pool.poses[:100], pool.true_xy[:100])
    for name, with_critics in RUNS.items():
        torch.manual_seed(0)
        net = GeometricNet(chosen.width)
        history = train(
            net,
            partial(random_batch, pool=pool),
            partial(geometric_losses, with_critics=with_critics),
            TrainOptions(steps=chosen.steps, learning_rate=3e-4, momentum=0.5, max_norm=10.0),
            chosen.out / name,
            evaluate=partial(score, pool=shown),
        )
        save_network(chosen.out / f"{name}.safetensors", net.lifter)
        print(name, {key: round(value, 4) for key, value in history[-1].items()}, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
