"""CanonPose's losses, self-fusion, and the companions that close what they leave open."""

import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.canon_pose import (  # noqa: E402
    canon_pose_losses,
    image_distance,
    normalise,
)
from mvmocap_core.lifting.companions import (  # noqa: E402
    bone_variation_loss,
    mirror_loss,
    proportion_loss,
    size_loss,
    standing_loss,
    symmetry_loss,
)
from mvmocap_core.lifting.cross_view_fusion import Fusion, fuse, fusion_losses  # noqa: E402
from mvmocap_core.lifting.joints import (  # noqa: E402
    HIPS,
    JOINT,
    N_JOINTS,
    STANDING_POSE,
)
from mvmocap_core.lifting.networks import Lift  # noqa: E402
from mvmocap_core.lifting.rotations import rotvec_to_rotmat  # noqa: E402

TURNS = torch.tensor([[0.0, 0.2, 0.0], [0.1, 1.5, 0.0]], dtype=torch.float64)
PARTNER = torch.tensor([1, 0, 2])
WRIST = JOINT["left_wrist"]


def _standing(n_frames: int = 3, seed: int = 0):
    """(B, J, 3) somebody facing -z in camera axes, not quite the same in every frame."""
    generator = torch.Generator().manual_seed(seed)
    pose = torch.zeros(N_JOINTS, 3, dtype=torch.float64)
    for name, place in {
        "nose": (0.0, -0.38, -0.06), "ear": (0.04, -0.38, 0.0), "shoulder": (0.1, -0.3, 0.0),
        "elbow": (0.14, -0.14, 0.03), "wrist": (0.18, 0.0, -0.06), "hip": (0.06, 0.0, 0.0),
        "knee": (0.07, 0.24, -0.03), "ankle": (0.07, 0.48, 0.02), "foot_index": (0.08, 0.51, -0.1),
    }.items():  # fmt: skip
        for side, sign in (("left", 1.0), ("right", -1.0)):
            joint = JOINT.get(f"{side}_{name}", JOINT.get(name))
            pose[joint] = torch.tensor([sign * place[0], *place[1:]], dtype=torch.float64)
    noise = 0.01 * torch.randn(n_frames, N_JOINTS, 3, generator=generator, dtype=torch.float64)
    noise[:, HIPS] = 0.0
    return pose + noise


def _seen(n_frames: int = 3) -> tuple[Lift, torch.Tensor]:
    """What a perfect lifter says of two orthographic views, and their keypoints."""
    pose = _standing(n_frames)
    rotation = rotvec_to_rotmat(TURNS).expand(n_frames, 2, 3, 3)
    canonical = pose[:, None].expand(n_frames, 2, N_JOINTS, 3)
    lift = Lift(canonical, rotation, torch.zeros(n_frames, 2, N_JOINTS, 2))
    flat = lift.pose[..., :2]
    size = flat.square().sum(dim=(-2, -1), keepdim=True).div(N_JOINTS).sqrt()
    confidence = torch.full((n_frames, 2, N_JOINTS, 1), 0.9, dtype=torch.float64)
    return lift, torch.cat([flat / size, confidence], dim=-1)


def test_truth_costs_nothing():
    losses = canon_pose_losses(*_seen(), PARTNER)
    assert all(float(loss) < 1e-6 for loss in losses.values())


def test_a_wrong_rotation_is_seen_by_the_other_view_alone():
    lift, keypoints = _seen()
    turn = rotvec_to_rotmat(torch.tensor([0.0, 0.5, 0.0], dtype=torch.float64))
    wrong = Lift(lift.canonical @ turn, lift.rotation @ turn, lift.log_scale)
    assert float(canon_pose_losses(wrong, keypoints, PARTNER)["reprojection"]) < 1e-6
    mixed = Lift(
        torch.stack([wrong.canonical[:, 0], lift.canonical[:, 1]], dim=1),
        torch.stack([wrong.rotation[:, 0], lift.rotation[:, 1]], dim=1),
        lift.log_scale,
    )
    losses = canon_pose_losses(mixed, keypoints, PARTNER)
    assert float(losses["reprojection"]) < 1e-6
    assert float(losses["view"]) > 0.005


def test_size_does_not_matter_and_confidence_does():
    lift, keypoints = _seen()
    assert float(image_distance(keypoints, 3.0 * lift.pose).max()) < 1e-6
    keypoints[..., WRIST, :2] += 5.0
    keypoints[..., WRIST, 2] = 0.0
    assert float(image_distance(keypoints, lift.pose).max()) < 1e-6


