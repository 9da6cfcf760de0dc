"""Fine-tune the pretrained lifter on several views without labels.

`python -m training.consistency --out FOLDER` films "val" subjects on bodies that are not their own
with four virtual phones, and goes on training the temporal lifter on what the phones saw of these
takes alone (Ingwersen et al., "Two Views Are Better than One", CVPRW 2025): with the consistency
and, for comparison, without. FOLDER/NAME.safetensors are the weights. It goes on where it was
interrupted.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.lifting.consistency import WINDOW, Clips, rooted, two_view_losses
from mvmocap_core.lifting.networks import Lift, pretrained_lifter, save_network
from mvmocap_core.lifting.trainer import TrainOptions, train
from training.pretrain import load_split
from training.scoring import limb_errors
from training.virtual_bodies import random_body
from training.virtual_views import Detector, random_camera, see

N_VIEWS = 4
BODIES = 3
"""Takes of each motion, each with a body of its own."""
RUNS = {"consistency": 1.0, "without_consistency": 0.0}
"""Weight of the consistency."""


@dataclass(frozen=True, slots=True, eq=False)
class Takes:
    """What phones saw, and the truth (N, V, T, J, 3), for scoring alone."""

    clips: Clips
    poses: Tensor


def unseen_takes() -> Takes:
    """The first `WINDOW` frames of every "val" motion that lasts as long, on new bodies."""
    rng = np.random.default_rng(2)
    detector = Detector(hidden=0.0, swapped=0.0)
    keypoints, sizes, poses = [], [], []
    for motion in load_split("val"):
        if len(motion.joints_m) < WINDOW:
            continue
        for _ in range(BODIES):
            joints = random_body(rng, motion.joints_m[:WINDOW].astype(np.float64))
            start = rng.uniform(0, 2 * np.pi)
            for view in range(N_VIEWS):
                azimuth = start + 2 * np.pi * view / N_VIEWS
                camera = random_camera(rng, joints, azimuth, rng.uniform(2.5, 5.0))
                seen = see(rng, joints, camera, detector, motion.fps)
                keypoints.append(seen.keypoints)
                sizes.append(seen.size)
                poses.append(seen.pose)
    parts = (np.stack(part).astype(np.float32) for part in (keypoints, sizes, poses))
    shown, size, truth = (torch.from_numpy(part).unflatten(0, (-1, N_VIEWS)) for part in parts)
    return Takes(Clips(shown, size), truth)


def score_takes(net: nn.Module, takes: Takes) -> dict[str, float]:
    """Errors over the limbs, millimetres on a body of average stature."""
    net.eval()
    with torch.no_grad():
        lift: Lift = net(takes.clips.keypoints.flatten(0, 1))
    return limb_errors(rooted(lift.pose), takes.poses.flatten(0, 1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fine-tune, or go on; returns the exit status."""
    parser = argparse.ArgumentParser(prog="training.consistency", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="checkpoints and the weights")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=3, help="takes a step")
    chosen = parser.parse_args(arguments)
    takes = unseen_takes()
    print("pretrained", score_takes(pretrained_lifter(), takes), flush=True)
    for name, weight in RUNS.items():
        net = pretrained_lifter()
        history = train(
            net,
            lambda rng, _: takes.clips[rng.choice(len(takes.poses), chosen.batch, replace=False)],
            partial(two_view_losses, consistency=weight),
            TrainOptions(steps=chosen.steps, learning_rate=3e-4, checkpoint_every=50),
            chosen.out / name,
            evaluate=partial(score_takes, takes=takes),
        )
        save_network(chosen.out / f"{name}.safetensors", net)
        print(name, {key: round(value, 4) for key, value in history[-1].items()}, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
