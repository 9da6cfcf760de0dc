"""The lifter in plain numpy gives the answers of the network that was trained."""

import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.lifting.joints import N_JOINTS
from mvmocap_core.lifting.lifting import lift, mirror, temporal_lifter
from mvmocap_core.lifting.weights import load_weights, save_weights


@pytest.fixture(scope="module")
def keypoints() -> np.ndarray:
    rng = np.random.default_rng(0)
    given = rng.normal(size=(70, N_JOINTS, 3)).astype(np.float32)
    given[..., 2] = rng.uniform(0.0, 1.0, size=given.shape[:2])
    return given


def test_numpy_and_the_trained_network_agree(keypoints):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from mvmocap_core.lifting.networks import TemporalLifter, weights_of

    torch.manual_seed(0)
    net = TemporalLifter(32)
    net.train()
    net(torch.randn(4, 60, N_JOINTS, 3))  # moves the running means away from their start
    net.eval()
    pose, log_scale = temporal_lifter(weights_of(net), keypoints)
    with torch.no_grad():
        expected = net(torch.from_numpy(keypoints)[None])
    assert np.allclose(pose, expected.pose[0].numpy(), atol=1e-4)
    assert np.allclose(log_scale, expected.log_scale[0].numpy(), atol=1e-4)


def test_the_mirrored_performer_is_lifted_to_the_mirrored_pose(keypoints):
    weights, _ = load_weights()
    pose, error = lift(weights, keypoints)
    mirrored, _ = lift(weights, mirror(keypoints))
    assert np.allclose(mirror(pose), mirrored, atol=1e-4)
    assert (error > 0).all()


def test_weights_come_back_as_they_were_kept(tmp_path):
    kept = {"a": np.array([[0.5, -2.0]], dtype=np.float32), "n": np.array(7)}
    save_weights(tmp_path / "net.safetensors", kept, {"width": "3"})
    weights, metadata = load_weights(tmp_path / "net.safetensors")
    assert metadata == {"width": "3"}
    assert np.array_equal(weights["a"], kept["a"])
    assert weights["n"] == 7


@pytest.mark.parametrize("content", [b"", b"\x10\0\0\0\0\0\0\0not json at all", b"\0" * 64])
def test_a_spoiled_file_of_weights_is_named(tmp_path, content):
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="net.safetensors"):
        load_weights(path)