def test_gradients():
    lift, keypoints = _seen(2)
    generator = torch.Generator().manual_seed(3)
    canonical = lift.canonical + 0.05 * torch.randn(lift.canonical.shape, generator=generator)
    canonical = canonical.detach().requires_grad_()
    turns = TURNS.expand(2, 2, 3).clone().requires_grad_()

    def total(canonical: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
        made = Lift(canonical, rotvec_to_rotmat(turns), lift.log_scale)
        losses = canon_pose_losses(made, keypoints, torch.tensor([1, 0]))
        return torch.stack(list(losses.values())).sum()

    assert torch.autograd.gradcheck(total, (canonical, turns), atol=1e-5)
    for loss in (
        bone_variation_loss, symmetry_loss, mirror_loss, proportion_loss, size_loss, standing_loss,
    ):  # fmt: skip
        assert torch.autograd.gradcheck(loss, (canonical,), atol=1e-5)


def test_fusion_finds_a_hidden_wrist_from_one_other_view():
    lift, keypoints = _seen()
    spoilt = keypoints.clone()
    spoilt[:, 0, WRIST, :2] += 0.8
    spoilt[:, 0, WRIST, 2] = 0.1
    refined = fuse(lift, spoilt)
    before = (spoilt - keypoints)[:, 0, WRIST, :2].norm(dim=-1)
    after = (refined - keypoints)[:, 0, WRIST, :2].norm(dim=-1)
    assert bool((after < 0.15 * before).all())
    assert float(refined[0, 0, WRIST, 2]) == pytest.approx(0.9)


def test_fusion_leaves_sure_keypoints_alone():
    lift, keypoints = _seen()
    assert torch.equal(fuse(lift, keypoints), keypoints)


def test_gradient_flows_through_fusion():
    lift, keypoints = _seen(1)
    keypoints[:, 0, WRIST, 2] = 0.2
    turns = TURNS[None].clone().requires_grad_()

    def refine(turns: torch.Tensor) -> torch.Tensor:
        made = Lift(lift.canonical, rotvec_to_rotmat(turns), lift.log_scale)
        return fuse(made, keypoints, Fusion(grid=16, sigma=1.0, sigma_along=3.0))[:, 0, WRIST]

    assert torch.autograd.gradcheck(refine, (turns,), atol=1e-5)


def test_two_equal_passes_have_nothing_between_them():
    lift, keypoints = _seen()
    ties = fusion_losses(lift, lift, keypoints, keypoints)
    assert all(float(value) < 1e-9 for value in ties.values())


def test_growing_bones_cost_and_growing_people_do_not():
    pose = _standing(6)[None] + 0.0
    grown = pose * torch.linspace(0.5, 2.0, 6, dtype=torch.float64)[:, None, None]
    assert float(bone_variation_loss(grown)) == pytest.approx(float(bone_variation_loss(pose)))
    stretched = pose.clone()
    stretched[:, ::2, WRIST] *= 2.0
    assert float(bone_variation_loss(stretched)) > 2.0 * float(bone_variation_loss(pose))


def test_one_long_arm_costs():
    pose = _standing(1)
    long_arm = pose.clone()
    long_arm[:, WRIST] += torch.tensor([0.2, 0.2, 0.0], dtype=torch.float64)
    assert float(symmetry_loss(long_arm)) > 2.0 * float(symmetry_loss(pose))


def test_an_adult_who_stands_costs_nothing_and_size_is_no_proportion():
    standing = torch.from_numpy(STANDING_POSE)[None]
    for loss in (proportion_loss, standing_loss, size_loss):
        assert float(loss(standing)) < 1e-12
    assert float(proportion_loss(1.5 * standing)) < 1e-12
    assert float(size_loss(1.5 * standing)) > 1e-3
    assert float(proportion_loss(standing * torch.tensor([1.0, 1.0, 0.7]).double())) > 0.01


def test_the_mirrored_world_costs_and_the_true_one_does_not():
    pose = _standing()
    assert float(mirror_loss(pose)) == 0.0
    assert float(mirror_loss(pose * torch.tensor([1.0, 1.0, -1.0]).double())) > 0.05


def test_normalised_poses_have_size_one():
    pose = _standing()
    confidence = torch.rand(3, N_JOINTS, dtype=torch.float64)
    unit = normalise(pose[..., :2], confidence)
    assert torch.allclose(
        (confidence[..., None] * unit**2).sum(dim=(-2, -1)), torch.ones(3).double()
    )
