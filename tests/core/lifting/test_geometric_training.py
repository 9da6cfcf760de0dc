"""Training by critics: whose turn it is learns."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.joints import N_JOINTS  # noqa: E402
from training.geometric import GeometricNet, geometric_losses, random_batch  # noqa: E402
from training.multi_view import TAKE_FRAMES, Pool  # noqa: E402


@pytest.fixture
def pool() -> Pool:
    keypoints = torch.rand(3, TAKE_FRAMES, 2, N_JOINTS, 3, generator=torch.Generator())
    return Pool(keypoints, torch.zeros_like(keypoints), keypoints[..., :2])


@pytest.mark.parametrize("is_critics_turn", [True, False])
def test_in_the_critics_turn_the_lifter_rests(pool, is_critics_turn):
    net = GeometricNet(8)
    batch = (*random_batch(np.random.default_rng(0), 0.0, pool)[:4], is_critics_turn)
    geometric_losses(net, batch, torch.device("cpu"), with_critics=True)["total"].backward()
    assert all(p.grad is not None for p in net.pose_critic.parameters())
    assert any(p.grad is not None for p in net.lifter.parameters()) is not is_critics_turn


def test_without_critics_only_the_way_there_and_back_and_the_body_count(pool):
    net = GeometricNet(8)
    batch = random_batch(np.random.default_rng(0), 0.0, pool)
    losses = geometric_losses(net, batch, torch.device("cpu"), with_critics=False)
    losses["total"].backward()
    assert set(losses) == {"image", "space", "bones", "symmetry", "mirror", "total"}
    assert all(p.grad is None for p in net.pose_critic.parameters())
