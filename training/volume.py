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
from mvmocap_core.lifting.volume.lift import ROOT_WEIGHTS
from mvmocap_core.lifting.volume.networks import RootNet, load_volume
from mvmocap_core.lifting.volume.roots import Roots, find_roots
from mvmocap_core.lifting.weights import save_weights
from training.virtual_bodies import detector_joints
from training.virtual_groups import Groups, captured_bodies, make_groups, synthetic_body
from training.volume_poses import Parts, VolumePoseNet, pose_batch, pose_losses, score_poses
from training.volume_roots import meetings_of, root_batch, root_losses, score_roots

HELD_OUT, HELD_OUT_MOMENTS = (3, 7, 9), 100
"""Subjects of the train split who are not trained on, and moments of them to score by."""
ROOT_RATE, POSE_RATE = 2e-3, 1e-2
"""The paper's is 1e-4, for days of training."""
LONGER, LONGER_BY, LONGER_RATE, SHORTER_MOMENTS = "volume_pose_longer", 3, 7e-3, 600
"""The run for the product has more steps and more moments than those that are compared."""
POSE_RUNS = {
    "volume_pose": Parts(),
    "volume_pose_without_affine": Parts(affine=False),
    "volume_pose_without_attention": Parts(attention=False),
    "volume_pose_without_dropping": Parts(drops_worst=False),
    LONGER: Parts(attention=False, turned=True),
}
ROOT_RUNS = ("volume_root", "volume_root_without_synthetic")
RUNS = (ROOT_RUNS[0], "volume_pose", ROOT_RUNS[1], *list(POSE_RUNS)[1:])
"""In the order of their training."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or go on training; returns the exit status."""
    parser = argparse.ArgumentParser(prog="training.volume", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="checkpoints and the weights")
    parser.add_argument("--root-steps", type=int, default=600)
    parser.add_argument("--pose-steps", type=int, default=1000)
    parser.add_argument("--pool", type=int, default=2000, help="moments of the longest run")
    parser.add_argument("--only", choices=RUNS, help="one network alone")
    parser.add_argument("--seed", type=int, default=0, help="of networks and batches")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    motions = [detector_joints(clip) for clip in load_motions("train")]  # without "dev"
    captured, held_out = (
        make_groups(
            captured_bodies([m for m in motions if (m.subject in HELD_OUT) == is_held_out]), n, 0
        )
        for is_held_out, n in ((False, chosen.pool), (True, HELD_OUT_MOMENTS))
    )
    roots = None
    for name in RUNS:
        if chosen.only not in (None, name):
            continue
        if name in ROOT_RUNS:
            _train_roots(name, captured, held_out, chosen)
            continue
        if roots is None:
            roots = _roots_of_pool(captured, chosen.out / f"{ROOT_RUNS[0]}.safetensors")
            _show("rays alone", score_poses(VolumePoseNet(), held_out))
        _train_poses(name, captured, roots, held_out, chosen)
    return 0


def _train_roots(name: str, captured: Groups, held_out: Groups, chosen: argparse.Namespace) -> None:
    is_synthetic = name == ROOT_RUNS[0]
    n = min(chosen.pool, SHORTER_MOMENTS)
    pool = make_groups(synthetic_body, n, 1) if is_synthetic else captured[np.arange(n)]
    torch.manual_seed(chosen.seed)
    net = RootNet()
    history = train(
        net,
        partial(root_batch, pool=meetings_of(pool, is_synthetic=is_synthetic)),
        root_losses,
        _options(chosen.root_steps, ROOT_RATE, chosen.seed),
        chosen.out / name,
        evaluate=partial(score_roots, pool=held_out),
    )
    _save(chosen.out, name, net, history)


def _train_poses(
    name: str, captured: Groups, roots: Roots, held_out: Groups, chosen: argparse.Namespace
) -> None:
    torch.manual_seed(chosen.seed)
    net = VolumePoseNet()
    is_longer = name == LONGER
    if not is_longer:
        captured = captured[np.arange(min(chosen.pool, SHORTER_MOMENTS))]
        roots = Roots(roots.points[: len(captured)], roots.slots[: len(captured)])
    steps = chosen.pose_steps * (LONGER_BY if is_longer else 1)
    rate = LONGER_RATE if is_longer else POSE_RATE
    history = train(
        net,
        partial(pose_batch, pool=captured, roots=roots),
        partial(pose_losses, parts=POSE_RUNS[name]),
        _options(steps, rate, chosen.seed),
        chosen.out / name,
        evaluate=partial(score_poses, pool=held_out),
    )
    _save(chosen.out, name, net.pose, history)


def _options(steps: int, rate: float, seed: int) -> TrainOptions:
    return TrainOptions(
        steps=steps, learning_rate=rate, device="cpu", checkpoint_every=100, seed=seed
    )


def _roots_of_pool(pool: Groups, weights: Path) -> Roots:
    """Found by all views with the trained root network, or the product's where none was trained."""
    net = load_volume(RootNet, weights if weights.is_file() else ROOT_WEIGHTS)
    return find_roots(net, pool.keypoints, pool.T_cam)


def _save(folder: Path, name: str, net: nn.Module, history: list[dict[str, float]]) -> None:
    save_weights(folder / f"{name}.safetensors", weights_of(net), {"licence": "GPL-3.0-or-later"})
    _show(name, history[-1])


def _show(name: str, figures: dict[str, float]) -> None:
    print(name, {key: round(value, 4) for key, value in figures.items()}, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
