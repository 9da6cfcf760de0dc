"""Losses of SelfPose3d: what they want, and that their gradients are theirs."""

import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.volume import losses  # noqa: E402


@pytest.fixture
def points() -> torch.Tensor:
    """(V, M, J, 2) pixels of maps."""
    generator = torch.Generator().manual_seed(0)
    return 20.0 + 24.0 * torch.rand(2, 2, 3, 2, generator=generator, dtype=torch.float64)


def ones(points: torch.Tensor) -> torch.Tensor:
    return torch.ones(points.shape[:-1], dtype=points.dtype)


def test_a_map_is_highest_at_its_point_and_three_pixels_wide():
    at = torch.tensor([[[10.5, 30.5]]], dtype=torch.float64)
    drawn = losses.draw(at, ones(at))[0]
    assert float(drawn[30, 10]) == pytest.approx(1.0)
    assert float(drawn[30, 13]) == pytest.approx(float(torch.tensor(-0.5).exp()))


def test_whoever_explains_a_label_the_loss_is_zero(points):
    drawn, labels = losses.draw(points, ones(points)), losses.draw(points.flip(1), ones(points))
    assert float(losses.heat_map_loss(drawn, labels, None)) == pytest.approx(0.0, abs=1e-12)


def test_a_person_who_is_not_there_is_not_drawn(points):
    amplitude = ones(points)
    amplitude[:, 1] = 0.0
    assert torch.equal(
        losses.draw(points, amplitude), losses.draw(points[:, :1], ones(points)[:, :1])
    )


def test_attention_may_look_away_but_pays_for_it(points):
    labels = losses.draw(points, ones(points))
    drawn = losses.draw(points + 4.0, ones(points))
    full = float(losses.heat_map_loss(drawn, labels, torch.ones_like(drawn)))
    assert full == pytest.approx(float(losses.heat_map_loss(drawn, labels, None)))
    assert float(losses.heat_map_loss(drawn, labels, torch.zeros_like(drawn))) == pytest.approx(0.1)


def test_the_worst_view_is_dropped_but_two_remain():
    apart = torch.tensor([0.1, 0.2, 0.9])[None, :, None, None] * torch.ones(1, 3, 4, 2)
    sure = torch.ones(1, 3, 4)
    assert float(losses.joint_loss(apart, sure)) == pytest.approx(0.3)
    assert float(losses.joint_loss(apart, sure, drops_worst=False)) == pytest.approx(0.8)
    assert float(losses.joint_loss(apart[:, 1:], sure[:, 1:])) == pytest.approx(1.1)


def test_joints_without_a_label_do_not_count():
    apart = torch.ones(2, 2, 3, 2)
    confidence = torch.ones(2, 2, 3)
    apart[0, 0, 1], confidence[0, 0, 1] = 100.0, 0.0
    confidence[1] = 0.0
    assert float(losses.joint_loss(apart, confidence)) == pytest.approx(2.0)


def test_affine_turns_and_scales():
    A = losses.affine(torch.tensor(torch.pi / 2), torch.tensor(2.0))
    assert torch.allclose(A @ torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0]), atol=1e-6)


def test_root_loss_is_least_where_meetings_are_judged_and_moved_right():
    to_root = torch.tensor([[0.1, 0.0, 0.0], [torch.nan] * 3])
    sure, unsure = torch.tensor([8.0, -8.0]), torch.zeros(2)
    moved = torch.tensor([[0.1, 0.0, 0.0], [5.0, 5.0, 5.0]])
    assert float(losses.root_loss(sure, moved, to_root)) < 0.01
    assert float(losses.root_loss(unsure, moved, to_root)) > 0.5
    assert float(losses.root_loss(sure, torch.zeros(2, 3), to_root)) == pytest.approx(0.1, abs=0.01)


def test_gradients_are_exact(points):
    labels = losses.draw(points, ones(points))
    attention = (0.5 + torch.rand(labels.shape, dtype=torch.float64)).requires_grad_()
    off = (points[:1, :, :1] + 1.0).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda p: losses.heat_map_loss(losses.draw(p, ones(p)), labels[:1, :1], None), (off,)
    )
    shown = attention[:, :, :4, :4].detach().requires_grad_()
    drawn, wanted = labels[..., :4, :4], labels[..., 20:24, 20:24]
    assert torch.autograd.gradcheck(lambda a: losses.heat_map_loss(drawn, wanted, a), (shown,))
    apart = torch.randn(2, 3, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    sure = torch.ones(2, 3, 2, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda a: losses.joint_loss(a, sure), (apart.requires_grad_(),))
    logits, to_root = torch.randn(3).double().requires_grad_(), torch.zeros(3, 3).double()
    to_root[0] = torch.nan
    offsets = torch.full((3, 3), 0.2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: losses.root_loss(a, b, to_root), (logits, offsets))
