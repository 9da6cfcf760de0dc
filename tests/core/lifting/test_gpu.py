"""Training on a GPU: the same losses as on the processor, and going on where it was interrupted."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.consistency import Clips, fine_tune  # noqa: E402
from mvmocap_core.lifting.joints import N_JOINTS, STANDING_POSE  # noqa: E402
from mvmocap_core.lifting.networks import (  # noqa: E402
    TemporalLifter,
    choose_device,
    pretrained_lifter,
    weights_of,
)
from mvmocap_core.lifting.trainer import TrainOptions, train  # noqa: E402

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(choose_device().type == "cpu", reason="no GPU that PyTorch can use"),
]
OPTIONS = TrainOptions(steps=20, device="auto", checkpoint_every=10)


def batch(rng: np.random.Generator, _: float) -> torch.Tensor:
    return torch.from_numpy(rng.normal(size=(4, 32, N_JOINTS, 3)).astype(np.float32))


def losses(net, keypoints, device):
    standing = torch.from_numpy(STANDING_POSE).float().to(device)
    return {"total": (net(keypoints.to(device)).pose - standing).square().mean()}


def net() -> TemporalLifter:
    torch.manual_seed(0)
    return TemporalLifter(32)


def test_a_gpu_learns_what_the_processor_learns(tmp_path):
    by_gpu = train(net(), batch, losses, OPTIONS, tmp_path / "gpu")
    on_cpu = replace(OPTIONS, device="cpu")
    by_cpu = train(net(), batch, losses, on_cpu, tmp_path / "cpu")
    assert by_gpu[-1]["total"] < by_gpu[0]["total"]
    assert by_gpu[-1]["total"] == pytest.approx(by_cpu[-1]["total"], rel=0.1)


def test_a_run_on_a_gpu_goes_on_where_it_was_interrupted(tmp_path):
    def interrupted(rng: np.random.Generator, done: float) -> torch.Tensor:
        if done >= 0.75:
            raise KeyboardInterrupt
        return batch(rng, done)

    whole, halves = net(), net()
    train(whole, batch, losses, OPTIONS, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(net(), interrupted, losses, OPTIONS, tmp_path / "halves")
    train(halves, batch, losses, OPTIONS, tmp_path / "halves")
    for name, weights in weights_of(whole).items():
        assert np.allclose(weights, weights_of(halves)[name], atol=1e-2), name


def test_a_take_trains_the_pretrained_lifter_on_a_gpu():
    rng = np.random.default_rng(0)
    keypoints = torch.from_numpy(rng.normal(size=(1, 2, 60, N_JOINTS, 3)).astype(np.float32)).abs()
    take = Clips(keypoints, 0.1 * torch.ones(1, 2, 60))
    adapted, says = pretrained_lifter(), iter([2.0, 1.0, 3.0])
    before = weights_of(adapted)["outlet.weight"].copy()
    assert fine_tune(adapted, take, lambda net: next(says), device="auto") == [2.0, 1.0, 3.0]
    assert next(adapted.parameters()).device.type == choose_device().type
    assert not np.array_equal(weights_of(adapted)["outlet.weight"], before)
