"""What keypoints say of points in space."""

import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.joints import HIPS, N_JOINTS  # noqa: E402
from mvmocap_core.lifting.volume.evidence import (  # noqa: E402
    agreement,
    evidence,
    in_view,
    meetings,
    rays,
    with_root,
)
from tests.core.lifting.volume.crowd import cameras, people, seen  # noqa: E402


@pytest.fixture
def scene() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Joints (J, 3), keypoints (1, V, J, 3) and cameras (1, V, 4, 4) of one person."""
    joints, T = people(1), cameras(2)
    keypoints = torch.from_numpy(seen(joints, T)[:, 0, 0])
    return torch.from_numpy(joints[0, 0]), keypoints[None], torch.from_numpy(T)[None]


def test_a_joint_lies_on_its_own_rays_in_every_view(scene):
    joints, keypoints, T = scene
    told = evidence(joints[None], keypoints, T, 0.1)
    own = told[0, :, torch.arange(N_JOINTS), torch.arange(N_JOINTS)]
    assert torch.allclose(own, torch.ones_like(own))


def test_evidence_falls_with_the_distance_from_the_ray_in_metres(scene):
    joints, keypoints, T = scene
    across = T[0, 0, 0, :3]
    told = evidence((joints[5] + 0.1 * across)[None, None], keypoints[:, :1], T[:, :1], 0.1)
    assert float(told[0, 0, 5, 0]) == pytest.approx(float(torch.tensor(-0.5).exp()), rel=0.02)


def test_a_wider_gaussian_of_one_view_reaches_further_in_that_view_alone(scene):
    joints, keypoints, T = scene
    point = (joints[5] + 0.15)[None, None]
    same = evidence(point, keypoints, T, 0.1)
    wide = evidence(point, keypoints, T, torch.tensor([[0.1, 0.3]], dtype=torch.float64))
    assert torch.equal(same[:, 0], wide[:, 0])
    assert float(wide[0, 1, 5, 0]) > float(same[0, 1, 5, 0])


def test_a_missing_joint_tells_nothing(scene):
    joints, keypoints, T = scene
    keypoints[0, 1, 5, 2] = 0.0
    told = evidence(joints[None], keypoints, T, 0.1)
    assert float(told[0, 1, 5].max()) == 0.0
    assert float(told[0, 0, 5].max()) == pytest.approx(1.0)


def test_points_behind_a_camera_have_finite_pictures():
    xy, depth = in_view(torch.tensor([[[0.0, 0.0, -3.0]]]), torch.eye(4)[None, None])
    assert torch.isfinite(xy).all()
    assert float(depth.min()) > 0.0


def test_agreement_is_high_only_where_all_views_agree():
    both, one = torch.ones(1, 2, 1, 1), torch.tensor([[[[1.0]], [[0.0]]]])
    assert float(agreement(both)[0, 1, 0]) > 6.0 * float(agreement(one)[0, 1, 0])


def test_the_root_is_between_the_hips_and_missing_with_either(scene):
    _, keypoints, _ = scene
    root = with_root(keypoints)[0, 0, -1]
    assert torch.allclose(root, keypoints[0, 0, list(HIPS)].mean(dim=0))
    keypoints[0, 0, HIPS[0], 2] = 0.0
    assert float(with_root(keypoints)[0, 0, -1, 2]) == 0.0


def test_rays_to_a_joint_meet_there_without_a_gap(scene):
    joints, keypoints, T = scene
    directions, centres = rays(keypoints, T)
    points, gap_m, way_m = meetings(
        directions[0, 0], directions[0, 1], centres[0, 0], centres[0, 1]
    )
    assert torch.allclose(points, joints, atol=1e-9)
    assert float(gap_m.max()) < 1e-9
    assert float(way_m.min()) > 2.0


def test_rays_that_pass_each_other_tell_the_gap_and_its_middle():
    x, y = torch.eye(3, dtype=torch.float64)[:2]
    middle, gap_m, way_m = meetings(x, y, -3.0 * x, torch.tensor([0.0, 2.0, 0.5]).double())
    assert torch.allclose(middle, torch.tensor([0.0, 0.0, 0.25], dtype=torch.float64))
    assert float(gap_m) == pytest.approx(0.5)
    assert float(way_m) == pytest.approx(-2.0)
