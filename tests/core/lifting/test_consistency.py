"""Fine-tuning on several views: one shape in all views costs nothing, different shapes do."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.consistency import Clips, two_view_losses  # noqa: E402
from mvmocap_core.lifting.joints import HIPS, N_JOINTS, STANDING_POSE  # noqa: E402
from mvmocap_core.lifting.networks import Lift  # noqa: E402
from mvmocap_core.lifting.rotations import rotvec_to_rotmat  # noqa: E402

TURNS = torch.tensor([[0.0, 0.2, 0.0], [0.1, 1.5, 0.0], [0.0, -2.0, 0.1]])


class Perfect(torch.nn.Module):
    """Knows the shape and every view's rotation; bends the last view's left wrist by `bend`."""

    def __init__(self, bend: float) -> None:
        super().__init__()
        self.bend = bend

    def forward(self, keypoints: torch.Tensor) -> Lift:
        n, n_frames = keypoints.shape[:2]
        canonical = torch.from_numpy(STANDING_POSE).float().expand(n, n_frames, N_JOINTS, 3).clone()
        canonical[-1, :, 7, 1] += self.bend
        rotation = rotvec_to_rotmat(TURNS)[:, None].expand(n, n_frames, 3, 3)
        return Lift(canonical, rotation, torch.zeros(n, n_frames, N_JOINTS, 2))


@pytest.fixture
def takes() -> Clips:
    """One take of five frames, three phones two statures away."""
    pose = torch.from_numpy(STANDING_POSE).float() @ rotvec_to_rotmat(TURNS).transpose(-1, -2)
    pose = (pose - pose[:, HIPS].mean(dim=1, keepdim=True))[:, None].expand(3, 5, N_JOINTS, 3)
    keypoints = torch.cat(
        [pose[..., :2] / (pose[..., 2:] + 2.0), torch.ones(3, 5, N_JOINTS, 1)], -1
    )
    return Clips(keypoints[None], torch.ones(1, 3, 5))


def test_one_shape_in_all_views_costs_nothing(takes):
    losses = two_view_losses(Perfect(0.0), takes, torch.device("cpu"), consistency=1.0)
    assert all(float(loss) < 1e-4 for loss in losses.values())


def test_a_wrist_that_only_one_view_bends_costs_consistency(takes):
    bent = two_view_losses(Perfect(0.3), takes, torch.device("cpu"), consistency=1.0)
    assert float(bent["consistency"]) > 0.01
    without = two_view_losses(Perfect(0.3), takes, torch.device("cpu"), consistency=0.0)
    assert float(without["total"]) == pytest.approx(
        float(bent["total"] - bent["consistency"]), abs=1e-5
    )


def test_known_cameras_tell_which_way_a_shape_is_turned(takes):
    known = replace(
        takes, R_crop_world=rotvec_to_rotmat(TURNS)[None, :, None].expand(1, 3, 5, 3, 3)
    )
    losses = two_view_losses(Perfect(0.0), known, torch.device("cpu"))
    assert float(losses["consistency"]) < 1e-4
    wrong = replace(takes, R_crop_world=torch.eye(3).expand(1, 3, 5, 3, 3))
    assert float(two_view_losses(Perfect(0.0), wrong, torch.device("cpu"))["consistency"]) > 0.1
