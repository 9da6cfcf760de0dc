"""Geometric self-supervision (Chen et al., CVPR 2019): lift, rotate, project, and lift again.

One view and no labels: a lifted pose, seen from anywhere else, must look like a real pose, which a
critic judges that knows many, and lift to itself again. Axes are the camera's, x right, y down, z
away; the root is `DISTANCE` away, and poses are sized so that the head is one unit from it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mvmocap_core.lifting.joints import HIPS, STANDING_POSE, stature_of
from mvmocap_core.lifting.lift_take import LifterViews, interpolated
from mvmocap_core.lifting.networks import DepthLifter, load_network
from mvmocap_core.lifting.rotations import rotvec_to_rotmat

WEIGHTS = {"image": 10.0, "space": 0.001, "temporal": 1.0}
"""Of 2D and 3D after the way there and back, and of the critic of movements, as in the paper."""
MOVED_WEIGHT = 0.1
"""Of how far an adapter moves keypoints, beside the critic whose slope is one."""
ERROR = (0.027, 0.127)
"""Of a lifted joint across the view and along it, over stature, on subjects never trained on."""
PRETRAINED = Path(__file__).with_name("geometric.safetensors")
PENALTY = 10.0
"""Of critics whose gradient is not one (Gulrajani et al., "Improved training of Wasserstein GANs",
NeurIPS 2017)."""
DISTANCE = 10.0
MAX_ELEVATION = np.pi / 9.0
_NEAREST = 1.0
_HEAD = 0.375  # the nose above the hips of a standing adult, over stature
_SIZE = float(np.sqrt(np.square(STANDING_POSE[:, ::2]).sum(axis=-1).mean())) / (_HEAD * DISTANCE)


def normalise(xy: Tensor) -> tuple[Tensor, Tensor]:
    """(..., J, 2) -> the same about the root at the size of a standing adult, and its size over it.

    Then a head is a tenth from the root on average: one unit, ten units away.
    """
    centred = xy - xy[..., list(HIPS), :].mean(dim=-2, keepdim=True)
    size = centred.square().sum(dim=-1).mean(dim=-1).add(1e-12).sqrt()[..., None, None] / _SIZE
    return centred / size, size


def lift(net: nn.Module, xy: Tensor, confidence: Tensor) -> Tensor:
    """(..., J, 2) normalised -> (..., J, 3) from the root: (x z, y z, z), z = 10 + G(x).

    The root is `DISTANCE` away whatever the net says, and no joint nearer than one unit.
    """
    depth = net(torch.cat([xy / _SIZE, confidence], dim=-1))
    depth = depth - depth[..., list(HIPS)].mean(dim=-1, keepdim=True)
    z = _NEAREST + torch.relu(DISTANCE - _NEAREST + depth)[..., None]
    return torch.cat([xy * z, z - DISTANCE], dim=-1)


def project(pose: Tensor) -> Tensor:
    """(..., J, 3) from the root -> (..., J, 2)."""
    return pose[..., :2] / (pose[..., 2:] + DISTANCE).clamp_min(_NEAREST)


def random_turns(rng: np.random.Generator, n: int) -> Tensor:
    """(N, 3, 3): any azimuth, and an elevation of up to `MAX_ELEVATION`."""
    azimuth, elevation = rng.uniform([-np.pi, -MAX_ELEVATION], [np.pi, MAX_ELEVATION], (n, 2)).T
    zero = np.zeros(n)
    turns = [np.stack([zero, azimuth, zero], axis=-1), np.stack([elevation, zero, zero], axis=-1)]
    about, up = (rotvec_to_rotmat(torch.from_numpy(turn).float()) for turn in turns)
    return up @ about


class _Reversed(torch.autograd.Function):
    """The same forward, the gradient's opposite backward."""

    @staticmethod
    def forward(ctx: Any, points: Tensor) -> Tensor:
        return points.view_as(points)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Tensor:
        return -grad_outputs[0]


def adversarial_loss(critic: nn.Module, real: Tensor, made: Tensor, mix: Tensor) -> Tensor:
    """What the critic minimises over real and made (N, J, 2); what made them is told the opposite.

    D(made) - D(real), and the penalty on gradients between the two; mix: (N, 1, 1) in [0, 1]. One
    step of one optimiser serves both sides (Ganin and Lempitsky, "Unsupervised domain adaptation by
    backpropagation", ICML 2015).
    """
    reversed_made: Any = _Reversed.apply(made)
    between = (mix * real + (1.0 - mix) * made).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    steep = (slope.flatten(1).square().sum(dim=1) + 1e-12).sqrt()
    return (critic(reversed_made) - critic(real)).mean() + PENALTY * (steep - 1.0).square().mean()


def there_and_back(
    net: nn.Module, xy: Tensor, confidence: Tensor, turn: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """Lift (N, J, 2), turn by (N, 3, 3), project, lift, turn back, project.

    Returns the turned projection (N, J, 2), normalised, and what the way there and back cost.
    """
    pose = lift(net, xy, confidence) @ turn.transpose(-1, -2)
    made, size = normalise(project(pose))
    again = size * lift(net, made, confidence)
    back = project(again @ turn)
    return made, {
        "image": (back - xy).square().sum(dim=(-2, -1)).mean(),
        "space": (again - pose).square().sum(dim=(-2, -1)).mean(),
    }


def shown(xy: Tensor) -> Tensor:
    """Normalised poses, or differences of two, as critics are shown them: about one in size."""
    return xy / _SIZE


def adapted(adapter: nn.Module, xy: Tensor, confidence: Tensor) -> tuple[Tensor, Tensor]:
    """Keypoints (..., J, 2) of another source, normalised, as the lifter's own source has them.

    Returns them normalised, and by how much each was moved, as critics are shown it.
    """
    moved = adapter(torch.cat([shown(xy), confidence], dim=-1))
    return normalise(xy + _SIZE * moved)[0], moved


def adapter_losses(
    adapter: nn.Module,
    critic: nn.Module,
    real: Tensor,
    other: Tensor,
    mix: Tensor,
    *,
    is_critics_turn: bool = False,
) -> dict[str, Tensor]:
    """What makes keypoints of another source look like those that the lifter knows.

    real, other: (N, J, 3) normalised x, y, and confidence, of the lifter's source and the other;
    mix: (N, 1, 1) in [0, 1]. "domain_critic" is for critic and adapter, see `adversarial_loss`, in
    its turn for the critic alone; "moved" is the price of a correction, so that of all that look
    real the nearest is chosen.
    """
    made, moved = adapted(adapter, other[..., :2], other[..., 2:])
    if is_critics_turn:
        made, moved = made.detach(), moved.detach()
    return {
        "domain_critic": adversarial_loss(critic, shown(real[..., :2]), shown(made), mix),
        "moved": moved.square().sum(dim=(-2, -1)).mean(),
    }


def lift_views(views: LifterViews) -> tuple[np.ndarray, np.ndarray]:
    """Poses and errors as `lift_take.ViewsLifter`: every frame of every view by itself.

    Keypoints that are missing are taken from the frames before and after.
    Raises InputError if the weights are missing.
    """
    net = load_network(DepthLifter, PRETRAINED)
    keypoints = torch.from_numpy(interpolated(views.keypoints))
    with torch.no_grad():
        pose = lift(net, normalise(keypoints[..., :2])[0], keypoints[..., 2:])
    poses = pose.double().numpy()
    poses = poses / np.median(stature_of(poses), axis=1)[:, None, None, None]
    return poses, np.broadcast_to(np.array(ERROR), (*poses.shape[:-1], 2))
