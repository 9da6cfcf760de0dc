"""Lifting by a network that goes on training on the take itself, without labels.

Ingwersen et al., "Two Views Are Better than One", CVPRW 2025: what two views lift must be one shape
in time, after one similarity. Two views of one take leave much open about that similarity, and the
longer a net trains on them, the more it leans; so it is the cameras' where they are known. Training
ends as soon as a held-out part of the take is no longer guessed better.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.lifting.companions import bone_variation_loss, symmetry_loss
from mvmocap_core.lifting.joints import HIPS
from mvmocap_core.lifting.networks import Lift, TemporalLifter, choose_device
from mvmocap_core.lifting.two_views import consistency_loss, reprojection_loss

CONSISTENCY, REPROJECTION, BONES, SYMMETRY = 1.0, 1.0, 1.0, 0.1
"""Weights. The paper's consistency is 0.3, beside labels on other data."""
WINDOW = 96
"""Frames of a clip: 3.2 s."""
_BATCH, _STEPS_A_ROUND, _MAX_ROUNDS, _LEARNING_RATE = 4, 6, 8, 1e-4
_LEAST_GAIN = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Clips:
    """keypoints (N, V, T, J, 3) as the temporal lifter wants them; size (N, V, T), radians.

    R_crop_world: (N, V, T, 3, 3) into the axes of the lifted poses; None where it is not known.
    """

    keypoints: Tensor
    size: Tensor
    R_crop_world: Tensor | None = None

    def __getitem__(self, clips: np.ndarray | tuple[slice, ...]) -> "Clips":
        R = self.R_crop_world
        return Clips(self.keypoints[clips], self.size[clips], None if R is None else R[clips])


def rooted(pose: Tensor) -> Tensor:
    """(..., J, 3) from the middle of the hips."""
    return pose - pose[..., list(HIPS), :].mean(dim=-2, keepdim=True)


def two_view_losses(
    net: nn.Module, clips: Clips, device: torch.device, *, consistency: float = CONSISTENCY
) -> dict[str, Tensor]:
    """Losses of clips of two views or more; every pair of views must lift to one shape."""
    keypoints, size = clips.keypoints.to(device), clips.size.to(device)
    lift: Lift = net(keypoints.flatten(0, 1))
    poses = rooted(lift.pose).reshape(keypoints.shape)
    shared, R = poses, clips.R_crop_world
    if R is not None:
        shared = torch.einsum("nvtab,nvtja->nvtjb", R.to(device), poses)
    first, second = torch.triu_indices(keypoints.shape[1], keypoints.shape[1], 1)
    weight = (keypoints[:, first, ..., 2] * keypoints[:, second, ..., 2]).sqrt()
    losses = {
        "consistency": consistency_loss(
            shared[:, first].flatten(0, 1),
            shared[:, second].flatten(0, 1),
            weight.flatten(0, 1),
            is_aligned=R is not None,
        ),
        "reprojection": reprojection_loss(poses, keypoints, size),
        "bones": bone_variation_loss(lift.canonical),
        "symmetry": symmetry_loss(lift.canonical),
    }
    total = consistency * losses["consistency"] + REPROJECTION * losses["reprojection"]
    total = total + BONES * losses["bones"] + SYMMETRY * losses["symmetry"]
    return {**losses, "total": total}


def fine_tune(
    net: TemporalLifter,
    take: Clips,
    evaluate: Callable[[TemporalLifter], float],
    *,
    device: str = "auto",
) -> list[float]:
    """Train the net on one take (N = 1) for as long as `evaluate` falls; it keeps its best state.

    Returns what `evaluate` said: before, and after each round. Deterministic; a round takes as
    long whatever the length of the take.
    """
    where = choose_device(device)
    net.to(where).eval()  # with the means and variances that it came with
    optimiser = torch.optim.AdamW(net.parameters(), lr=_LEARNING_RATE)
    rng = np.random.default_rng(0)
    told, best = [evaluate(net)], _state(net)
    for _ in range(_MAX_ROUNDS):
        for _ in range(_STEPS_A_ROUND):
            total = two_view_losses(net, _random_clips(rng, take), where)["total"]
            optimiser.zero_grad(set_to_none=True)
            total.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
        told.append(evaluate(net))
        if not told[-1] < (1.0 - _LEAST_GAIN) * min(told[:-1]):
            break
        best = _state(net)
    net.load_state_dict(best)
    return told


def _state(net: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}


def _random_clips(rng: np.random.Generator, take: Clips) -> Clips:
    n_frames = take.keypoints.shape[2]
    length = min(WINDOW, n_frames)
    first = rng.integers(0, n_frames - length + 1, size=_BATCH)
    clips = [take[slice(None), slice(None), slice(f, f + length)] for f in first]
    R = [clip.R_crop_world for clip in clips if clip.R_crop_world is not None]
    return Clips(
        torch.cat([clip.keypoints for clip in clips]),
        torch.cat([clip.size for clip in clips]),
        torch.cat(R) if R else None,
    )
