"""Geometric self-supervision: there and back costs the truth nothing, and critics play fair."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting import geometric  # noqa: E402
from mvmocap_core.lifting.joints import HIPS, N_JOINTS, STANDING_POSE  # noqa: E402
from mvmocap_core.lifting.networks import Critic, DepthLifter  # noqa: E402

UNIT = 0.375  # stature of the distance from head to root


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def standing(n: int) -> torch.Tensor:
    """(N, J, 3) people about as tall as an average adult, ten units away, facing anywhere."""
    axes = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    pose = torch.from_numpy(STANDING_POSE) @ axes.T / UNIT
    pose = pose - pose[list(HIPS)].mean(dim=0)
    turns = geometric.random_turns(np.random.default_rng(0), n).double()
    return pose @ turns.transpose(-1, -2)


class Remembers(torch.nn.Module):
    """Knows the depths of poses by their keypoints."""

    def __init__(self, poses: torch.Tensor) -> None:
        super().__init__()
        self.depths = poses[..., 2]
        self.keypoints = geometric.normalise(geometric.project(poses))[0].flatten(-2)

    def forward(self, keypoints: torch.Tensor) -> torch.Tensor:
        shown = keypoints[..., :2].flatten(-2)
        shown = shown / shown.norm(dim=-1, keepdim=True)
        known = self.keypoints / self.keypoints.norm(dim=-1, keepdim=True)
        return self.depths[torch.cdist(shown, known).argmin(dim=-1)]


def test_a_standing_adults_head_is_a_tenth_from_the_root():
    pose = standing(1)
    xy, _ = geometric.normalise(geometric.project(pose))
    assert float(xy[0, 0].norm()) == pytest.approx(0.1, rel=0.15)
    assert torch.allclose(geometric.normalise(7.0 * xy + 3.0)[0], xy)


def test_the_root_stays_ten_units_away_and_nobody_comes_too_near():
    net = DepthLifter(16).double()
    xy = 0.1 * torch.randn(3, N_JOINTS, 2, dtype=torch.float64)
    with torch.no_grad():
        net.outlet.bias.copy_(torch.linspace(-50.0, 50.0, N_JOINTS))
        pose = geometric.lift(net, xy, torch.ones(3, N_JOINTS, 1, dtype=torch.float64))
    assert float(pose[..., 2].min()) >= 1.0 - geometric.DISTANCE
    assert torch.allclose(geometric.project(pose), xy)


def test_true_depths_cost_nothing_there_and_back_and_flat_ones_do():
    poses = standing(4)
    turns = geometric.random_turns(np.random.default_rng(1), 4).double()
    seen = torch.cat([poses, poses @ turns.transpose(-1, -2)])
    xy, size = geometric.normalise(geometric.project(poses))
    sure = torch.ones(4, N_JOINTS, 1, dtype=torch.float64)
    made, true = geometric.there_and_back(Remembers(seen), xy, sure, turns)
    expected, _ = geometric.normalise(geometric.project(seen[4:]))
    assert size.sub(1.0).abs().max() < 0.3
    assert torch.allclose(made, expected, atol=0.02)  # people are not all as large as the average
    flat = torch.nn.Module()
    flat.forward = lambda keypoints: torch.zeros(keypoints.shape[:-1], dtype=torch.float64)
    _, wrong = geometric.there_and_back(flat, xy, sure, turns)
    assert float(true["image"]) < 0.2 * float(wrong["image"])


def test_turns_are_rotations_from_any_side_and_not_from_far_above():
    turns = geometric.random_turns(np.random.default_rng(2), 200)
    assert torch.allclose(
        turns @ turns.transpose(-1, -2), torch.eye(3).expand(200, 3, 3), atol=1e-5
    )
    tilt = torch.rad2deg(torch.arccos(turns[:, 1, 1]))
    assert float(tilt.max()) <= 20.0 + 1e-3
    assert float(turns[:, 0, 0].min()) < -0.9


def test_gradients_there_and_back():
    net = DepthLifter(8).double()
    xy = (0.1 * torch.randn(2, N_JOINTS, 2, dtype=torch.float64)).requires_grad_()
    turns = geometric.random_turns(np.random.default_rng(3), 2).double()
    sure = torch.ones(2, N_JOINTS, 1, dtype=torch.float64)

    def total(xy: torch.Tensor) -> torch.Tensor:
        _, losses = geometric.there_and_back(net, xy, sure, turns)
        return losses["image"] + losses["space"]

    assert torch.autograd.gradcheck(total, (xy,), atol=1e-5)


def test_the_critic_and_what_it_judges_pull_opposite_ways():
    critic = Critic(16).double()
    real, made = (torch.randn(5, N_JOINTS, 2, dtype=torch.float64) for _ in range(2))
    made.requires_grad_()
    mix = torch.rand(5, 1, 1, dtype=torch.float64)
    geometric.adversarial_loss(critic, real, made, mix).backward()
    step = 1e-3 * made.grad / made.grad.norm()
    with torch.no_grad():
        better = critic(made - step).mean()  # downhill, for what made it
        assert float(better) > float(critic(made).mean())


def test_gradient_of_the_critics_loss():
    critic = Critic(4).double()
    real, made = (torch.randn(2, N_JOINTS, 2, dtype=torch.float64) for _ in range(2))
    mix = torch.rand(2, 1, 1, dtype=torch.float64)
    bias = critic.inlet.bias

    def loss(given: torch.Tensor) -> torch.Tensor:
        changed = {**dict(critic.named_parameters()), "inlet.bias": given}
        as_changed = lambda points: torch.func.functional_call(critic, changed, (points,))  # noqa: E731
        return geometric.adversarial_loss(as_changed, real, made, mix)

    assert torch.autograd.gradcheck(loss, (bias.detach().requires_grad_(),), atol=1e-5)
