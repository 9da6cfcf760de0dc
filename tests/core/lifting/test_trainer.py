"""The trainer leaves a network as it found it, but for what it learnt."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.joints import N_JOINTS  # noqa: E402
from mvmocap_core.lifting.networks import TemporalLifter, weights_of  # noqa: E402
from mvmocap_core.lifting.trainer import TrainOptions, train  # noqa: E402


@pytest.mark.parametrize("is_training", [False, True])
def test_a_net_that_keeps_its_means_keeps_them_through_evaluations(tmp_path, is_training):
    torch.manual_seed(0)
    net = TemporalLifter(16).train(is_training)
    before = weights_of(net)["blocks.0.norm.running_mean"].copy()
    train(
        net,
        lambda rng, _: torch.from_numpy(rng.normal(size=(2, 8, N_JOINTS, 3)).astype(np.float32)),
        lambda net, keypoints, _: {"total": net(keypoints).pose.square().mean()},
        TrainOptions(steps=4, device="cpu", checkpoint_every=1),
        tmp_path,
        evaluate=lambda net: {"is_training": float(net.training)},
    )
    after = weights_of(net)["blocks.0.norm.running_mean"]
    assert np.array_equal(before, after) is not is_training
