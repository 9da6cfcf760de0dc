"""What a lifter reaches that is shown the truth: `python -m training.bound --out FOLDER`.

The same network and keypoints as in `training.multi_view`, with labels: no training without labels
can be expected to lift one view better. Goes on where it was interrupted.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.lifting.consistency import rooted
from mvmocap_core.lifting.networks import CanonicalLifter, Lift, save_network
from mvmocap_core.lifting.trainer import Losses, TrainOptions, train
from training.arguments import training_parser
from training.multi_view import TAKE_FRAMES, Pool, make_pool
from training.pretrain import load_split
from training.scoring import STATURE_MM

NAME = "with_labels"
N_FRAMES = 96
"""Frames of a batch, each in all views."""


def random_frames(rng: np.random.Generator, _: float, pool: Pool) -> tuple[Tensor, Tensor]:
    """Keypoints and poses (B, V, J, 3)."""
    takes = rng.integers(len(pool.keypoints), size=N_FRAMES)
    frames = rng.integers(TAKE_FRAMES, size=N_FRAMES)
    return pool.keypoints[takes, frames], pool.poses[takes, frames]


def labelled_losses(net: nn.Module, batch: tuple[Tensor, Tensor], device: torch.device) -> Losses:
    """Mean distance to the truth, over stature and in millimetres."""
    keypoints, truth = (part.to(device) for part in batch)
    lift: Lift = net(keypoints)
    total = (rooted(lift.pose) - truth).norm(dim=-1).mean()
    return {"total": total, "pose_mm": STATURE_MM * total}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or go on training; returns the exit status."""
    parser = training_parser("bound", __doc__, steps=4000, pool=1500)
    chosen = parser.parse_args(arguments)
    pool = make_pool(load_split("train"), chosen.pool, 0, as_they_are=False)
    torch.manual_seed(0)
    net = CanonicalLifter(chosen.width)
    history = train(
        net,
        partial(random_frames, pool=pool),
        labelled_losses,
        TrainOptions(steps=chosen.steps),
        chosen.out / NAME,
    )
    save_network(chosen.out / f"{NAME}.safetensors", net)
    print(NAME, {key: round(value, 4) for key, value in history[-1].items()}, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
