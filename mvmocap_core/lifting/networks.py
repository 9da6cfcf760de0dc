"""The lifters: from keypoints in one view to a canonical pose and the rotation into that view.

Both answer with a `Lift`; the pose in the view is rotation @ canonical. Lengths are in units of
the performer's stature, axes those of the crop that looks at the performer (x right, y down, z
away), the root is the middle of the hips. float32.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mvmocap_core.lifting.joints import N_JOINTS, STANDING_POSE
from mvmocap_core.lifting.lifting import DILATIONS, LEAK, MIN_LOG_SCALE
from mvmocap_core.lifting.rotations import sixd_to_rotmat
from mvmocap_core.lifting.weights import PRETRAINED, load_weights, save_weights

_FACING = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0)  # left and back of a performer who faces the phone


@dataclass(frozen=True, slots=True, eq=False)
class Lift:
    """What a lifter says. Leading axes are those of its input.

    canonical: (..., J, 3) pose in the performer's own axes.
    rotation:  (..., 3, 3) from these into the view.
    log_scale: (..., J, 2) log of the expected error across the view and along it.
    """

    canonical: Tensor
    rotation: Tensor
    log_scale: Tensor

    @property
    def pose(self) -> Tensor:
        """(..., J, 3) in the view's axes."""
        return self.canonical @ self.rotation.transpose(-1, -2)


class ResidualBlock(nn.Module):
    """Two linear layers with a way around them (Martinez et al., ICCV 2017)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> the same."""
        inner = functional.leaky_relu(self.first(x), LEAK)
        return x + functional.leaky_relu(self.second(inner), LEAK)


class CanonicalLifter(nn.Module):
    """One frame at a time: a shared residual block, then a branch for the pose and the rotation.

    Wandt et al., "CanonPose", CVPR 2021, whose width is 1024. Two things differ. The rotation is
    two of its columns, not an axis with an angle, which jumps for performers seen from behind.
    And the net starts from somebody who stands upright and faces the phone: a flat pose and no
    rotation is a saddle that training without labels hardly leaves.
    """

    def __init__(self, width: int = 1024) -> None:
        super().__init__()
        self.width = width
        self.inlet = nn.Linear(3 * N_JOINTS, width)
        self.shared = ResidualBlock(width)
        self.pose_branch = nn.Sequential(ResidualBlock(width), ResidualBlock(width))
        self.rotation_branch = nn.Sequential(ResidualBlock(width), ResidualBlock(width))
        self.pose_head = nn.Linear(width, 3 * N_JOINTS)
        self.rotation_head = nn.Linear(width, 6)
        with torch.no_grad():
            self.pose_head.weight.mul_(0.1)
            self.pose_head.bias.copy_(torch.from_numpy(STANDING_POSE).flatten())
            self.rotation_head.bias.copy_(torch.tensor(_FACING))

    def forward(self, keypoints: Tensor) -> Lift:
        """(..., J, 3): x, y, confidence, each pose divided by its own size."""
        lead = keypoints.shape[:-2]
        hidden = functional.leaky_relu(self.inlet(keypoints.flatten(-2)), LEAK)
        hidden = self.shared(hidden)
        canonical = self.pose_head(self.pose_branch(hidden)).reshape(*lead, N_JOINTS, 3)
        rotation = sixd_to_rotmat(self.rotation_head(self.rotation_branch(hidden)))
        return Lift(canonical, rotation, canonical.new_zeros(*lead, N_JOINTS, 2))


class DepthLifter(nn.Module):
    """One frame at a time: the joints' depths. Chen et al., CVPR 2019, whose width is 1024."""

    def __init__(self, width: int = 1024) -> None:
        super().__init__()
        self.width = width
        self.inlet = nn.Linear(3 * N_JOINTS, width)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(4)))
        self.outlet = nn.Linear(width, N_JOINTS)

    def forward(self, keypoints: Tensor) -> Tensor:
        """(..., J, 3): x, y, confidence -> (..., J)."""
        hidden = functional.leaky_relu(self.inlet(keypoints.flatten(-2)), LEAK)
        return self.outlet(self.blocks(hidden))


