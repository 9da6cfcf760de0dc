"""Consistency of two views: the alignment, its gradient, and what the loss cannot be fooled by."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.geometry.alignment import similarity_transform  # noqa: E402
from mvmocap_core.lifting.rotations import rotvec_to_rotmat, sixd_to_rotmat  # noqa: E402
from mvmocap_core.lifting.two_views import (  # noqa: E402
    align,
    consistency_loss,
    nearest_rotation,
    reprojection_loss,
    velocity_loss,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def _random(*shape: int):
    return torch.randn(*shape, dtype=torch.float64)


def _moved(points, scale: float = 1.7):
    R = rotvec_to_rotmat(torch.tensor([0.4, -1.2, 0.9], dtype=torch.float64))
    return scale * points @ R.T + torch.tensor([0.3, -2.0, 5.0], dtype=torch.float64)


def test_alignment_equals_the_projects_own_similarity():
    source, target = _random(20, 3), _random(20, 3)
    weight = torch.rand(20, dtype=torch.float64)
    ours = align(source, target, weight).numpy()
    theirs = similarity_transform(source.numpy(), target.numpy(), weights=weight.numpy())
    assert np.allclose(ours, theirs.apply(source.numpy()))


def test_reflections_are_not_used_to_align():
    source = _random(9, 3)
    mirrored = source * torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)
    R = nearest_rotation(mirrored.T @ source)
    assert torch.linalg.det(R) == pytest.approx(1.0)


def test_gradient_of_the_nearest_rotation():
    M = _random(4, 3, 3).requires_grad_()
    assert torch.autograd.gradcheck(nearest_rotation, (M,), atol=1e-5)


def test_gradient_of_the_nearest_rotation_is_finite_for_flat_points():
    flat = _random(8, 3) * torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    M = (flat.T @ flat).requires_grad_()
    (nearest_rotation(M) * _random(3, 3)).sum().backward()
    assert torch.isfinite(M.grad).all()


@pytest.mark.parametrize("per_frame", [False, True])
def test_gradient_of_the_consistency_loss(per_frame: bool):
    first, second = _random(2, 3, 5, 3).requires_grad_(), _random(2, 3, 5, 3).requires_grad_()
    weight = torch.rand(2, 3, 5, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda a, b: consistency_loss(a, b, weight, per_frame=per_frame), (first, second), atol=1e-5
    )


def test_views_of_one_shape_are_consistent_whatever_the_cameras():
    first = _random(2, 6, 7, 3)
    loss = consistency_loss(first, _moved(first), torch.ones(2, 6, 7, dtype=torch.float64))
    assert float(loss) < 1e-5


def test_consistency_cannot_be_bought_with_small_poses():
    first, second = _random(1, 6, 7, 3), _random(1, 6, 7, 3)
    weight = torch.ones(1, 6, 7, dtype=torch.float64)
    whole = consistency_loss(first, second, weight)
    assert float(consistency_loss(0.1 * first, 0.1 * second, weight)) == pytest.approx(float(whole))


def test_one_alignment_a_frame_forgives_a_camera_that_moves():
    first = _random(1, 6, 7, 3)
    turned = torch.stack(
        [
            first[0, k] @ rotvec_to_rotmat(torch.tensor([0.0, 0.3 * k, 0.0]).double()).T
            for k in range(6)
        ]
    )[None]
    weight = torch.ones(1, 6, 7, dtype=torch.float64)
    assert float(consistency_loss(first, turned, weight, per_frame=True)) < 1e-5
    assert float(consistency_loss(first, turned, weight)) > 0.1


def test_missing_joints_do_not_count():
    first, second = _random(1, 4, 6, 3), None
    second = _moved(first)
    second[:, :, 2] += 100.0
    weight = torch.ones(1, 4, 6, dtype=torch.float64)
    weight[:, :, 2] = 0.0
    assert float(consistency_loss(first, second, weight)) < 1e-5


def _photographed(pose, distance: float):
    """Keypoints of poses (..., J, 3) over their size, and that size."""
    flat = pose[..., :2] / (pose[..., 2:] + distance)
    size = flat.square().sum(dim=-1).mean(dim=-1).sqrt()
    sure = torch.rand(*pose.shape[:-1], 1, dtype=torch.float64)
    return torch.cat([flat / size[..., None, None], sure], dim=-1), size


@pytest.mark.parametrize("distance", [1.5, 4.0])
def test_a_true_pose_costs_nothing_from_any_distance(distance):
    pose = 0.2 * _random(3, 6, 3)
    keypoints, size = _photographed(pose, distance)
    assert float(reprojection_loss(pose, keypoints, size)) < 1e-5
    assert float(reprojection_loss(1.3 * pose, keypoints, size)) < 1e-5
    assert float(reprojection_loss(pose.flip(-2), keypoints, size)) > 0.1


def test_near_by_the_mirrored_depth_costs():
    pose = 0.2 * _random(3, 6, 3)
    mirrored = pose * torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)
    near, far = (
        float(reprojection_loss(mirrored, *_photographed(pose, distance)))
        for distance in (1.5, 50.0)
    )
    assert near > 0.02 > far


def test_gradients_of_reprojection_and_velocity():
    pose = (0.2 * _random(2, 4, 6, 3)).requires_grad_()
    keypoints, size = _photographed(0.2 * _random(2, 4, 6, 3), 2.0)
    truth = _random(2, 4, 6, 3)
    assert torch.autograd.gradcheck(
        lambda p: reprojection_loss(p, keypoints, size), (pose,), atol=1e-5
    )
    assert torch.autograd.gradcheck(lambda p: velocity_loss(p, truth), (pose,), atol=1e-5)


def test_rotations_are_rotations_and_smooth_at_zero():
    rotvec = torch.cat([_random(5, 3), torch.zeros(1, 3, dtype=torch.float64)])
    for R in (rotvec_to_rotmat(rotvec), sixd_to_rotmat(_random(6, 6))):
        eye = torch.eye(3, dtype=torch.float64).expand(6, 3, 3)
        assert torch.allclose(R @ R.transpose(-1, -2), eye, atol=1e-9)
        assert torch.allclose(torch.linalg.det(R), torch.ones(6, dtype=torch.float64))
    assert torch.autograd.gradcheck(rotvec_to_rotmat, (rotvec.requires_grad_(),), atol=1e-5)
