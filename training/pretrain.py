"""Pretrain the temporal lifter: `python -m training.pretrain --out FOLDER`.

Motion capture, random bodies and random phones give any number of clips with truth. The command
goes on where it was interrupted, and writes FOLDER/temporal_lifter.safetensors at its end.
"""

import sys
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.motion_capture import load_motions
from mvmocap_core.lifting.consistency import WINDOW, rooted
from mvmocap_core.lifting.joints import N_JOINTS
from mvmocap_core.lifting.lifting import lift
from mvmocap_core.lifting.networks import Lift, TemporalLifter, save_network, weights_of
from mvmocap_core.lifting.trainer import Losses, TrainOptions, train
from training.arguments import training_parser
from training.scoring import STATURE_MM, limb_errors
from training.virtual_bodies import Motion, detector_joints, random_body
from training.virtual_views import Detector, View, random_camera, see

_POSE, _CANONICAL, _VELOCITY = 10.0, 3.0, 10.0


def load_split(split: str) -> list[Motion]:
    """Motions of "train" or "val", see `benchmarks.motion_capture.load_motions`."""
    names = ("train", "dev") if split == "train" else (split,)
    return [detector_joints(clip) for name in names for clip in load_motions(name)]


def random_view(rng: np.random.Generator, motions: Sequence[Motion]) -> View:
    """One window of a random motion on a random body, seen by a random phone."""
    lengths = np.array([len(m.joints_m) for m in motions], dtype=np.float64)
    motion = motions[rng.choice(len(motions), p=lengths / lengths.sum())]
    first = int(rng.integers(0, max(len(motion.joints_m) - WINDOW, 0) + 1))
    joints = random_body(rng, motion.joints_m[first : first + WINDOW].astype(np.float64))
    camera = random_camera(rng, joints, rng.uniform(0, 2 * np.pi), rng.uniform(1.8, 7.0))
    return see(rng, joints, camera, Detector(), motion.fps)


def collate(views: Sequence[View]) -> tuple[Tensor, Tensor, Tensor]:
    """Keypoints and poses (B, T, J, 3), zero behind a clip's end, and which frames are (B, T)."""
    keypoints, poses = np.zeros((2, len(views), WINDOW, N_JOINTS, 3), dtype=np.float32)
    is_there = np.zeros((len(views), WINDOW), dtype=bool)
    for row, view in enumerate(views):
        n = len(view.pose)
        keypoints[row, :n], poses[row, :n], is_there[row, :n] = view.keypoints, view.pose, True
    return torch.from_numpy(keypoints), torch.from_numpy(poses), torch.from_numpy(is_there)


def supervised_losses(
    net: nn.Module, batch: tuple[Tensor, Tensor, Tensor], device: torch.device
) -> Losses:
    """Distance of the pose, of the canonical pose and of velocities; honesty of the error."""
    keypoints, truth, is_there = (part.to(device) for part in batch)
    told: Lift = net(keypoints)
    off = rooted(told.pose) - truth
    distance = off.norm(dim=-1)[is_there]
    both = is_there[:, 1:] & is_there[:, :-1]
    velocity = (off[:, 1:] - off[:, :-1]).norm(dim=-1)[both]
    axes = trunk_axes(truth)
    canonical = (told.canonical - truth @ axes).norm(dim=-1)[is_there]
    honesty = _laplace(off.detach(), told.log_scale)[is_there]
    total = (
        _POSE * distance.mean()
        + _CANONICAL * canonical.mean()
        + _VELOCITY * velocity.mean()
        + 0.1 * honesty.mean()
    )
    return {
        "total": total,
        "pose_mm": STATURE_MM * distance.mean(),
        "canonical_mm": STATURE_MM * canonical.mean(),
        "honesty": honesty.mean(),
    }


def trunk_axes(pose: Tensor) -> Tensor:
    """(..., J, 3) -> (..., 3, 3): `joints.trunk_axes` on tensors."""
    shoulders = pose[..., 3, :] + pose[..., 4, :]
    up = nn.functional.normalize(shoulders - pose[..., 9, :] - pose[..., 10, :], dim=-1)
    left = pose[..., 9, :] - pose[..., 10, :] + pose[..., 3, :] - pose[..., 4, :]
    left = nn.functional.normalize(left - (left * up).sum(-1, keepdim=True) * up, dim=-1)
    return torch.stack([left, torch.linalg.cross(up, left), up], dim=-1)


def _laplace(off: Tensor, log_scale: Tensor) -> Tensor:
    """Negative log likelihood of errors (..., 3) across (two axes) and along the view."""
    across, along = off[..., :2].norm(dim=-1), off[..., 2].abs()
    nll = across / log_scale[..., 0].exp() + 2.0 * log_scale[..., 0]
    return (nll + along / log_scale[..., 1].exp() + log_scale[..., 1]).mean(dim=-1)


def validation_views(motions: Sequence[Motion], n_views: int = 4) -> list[View]:
    """Every motion as it is, seen from `n_views` sides."""
    rng = np.random.default_rng(1)
    detector = Detector(hidden=0.0, swapped=0.0)
    views = []
    for motion in motions:
        start = rng.uniform(0, 2 * np.pi)
        for k in range(n_views):
            joints = motion.joints_m.astype(np.float64)
            azimuth = start + 2 * np.pi * k / n_views
            camera = random_camera(rng, joints, azimuth, rng.uniform(2.5, 5.0))
            views.append(see(rng, joints, camera, detector, motion.fps))
    return views


def score(net: nn.Module, views: Sequence[View]) -> dict[str, float]:
    """Errors over the limbs, millimetres on a body of average stature."""
    weights = weights_of(net)
    poses = np.concatenate([lift(weights, view.keypoints)[0] for view in views])
    truths = np.concatenate([view.pose for view in views])
    return limb_errors(torch.from_numpy(poses), torch.from_numpy(truths))


def main() -> int:
    """Train, or go on training; returns the exit status."""
    parser = training_parser("pretrain", __doc__, steps=4000, pool=4000)
    parser.add_argument("--batch", type=int, default=16, help="clips a step")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    chosen = parser.parse_args()
    motions, val = load_split("train"), validation_views(load_split("val"))
    rng = np.random.default_rng(chosen.seed)
    pool = [random_view(rng, motions) for _ in range(chosen.pool)]
    torch.manual_seed(chosen.seed)
    net = TemporalLifter(chosen.width)

    def told(fraction: float, message: str) -> None:
        if fraction == 1.0 or message.split()[1].endswith("00"):
            print(message, file=sys.stderr, flush=True)

    history = train(
        net,
        lambda rng, _: collate([pool[k] for k in rng.integers(len(pool), size=chosen.batch)]),
        supervised_losses,
        TrainOptions(steps=chosen.steps, seed=chosen.seed, device=chosen.device),
        chosen.out,
        evaluate=lambda net: score(net, val),
        progress=told,
    )
    save_network(chosen.out / "temporal_lifter.safetensors", net)
    print({name: round(value, 2) for name, value in history[-1].items()})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
