"""Train `volume` without 3D labels: `python -m training.volume --out FOLDER`.

First the root network, on people who were placed at random and bent at random, with no captured
motion in them; then the pose network, on what two to four phones see of several captured people,
by 2D pseudo labels alone (Srivastav et al., "SelfPose3d", CVPR 2024). The ablations train beside
them, each without one part. FOLDER/NAME.safetensors are the weights; it goes on where it was
interrupted.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.motion_capture import load_motions
from mvmocap_core.lifting.networks import weights_of
from mvmocap_core.lifting.trainer import TrainOptions, train
from mvmocap_core.lifting.volume.networks import RootNet
from mvmocap_core.lifting.volume.roots import Roots, find_roots
from mvmocap_core.lifting.weights import load_weights, save_weights
from training.virtual_bodies import detector_joints
from training.virtual_groups import Groups, captured_bodies, make_groups, synthetic_body
from training.volume_poses import Parts, VolumePoseNet, pose_batch, pose_losses, score_poses
from training.volume_roots import meetings_of, root_batch, root_losses, score_roots

POSE_MOMENTS = 150
"""Of the pool, to train poses on."""
RATE = 2e-3
"""The paper's is 1e-4, for days of training."""
POSE_RUNS = {
    "volume_pose": Parts(),
    "volume_pose_without_affine": Parts(affine=False),
    "volume_pose_without_attention": Parts(attention=False),
    "volume_pose_without_dropping": Parts(drops_worst=False),
}
ROOT_RUNS = ("volume_root", "volume_root_without_synthetic")
RUNS = (ROOT_RUNS[0], "volume_pose", ROOT_RUNS[1], *list(POSE_RUNS)[1:])
"""In the order of their training."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or go on training; returns the exit status."""
    parser = argparse.ArgumentParser(prog="training.volume", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="checkpoints and the weights")
    parser.add_argument("--root-steps", type=int, default=600)
    parser.add_argument("--pose-steps", type=int, default=60)
    parser.add_argument("--pool", type=int, default=600, help="moments to draw from")
    parser.add_argument("--only", choices=RUNS, help="one network alone")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    motions = [detector_joints(clip) for clip in load_motions("train")]  # without "dev"
    captured = make_groups(captured_bodies(motions), chosen.pool, 0)
    posed = captured[np.arange(min(POSE_MOMENTS, chosen.pool))]
    roots = None
    for name in RUNS:
        if chosen.only not in (None, name):
            continue
        if name in ROOT_RUNS:
            _train_roots(name, captured, chosen)
            continue
        if roots is None:
            roots = _roots_of_pool(posed, chosen.out / f"{ROOT_RUNS[0]}.safetensors")
        _train_poses(name, posed, roots, chosen)
    return 0


def _train_roots(name: str, captured: Groups, chosen: argparse.Namespace) -> None:
    is_synthetic = name == ROOT_RUNS[0]
    pool = make_groups(synthetic_body, chosen.pool, 1) if is_synthetic else captured
    torch.manual_seed(0)
    net = RootNet()
    history = train(
        net,
        partial(root_batch, pool=meetings_of(pool, is_synthetic=is_synthetic)),
        root_losses,
        TrainOptions(
            steps=chosen.root_steps, learning_rate=RATE, device="cpu", checkpoint_every=100
        ),
        chosen.out / name,
        evaluate=partial(score_roots, pool=captured[np.arange(100)]),
    )
    _save(chosen.out, name, net, history)


def _train_poses(name: str, posed: Groups, roots: Roots, chosen: argparse.Namespace) -> None:
    torch.manual_seed(0)
    net = VolumePoseNet()
    rows = np.arange(15)
    history = train(
        net,
        partial(pose_batch, pool=posed, roots=roots),
        partial(pose_losses, parts=POSE_RUNS[name]),
        TrainOptions(
            steps=chosen.pose_steps, learning_rate=RATE, device="cpu", checkpoint_every=20
        ),
        chosen.out / name,
        evaluate=partial(
            score_poses, pool=posed[rows], roots=Roots(roots.points[rows], roots.slots[rows])
        ),
    )
    _save(chosen.out, name, net.pose, history)


def _roots_of_pool(pool: Groups, weights: Path) -> Roots:
    """Found by all views with the trained root network."""
    net = RootNet()
    stored, _ = load_weights(weights)
    net.load_state_dict({name: torch.from_numpy(array) for name, array in stored.items()})
    return find_roots(net.eval(), pool.keypoints, pool.T_cam)


def _save(folder: Path, name: str, net: nn.Module, history: list[dict[str, float]]) -> None:
    save_weights(folder / f"{name}.safetensors", weights_of(net), {"licence": "GPL-3.0-or-later"})
    print(name, {key: round(value, 4) for key, value in history[-1].items()}, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
