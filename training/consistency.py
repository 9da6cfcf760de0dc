"""Fine-tune the pretrained lifter on several views without labels.

`python -m training.consistency --out FOLDER` films "val" subjects on bodies that are not their own
with four virtual phones, and goes on training the temporal lifter on what the phones saw of these
takes alone (Ingwersen et al., "Two Views Are Better than One", CVPRW 2025). The history in FOLDER
holds the errors before and after; `--without` leaves the consistency out, for comparison.
"""

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.geometry.alignment import n_mpjpe, p_mpjpe
from mvmocap_core.lifting.companions import bone_variation_loss, symmetry_loss
from mvmocap_core.lifting.joints import HIPS
from mvmocap_core.lifting.networks import Lift, pretrained_lifter
from mvmocap_core.lifting.trainer import Losses, TrainOptions, train
from mvmocap_core.lifting.two_views import consistency_loss, reprojection_loss
from training.pretrain import STATURE_MM, WINDOW, load_split
from training.virtual_bodies import random_body
from training.virtual_views import Detector, random_camera, see

N_VIEWS = 4
BODIES = 3
"""Takes of each motion, each with a body of its own."""
CONSISTENCY, REPROJECTION, BONES, SYMMETRY = 1.0, 1.0, 1.0, 0.1
"""The paper weighs consistency 0.3 beside labels on other data; here there are none."""
_LIMBS = slice(3, 15)


@dataclass(frozen=True, slots=True, eq=False)
class Takes:
    """keypoints (N, V, T, J, 3) as the lifter wants them; poses (N, V, T, J, 3), for scoring."""

    keypoints: Tensor
    poses: Tensor


def unseen_takes() -> Takes:
    """The first `WINDOW` frames of every "val" motion that lasts as long, on new bodies."""
    rng = np.random.default_rng(2)
    detector = Detector(hidden=0.0, swapped=0.0)
    keypoints, poses = [], []
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
                poses.append(seen.pose)
    shape = (-1, N_VIEWS, *keypoints[0].shape)
    return Takes(
        torch.from_numpy(np.stack(keypoints)).reshape(shape),
        torch.from_numpy(np.stack(poses)).reshape(shape),
    )


def two_view_losses(
    net: nn.Module, keypoints: Tensor, device: torch.device, *, consistency: float
) -> Losses:
    """Losses of keypoints (B, V, T, J, 3); every pair of views must lift to one shape."""
    keypoints = keypoints.to(device)
    lift: Lift = net(keypoints.flatten(0, 1))
    poses = lift.pose.reshape(keypoints.shape)
    first, second = torch.triu_indices(keypoints.shape[1], keypoints.shape[1], 1)
    weight = (keypoints[:, first, ..., 2] * keypoints[:, second, ..., 2]).sqrt()
    losses = {
        "consistency": consistency_loss(
            poses[:, first].flatten(0, 1), poses[:, second].flatten(0, 1), weight.flatten(0, 1)
        ),
        "reprojection": reprojection_loss(lift.pose, keypoints.flatten(0, 1)),
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
    pose = lift.pose - lift.pose[..., list(HIPS), :].mean(dim=-2, keepdim=True)
    found, truth = (
        t[..., _LIMBS, :].reshape(-1, 12, 3).double().numpy() for t in (pose, takes.poses)
    )
    return {
        "n_mpjpe_mm": STATURE_MM * n_mpjpe(found, truth),
        "p_mpjpe_mm": STATURE_MM * p_mpjpe(found, truth),
    }


def main() -> int:
    """Fine-tune, or go on; returns the exit status."""
    parser = argparse.ArgumentParser(prog="training.consistency", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="checkpoints and the history")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=4, help="takes a step")
    parser.add_argument("--without", action="store_true", help="leave the consistency out")
    chosen = parser.parse_args()
    takes, net = unseen_takes(), pretrained_lifter()
    print("pretrained", score_takes(net, takes), flush=True)
    history = train(
        net,
        lambda rng, _: takes.keypoints[rng.choice(len(takes.keypoints), chosen.batch, False)],
        partial(two_view_losses, consistency=0.0 if chosen.without else CONSISTENCY),
        TrainOptions(steps=chosen.steps, learning_rate=2e-4, checkpoint_every=40),
        chosen.out,
        evaluate=partial(score_takes, takes=takes),
    )
    print({name: round(value, 4) for name, value in history[-1].items()})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
