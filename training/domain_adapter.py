"""Train a network that lets a lifter use keypoints of a detector that it was not trained on.

`python -m training.domain_adapter --out FOLDER` trains the 2D domain adapter of geometric
self-supervision (Chen et al., CVPR 2019): a critic that knows poses of the lifter's own source
judges the corrected ones of another, and corrections have a price. The two sources' poses are of
different takes, and no label is shown. The other source here is a detector that marks joints
elsewhere. FOLDER/domain_adapter.safetensors are the weights; it goes on where it was interrupted.
"""

from collections.abc import Sequence
from functools import partial
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.lifting import geometric
from mvmocap_core.lifting.networks import Critic, DepthLifter, DomainAdapter, save_network
from mvmocap_core.lifting.trainer import Losses, TrainOptions, train
from training.arguments import training_parser
from training.geometric import CRITICS_SHARE, lifted_poses
from training.multi_view import TAKE_FRAMES, Pool, make_pool
from training.pretrain import load_split
from training.scoring import limb_errors

NAME = "domain_adapter"
OTHER_MARKS = {
    "hip": np.array([0.02, 0.0, 0.035]),
    "shoulder": np.array([0.02, 0.0, -0.02]),
    "ear": np.array([0.0, 0.02, -0.01]),
    "ankle": np.array([0.01, 0.01, -0.02]),
}
"""Where the other detector marks joints: hips high and wide, shoulders and ankles low. Detectors
differ by about as much: ours marks hips by 0.03 of the stature beside the joints."""
N_POSES = 96


class AdapterNet(nn.Module):
    """The adapter and its critic."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.adapter = DomainAdapter(width)
        self.critic = Critic(width)


Batch = tuple[Tensor, Tensor, Tensor, bool]


def random_batch(rng: np.random.Generator, _: float, own: Pool, other: Pool) -> Batch:
    """Keypoints of both sources (N, J, 3), mixes (N, 1, 1), and whether the critic alone learns."""
    mix = torch.from_numpy(rng.uniform(size=(N_POSES, 1, 1)).astype(np.float32))
    is_critics_turn = bool(rng.random() < CRITICS_SHARE)
    return _poses(rng, own), _poses(rng, other), mix, is_critics_turn


def _poses(rng: np.random.Generator, pool: Pool) -> Tensor:
    takes = rng.integers(len(pool.keypoints), size=N_POSES)
    frames = rng.integers(TAKE_FRAMES, size=N_POSES)
    views = rng.integers(pool.keypoints.shape[2], size=N_POSES)
    return _normalised(pool.keypoints[takes, frames, views])


def _normalised(keypoints: Tensor) -> Tensor:
    return torch.cat([geometric.normalise(keypoints[..., :2])[0], keypoints[..., 2:]], dim=-1)


def losses(net: nn.Module, batch: Batch, device: torch.device) -> Losses:
    """The adapter's losses, weighed."""
    nets = cast("AdapterNet", net)
    real, other, mix = (part.to(device) for part in batch[:3])
    told = geometric.adapter_losses(
        nets.adapter, nets.critic, real, other, mix, is_critics_turn=batch[3]
    )
    total = told["domain_critic"] + geometric.MOVED_WEIGHT * told["moved"]
    return {**told, "total": total}


def adapted_poses(lifter: nn.Module, adapter: nn.Module, keypoints: Tensor) -> Tensor:
    """(..., J, 3) keypoints of the other source -> poses from the root, any size."""
    with torch.no_grad():
        given = _normalised(keypoints)
        xy, _ = geometric.adapted(adapter, given[..., :2], given[..., 2:])
        return geometric.lift(lifter, xy, given[..., 2:])


def score(
    adapter: DomainAdapter, lifter: DepthLifter, pools: tuple[Pool, Pool]
) -> dict[str, dict[str, float]]:
    """Errors of a lifter's poses of takes that both sources (own, other) show.

    By what they come from: its own source, the other as it is, and the other adapted.
    """
    own, other = pools
    found = {
        "own": lifted_poses(lifter, own.keypoints),
        "other": lifted_poses(lifter, other.keypoints),
        "adapted": adapted_poses(lifter, adapter, other.keypoints),
    }
    return {name: limb_errors(poses, own.poses) for name, poses in found.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or go on training; returns the exit status."""
    parser = training_parser("domain_adapter", __doc__, steps=2000, pool=400)
    chosen = parser.parse_args(arguments)
    motions = load_split("train")
    own = make_pool(motions, chosen.pool, 0, as_they_are=False)
    other = make_pool(motions, chosen.pool, 1, as_they_are=False, marks=OTHER_MARKS)
    torch.manual_seed(0)
    net = AdapterNet(chosen.width)
    history = train(
        net,
        partial(random_batch, own=own, other=other),
        losses,
        TrainOptions(steps=chosen.steps, learning_rate=3e-4, momentum=0.5, max_norm=10.0),
        chosen.out / NAME,
    )
    save_network(chosen.out / f"{NAME}.safetensors", net.adapter)
    print(NAME, {key: round(value, 4) for key, value in history[-1].items()}, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
