"""The networks of `volume`: where people stand, how they pose, and which heat maps to believe.

After SelfPose3d (Srivastav et al., CVPR 2024), made small. The root network judges where rays meet
(see `roots`) instead of a whole room's cells; the pose network works on a coarse cube, since
`evidence` needs no fine one.
"""

from pathlib import Path
from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from mvmocap_core.lifting.joints import HIPS, N_JOINTS
from mvmocap_core.lifting.volume.evidence import FLOOR, agreement, evidence
from mvmocap_core.lifting.weights import load_weights

ROOT_FEATURES = 6 * N_JOINTS
POSE_SIGMA_M = 0.15
CUBE_CELLS, CUBE_M = 18, 2.61
_SHARP, _NEAR_GAIN = 3.0, 8.0


def cube_points() -> Tensor:
    """(CUBE_CELLS ** 3, 3) centres of a person's cube about its root, x fastest."""
    side = CUBE_M / CUBE_CELLS * (torch.arange(CUBE_CELLS) - 0.5 * (CUBE_CELLS - 1))
    return torch.stack(torch.meshgrid(side, side, side, indexing="ij")[::-1], dim=-1).reshape(-1, 3)


class RootNet(nn.Module):
    """How likely rays that meet are to one person, and where that person's root is.

    How near the rays to the hips pass each other counts as it is; the network adds what it knows
    of bodies, which at first is nothing.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(ROOT_FEATURES, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.outlet = nn.Linear(width, 4)
        nn.init.zeros_(self.outlet.weight)
        nn.init.zeros_(self.outlet.bias)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(..., ROOT_FEATURES) of `roots.candidates` -> logits (...), offsets (..., 3) metres."""
        told = self.outlet(self.layers(features))
        near = features.unflatten(-1, (N_JOINTS, -1))[..., list(HIPS), 1].mean(dim=-1)
        return told[..., 0] + _NEAR_GAIN * (near - 0.5), 0.1 * told[..., 1:]


class PoseNet(nn.Module):
    """A person's joints, from a cube about the root.

    What the views' rays say of every cell counts as it is; the network adds what it knows of
    bodies, which at first is nothing.
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.inlet = nn.Conv3d(2 * N_JOINTS, width, 1)
        self.down = nn.Conv3d(width, 2 * width, 2, stride=2)
        self.within = nn.ModuleList(nn.Conv3d(2 * width, 2 * width, 3, padding=1) for _ in range(3))
        self.up = nn.ConvTranspose3d(2 * width, width, 2, stride=2)
        self.outlet = nn.Conv3d(width, N_JOINTS, 1)
        self.log_sharp = nn.Parameter(torch.tensor(_SHARP).log())
        nn.init.zeros_(self.outlet.weight)
        nn.init.zeros_(cast("Tensor", self.outlet.bias))

    def forward(
        self,
        keypoints: Tensor,
        T_cam: Tensor,
        roots: Tensor,
        sigma_m: Tensor | float = POSE_SIGMA_M,
    ) -> Tensor:
        """A person's keypoints (B, V, J, 3) and root (B, 3) -> joints (B, J, 3).

        However many views there are, rays count like two: a peak narrower than half a cell would
        move to the cell's centre.
        """
        offsets = cube_points().to(keypoints)
        told = evidence(roots[:, None] + offsets, keypoints, T_cam, sigma_m)
        x = self.inlet(agreement(told).unflatten(2, (CUBE_CELLS,) * 3))
        inner = self.down(functional.relu(x))
        for layer in self.within:
            inner = inner + layer(functional.relu(inner))
        known = self.outlet(functional.relu(x + self.up(functional.relu(inner)))).flatten(2)
        trust = keypoints[..., 2:].square()
        rays = 2.0 * (trust * ((told + FLOOR) / (1.0 + FLOOR)).log()).mean(dim=1)
        share = torch.softmax(self.log_sharp.exp() * rays + known, dim=-1)
        return roots[:, None] + share @ offsets


class AttentionNet(nn.Module):
    """Which parts of the pseudo labels' heat maps to believe; 1 everywhere at first."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        first = nn.Conv2d(N_JOINTS, width, 5, stride=2, padding=2)
        second = nn.Conv2d(width, width, 3, padding=1)
        last = nn.Conv2d(width, N_JOINTS, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(cast("Tensor", last.bias))
        self.layers = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), last)

    def forward(self, maps: Tensor) -> Tensor:
        """Heat maps (B, J, H, W) with their confidence -> weights in (0, 2)."""
        weight = 2.0 * torch.sigmoid(self.layers(maps))
        return functional.interpolate(weight, size=maps.shape[-2:], mode="bilinear")


N = TypeVar("N", RootNet, PoseNet)


def load_volume(kind: type[N], path: Path) -> N:
    """Give a trained network. Raises InputError if the weights are missing."""
    weights, _ = load_weights(path)
    net = kind()
    net.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return net.eval()
