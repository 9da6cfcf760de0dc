"""All views of a take fused: what one view only guesses, another has measured."""

import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.fused_views import fused_poses, take_rotations  # noqa: E402
from mvmocap_core.lifting.joints import N_JOINTS, STANDING_POSE  # noqa: E402
from mvmocap_core.lifting.networks import Lift  # noqa: E402
from mvmocap_core.lifting.rotations import rotvec_to_rotmat  # noqa: E402

N_FRAMES = 12
CAMERAS = rotvec_to_rotmat(
    torch.tensor([[1.5, 0.1, 0.0], [1.2, -1.0, 0.8], [0.4, 1.9, 1.6]], dtype=torch.float64)
)


def noise(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def truth() -> torch.Tensor:
    """(T, V, J, 3) somebody who waves about, as three still cameras see it."""
    pose = torch.from_numpy(STANDING_POSE) + 0.05 * noise(N_FRAMES, N_JOINTS, 3, seed=0)
    return torch.einsum("vac,tjc->tvja", CAMERAS, pose)


@pytest.fixture
def keypoints(truth: torch.Tensor) -> torch.Tensor:
    sure = torch.ones(*truth.shape[:-1], 1, dtype=torch.float64)
    return torch.cat([3.0 * truth[..., :2], sure], dim=-1)  # of any size


def lifted(truth: torch.Tensor, depth_error: float, turn_error: float) -> Lift:
    """Poses with wrong depths in frames that are turned wrongly, differently in every frame."""
    off = noise(*truth.shape[:-1], seed=1) * depth_error
    wrong = truth + off[..., None] * torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    turns = rotvec_to_rotmat(turn_error * noise(N_FRAMES, len(CAMERAS), 3, seed=2))
    rotation = turns @ CAMERAS
    canonical = wrong @ rotation
    return Lift(canonical, rotation, torch.zeros(*truth.shape[:-1], 2))


def batch(lift: Lift) -> Lift:
    return Lift(lift.canonical[None], lift.rotation[None], lift.log_scale[None])


def error(pose: torch.Tensor, truth: torch.Tensor) -> float:
    """After the best scale."""
    scale = (pose * truth).sum() / pose.square().sum()
    return float((scale * pose - truth).norm(dim=-1).mean())


def test_exact_lifts_stay_as_they_are(truth, keypoints):
    fused = fused_poses(batch(lifted(truth, 0.0, 0.0)), keypoints[None])[0]
    assert error(fused, truth) < 1e-6


def test_wrong_depths_and_turns_are_put_right_by_the_other_views(truth, keypoints):
    lift = lifted(truth, 0.08, 0.2)
    fused = fused_poses(batch(lift), keypoints[None])[0]
    assert error(fused, truth) < 0.25 * error(lift.pose, truth)


def test_improving_the_rotations_helps(truth, keypoints):
    lift = batch(lifted(truth, 0.08, 0.3))
    as_lifted = fused_poses(lift, keypoints[None], n_turns=0)[0]
    turned = fused_poses(lift, keypoints[None], n_turns=3)[0]
    assert error(turned, truth) < 0.9 * error(as_lifted, truth)


def test_a_joint_that_one_view_misses_comes_from_the_others(truth, keypoints):
    spoilt = keypoints.clone()
    spoilt[:, 0, 7, :2] += 5.0
    spoilt[:, 0, 7, 2] = 0.0
    fused = fused_poses(batch(lifted(truth, 0.02, 0.05)), spoilt[None])[0]
    assert error(fused[:, 0, 7], truth[:, 0, 7]) < 0.05


def test_rotations_of_a_take_agree_with_every_pair_and_are_no_mirrors():
    rotation = CAMERAS.expand(1, N_FRAMES, 3, 3, 3)
    found = take_rotations(rotation, torch.ones(1, N_FRAMES, 3))[0]
    between = found[0] @ found[1].T
    assert torch.allclose(between, CAMERAS[0] @ CAMERAS[1].T, atol=1e-6)
    assert torch.allclose(torch.linalg.det(found), torch.ones(3, dtype=torch.float64))