class DomainAdapter(nn.Module):
    """By how much keypoints of another source are to be moved (Chen et al., CVPR 2019).

    One frame at a time; it starts from leaving them where they are.
    """

    def __init__(self, width: int = 1024) -> None:
        super().__init__()
        self.width = width
        self.inlet = nn.Linear(3 * N_JOINTS, width)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(2)))
        self.outlet = nn.Linear(width, 2 * N_JOINTS)
        nn.init.zeros_(self.outlet.weight)
        nn.init.zeros_(self.outlet.bias)

    def forward(self, keypoints: Tensor) -> Tensor:
        """(..., J, 3): x, y, confidence -> (..., J, 2)."""
        hidden = functional.leaky_relu(self.inlet(keypoints.flatten(-2)), LEAK)
        return self.outlet(self.blocks(hidden)).unflatten(-1, (N_JOINTS, 2))


class Critic(nn.Module):
    """How real 2D poses look, or their differences from frame to frame (Chen et al., CVPR 2019)."""

    def __init__(self, width: int = 1024) -> None:
        super().__init__()
        self.inlet = nn.Linear(2 * N_JOINTS, width)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(3)))
        self.outlet = nn.Linear(width, 1)

    def forward(self, points: Tensor) -> Tensor:
        """(..., J, 2) -> (...), the higher the more real."""
        hidden = functional.leaky_relu(self.inlet(points.flatten(-2)), LEAK)
        return self.outlet(self.blocks(hidden))[..., 0]


class TemporalLifter(nn.Module):
    """A clip at a time: dilated convolutions that see 2.7 s at 30 fps, an answer a frame.

    After Pavllo et al., "3D human pose estimation in video with temporal convolutions", CVPR
    2019; padded with "not seen", so that a clip's ends have answers too.
    """

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        self.width = width
        self.inlet = nn.Conv1d(3 * N_JOINTS, width, 3, padding=1)
        self.blocks = nn.ModuleList(_TemporalBlock(width, d) for d in DILATIONS)
        self.outlet = nn.Conv1d(width, 3 * N_JOINTS + 6 + 2 * N_JOINTS, 1)

    def forward(self, keypoints: Tensor) -> Lift:
        """(B, T, J, 3): x, y, confidence at 30 fps, sizes as `joints.scale_of` leaves them."""
        n_clips, n_frames = keypoints.shape[:2]
        hidden = self.inlet(keypoints.flatten(2).transpose(1, 2))
        for block in self.blocks:
            hidden = block(hidden)
        told = self.outlet(functional.leaky_relu(hidden, LEAK)).transpose(1, 2)
        canonical, rotation, log_scale = told.split([3 * N_JOINTS, 6, 2 * N_JOINTS], dim=-1)
        shape = (n_clips, n_frames, N_JOINTS, -1)
        return Lift(
            canonical.reshape(shape),
            sixd_to_rotmat(rotation),
            log_scale.reshape(shape).clamp(MIN_LOG_SCALE, 0.0),
        )


class _TemporalBlock(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.across = nn.Conv1d(width, width, 3, dilation=dilation, padding=dilation)
        self.norm_inner = nn.BatchNorm1d(width)
        self.within = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.across(functional.leaky_relu(self.norm(x), LEAK))
        return x + self.within(functional.leaky_relu(self.norm_inner(inner), LEAK))


Saved = CanonicalLifter | DepthLifter | TemporalLifter | DomainAdapter
N = TypeVar("N", bound=Saved)


def weights_of(net: nn.Module) -> dict[str, np.ndarray]:
    """Give a network's parameters and running means by name, as `weights.save_weights` wants."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in net.state_dict().items()}


def save_network(path: Path, net: Saved) -> None:
    """Write a network's weights, and what it takes to make it from them."""
    metadata = {"width": str(net.width), "licence": "GPL-3.0-or-later"}
    save_weights(path, weights_of(net), metadata)


def load_network(kind: type[N], path: Path) -> N:
    """Give a saved network, to use or to go on training. Raises InputError."""
    weights, metadata = load_weights(path)
    net = kind(int(metadata["width"]))
    net.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return net.eval()


def pretrained_lifter() -> TemporalLifter:
    """Give the temporal lifter that the solve uses. Raises InputError."""
    return load_network(TemporalLifter, PRETRAINED)


def choose_device(name: str = "auto") -> torch.device:
    """Turn "auto" into the fastest device there is; other names are taken as they are."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
