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

from mvmocap_core.geometry.alignment import n_mpjpe, p_mpjpe
from mvmocap_core.lifting.companions import bone_variation_loss, symmetry_loss
from mvmocap_core.lifting.joints import HIPS
from mvmocap_core.lifting.networks import Lift, pretrained_lifter, weights_of
from mvmocap_core.lifting.trainer import Losses, TrainOptions, train
from mvmocap_core.lifting.two_views import consistency_loss, reprojection_loss
from mvmocap_core.lifting.weights import save_weights
from training.pretrain import STATURE_MM, WINDOW, load_split
from training.virtual_bodies import random_body
from training.virtual_views import Detector, random_camera, see

N_VIEWS = 4
BODIES = 3
"""Takes of each motion, each with a body of its own."""
REPROJECTION, BONES, SYMMETRY = 1.0, 1.0, 0.1
RUNS = {"consistency": 1.0, "without_consistency": 0.0}
"""Weight of the consistency; the paper's is 0.3, beside labels on other data."""
_LIMBS = slice(3, 15)


@dataclass(frozen=True, slots=True, eq=False)
class Takes:
    """keypoints (N, V, T, J, 3) as the lifter wants them, and their size (N, V, T), radians.

    poses: (N, V, T, J, 3) the truth, for scoring alone.
    """

    keypoints: Tensor
    size: Tensor
    poses: Tensor

    def __getitem__(self, takes: np.ndarray) -> "Takes":
        return Takes(self.keypoints[takes], self.size[takes], self.poses[takes])


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
    return Takes(*(torch.from_numpy(part).unflatten(0, (-1, N_VIEWS)) for part in parts))


def two_view_losses(
    net: nn.Module, takes: Takes, device: torch.device, *, consistency: float
) -> Losses:
    """Losses of takes; every pair of their views must lift to one shape."""
    keypoints, size = takes.keypoints.to(device), takes.size.to(device)
    lift: Lift = net(keypoints.flatten(0, 1))
    poses = _rooted(lift.pose).reshape(keypoints.shape)
    first, second = torch.triu_indices(keypoints.shape[1], keypoints.shape[1], 1)
    weight = (keypoints[:, first, ..., 2] * keypoints[:, second, ..., 2]).sqrt()
    losses = {
        "consistency": consistency_loss(
            poses[:, first].flatten(0, 1), poses[:, second].flatten(0, 1), weight.flatten(0, 1)
        ),
        "reprojection": reprojection_loss(poses, keypoints, size),
        "bones": bone_variation_loss(lift.canonical),
        "symmetry": symmetry_loss(lift.canonical),
    }
    total = consistency * losses["consistency"] + REPROJECTION * losses["reprojection"]
    total = total + BONES * losses["bones"] + SYMMETRY * losses["symmetry"]
    return {**losses, "total": total}


def score_takes(net: nn.Module, takes: Takes) -> dict[str, float]:
    """Errors over the limbs, millimetres on a body of average stature."""
    net.eval()
    with torch.no_grad():
        lift: Lift = net(takes.keypoints.flatten(0, 1))
    pose = _rooted(lift.pose)
    found, truth = (
        t[..., _LIMBS, :].reshape(-1, 12, 3).double().numpy() for t in (pose, takes.poses)
    )
    return {
        "n_mpjpe_mm": STATURE_MM * n_mpjpe(found, truth),
        "p_mpjpe_mm": STATURE_MM * p_mpjpe(found, truth),
    }


def _rooted(pose: Tensor) -> Tensor:
    return pose - pose[..., list(HIPS), :].mean(dim=-2, keepdim=True)


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
            lambda rng, _: takes[rng.choice(len(takes.keypoints), chosen.batch, replace=False)],
            partial(two_view_losses, consistency=weight),
            TrainOptions(steps=chosen.steps, learning_rate=3e-4, checkpoint_every=50),
            chosen.out / name,
            evaluate=partial(score_takes, takes=takes),
        )
        metadata = {"width": str(net.width), "licence": "GPL-3.0-or-later"}
        save_weights(chosen.out / f"{name}.safetensors", weights_of(net), metadata)
        print(name, {key: round(value, 4) for key, value in history[-1].items()}, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
