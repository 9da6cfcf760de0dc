"""Keypoints of another detector, moved to where the lifter's own has them."""

import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting import geometric  # noqa: E402
from mvmocap_core.lifting.joints import HIPS, N_JOINTS, STANDING_POSE  # noqa: E402
from mvmocap_core.lifting.networks import (  # noqa: E402
    Critic,
    DomainAdapter,
    load_network,
    save_network,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def poses(n: int, seed: int, *, is_other: bool) -> torch.Tensor:
    """(N, J, 3) people who wave about, normalised, and confidence; the other marks high hips."""
    generator = torch.Generator().manual_seed(seed)
    flat = torch.from_numpy(STANDING_POSE[:, [0, 2]]).float() * torch.tensor([1.0, -1.0])
    xy = flat + 0.03 * torch.randn(n, N_JOINTS, 2, generator=generator)
    if is_other:
        xy[:, HIPS, 1] -= 0.08
    xy, _ = geometric.normalise(xy)
    return torch.cat([xy, torch.ones(n, N_JOINTS, 1)], dim=-1)


def gap(first: torch.Tensor, second: torch.Tensor) -> float:
    """Between the mean poses of two sources, as critics are shown them."""
    apart = geometric.shown(first.mean(dim=0) - second.mean(dim=0))
    return float(apart.norm(dim=-1).mean())


def test_an_adapter_begins_by_leaving_keypoints_where_they_are():
    other = poses(4, 0, is_other=True)
    xy, moved = geometric.adapted(DomainAdapter(8), other[..., :2], other[..., 2:])
    assert torch.allclose(xy, other[..., :2], atol=1e-6)
    assert float(moved.detach().abs().max()) == 0.0


class Knows(torch.nn.Module):
    """A critic that knows which way poses of one source differ from the other's."""

    def __init__(self, own: torch.Tensor, other: torch.Tensor) -> None:
        super().__init__()
        apart = geometric.shown(own - other).mean(dim=0)
        self.way = apart / apart.norm()

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        return (points * self.way).sum(dim=(-2, -1))


def test_the_adapter_moves_keypoints_the_way_that_makes_them_look_like_the_others():
    own, other = poses(64, 1, is_other=False), poses(64, 2, is_other=True)
    critic, adapter = Knows(own[..., :2], other[..., :2]), DomainAdapter(16)
    told = geometric.adapter_losses(adapter, critic, own, other, torch.full((64, 1, 1), 0.5))
    (told["domain_critic"] + geometric.MOVED_WEIGHT * told["moved"]).backward()
    torch.optim.SGD(adapter.parameters(), lr=0.02).step()
    with torch.no_grad():
        xy, _ = geometric.adapted(adapter, other[..., :2], other[..., 2:])
    assert gap(xy, own[..., :2]) < 0.5 * gap(other[..., :2], own[..., :2])


def test_corrections_have_a_price():
    adapter = DomainAdapter(8)
    other = poses(4, 0, is_other=True)
    torch.nn.init.constant_(adapter.outlet.bias, 0.1)
    told = geometric.adapter_losses(
        adapter, Critic(8), poses(4, 1, is_other=False), other, torch.full((4, 1, 1), 0.5)
    )
    assert float(told["moved"].detach()) == pytest.approx(0.01 * 2 * N_JOINTS, rel=1e-4)


def test_in_the_critics_turn_the_adapter_rests():
    adapter, critic = DomainAdapter(8), Critic(8)
    own, other = poses(3, 0, is_other=False), poses(3, 1, is_other=True)
    told = geometric.adapter_losses(
        adapter, critic, own, other, torch.full((3, 1, 1), 0.5), is_critics_turn=True
    )
    sum(told.values()).backward()
    assert all(p.grad is None for p in adapter.parameters())
    assert critic.inlet.weight.grad is not None


def test_gradient_of_the_adapters_losses():
    adapter, critic = DomainAdapter(4).double(), Critic(4).double()
    own, other = (poses(2, k, is_other=bool(k)).double() for k in (0, 1))
    mix = torch.full((2, 1, 1), 0.3, dtype=torch.float64)
    bias = adapter.outlet.bias

    def moved(given: torch.Tensor) -> torch.Tensor:
        changed = {**dict(adapter.named_parameters()), "outlet.bias": given}
        as_changed = lambda points: torch.func.functional_call(adapter, changed, (points,))  # noqa: E731
        return geometric.adapter_losses(as_changed, critic, own, other, mix)["moved"]

    start = (bias.detach() + 0.1).requires_grad_()
    assert torch.autograd.gradcheck(moved, (start,), atol=1e-6)


def test_a_saved_adapter_comes_back(tmp_path):
    adapter = DomainAdapter(8)
    torch.nn.init.normal_(adapter.outlet.weight)
    save_network(tmp_path / "net.safetensors", adapter)
    keypoints = torch.randn(3, N_JOINTS, 3)
    again = load_network(DomainAdapter, tmp_path / "net.safetensors")
    assert torch.allclose(again(keypoints), adapter(keypoints), atol=1e-2)
