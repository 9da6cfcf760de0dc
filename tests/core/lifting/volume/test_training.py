"""What `volume` is trained on, and by what."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.joints import HIPS  # noqa: E402
from mvmocap_core.lifting.volume.evidence import in_view  # noqa: E402
from mvmocap_core.lifting.volume.networks import RootNet  # noqa: E402
from mvmocap_core.lifting.volume.roots import Roots, pair_roots  # noqa: E402
from training.virtual_groups import Groups, make_groups, synthetic_body  # noqa: E402
from training.volume_poses import (  # noqa: E402
    Parts,
    VolumePoseNet,
    augmented,
    frames_of,
    pixels,
    pose_batch,
    pose_losses,
    random_affine,
    turned,
)
from training.volume_roots import meetings_of, root_batch, root_losses, true_roots  # noqa: E402


@pytest.fixture(scope="module")
def pool():
    return make_groups(synthetic_body, 24, 3)


def test_the_same_seed_films_the_same_people(pool):
    again = make_groups(synthetic_body, 24, 3)
    assert torch.equal(pool.keypoints, again.keypoints)
    assert torch.equal(pool.T_cam, again.T_cam)


def test_synthetic_people_stand_on_the_floor_with_their_limbs_at_length():
    rng = np.random.default_rng(0)
    bodies = np.stack([synthetic_body(rng) for _ in range(20)])
    assert np.allclose(bodies[..., 2].min(axis=1), 0.0)
    assert bodies[:, list(HIPS), 2].mean() == pytest.approx(0.85, abs=0.2)


def test_people_whom_one_view_alone_finds_are_no_target(pool):
    seen_by = pool.is_found[..., :2].sum(dim=-1)
    assert torch.isnan(true_roots(pool, 2)[seen_by < 2]).all()


def test_meetings_of_one_persons_rays_lead_to_the_placed_root_and_others_nowhere(pool):
    placed = meetings_of(pool, is_synthetic=True)
    true = torch.isfinite(placed.to_root[:, 0])
    assert 0.2 < float(true.double().mean()) < 0.9
    assert float(placed.to_root[true].norm(dim=-1).max()) < 0.25
    paired = torch.isfinite(meetings_of(pool, is_synthetic=False).to_root[:, 0])
    assert float((true[paired]).double().mean()) > 0.8


def test_root_losses_move_every_weight(pool):
    net = RootNet(8)
    meetings = meetings_of(pool, is_synthetic=True)
    batch = root_batch(np.random.default_rng(0), 0.0, meetings)
    torch.nn.init.normal_(net.outlet.weight)  # which is zero at first, and hides what is before it
    root_losses(net, batch, torch.device("cpu"))["total"].backward()
    assert all(float(p.grad.abs().max()) > 0 for p in net.parameters())


def test_an_augmentation_moves_pictures_and_loses_what_leaves_them(pool):
    rng = np.random.default_rng(0)
    keypoints = pool.keypoints[:, :2]
    frames = frames_of(keypoints)
    plain = random_affine(rng, len(keypoints), 2, is_used=False)
    at = pixels(keypoints[..., :2].flatten(2, 3), frames, plain)
    shown = keypoints[..., 2].flatten(2) > 0
    assert float((at[shown] - 32.0).abs().max()) < 32.0
    larger = 1.6 * plain
    kept = augmented(rng, keypoints, frames, larger)[..., 2] > 0
    assert 0 < int(kept.sum()) < int((keypoints[..., 2] > 0).sum())


def test_in_a_turned_space_all_views_see_the_same(pool):
    moment = torch.arange(len(pool))
    points = torch.randn(len(pool), 3)
    T_turned, moved = turned(np.random.default_rng(0), pool.T_cam, points, moment)
    before, after = (
        in_view(p[:, None], T)[0] for p, T in ((points, pool.T_cam), (moved, T_turned))
    )
    assert torch.allclose(before, after, atol=1e-4)
    assert torch.equal(points[:, 2], moved[:, 2])
    assert float((points - moved).abs().max()) > 1.0


def test_a_batch_in_which_the_shown_views_find_nobody_is_no_defect(pool):
    roots = pair_roots(pool.keypoints, pool.T_cam)
    few, roots, views, rng = pose_batch(np.random.default_rng(1), 0.0, pool, roots)
    nobody = Roots(torch.full_like(roots.points, torch.nan), roots.slots)
    losses = pose_losses(VolumePoseNet(), (few, nobody, views, rng), torch.device("cpu"), Parts())
    assert all(torch.isfinite(loss) for loss in losses.values())


@pytest.mark.parametrize(
    "parts", [Parts(), Parts(affine=False, attention=False), Parts(attention=False, turned=True)]
)
def test_pose_losses_move_the_pose_network_and_the_attention_that_is_used(pool, parts):
    torch.manual_seed(0)
    net = VolumePoseNet()
    roots = pair_roots(pool.keypoints, pool.T_cam)
    batch = pose_batch(np.random.default_rng(1), 0.0, pool, roots)
    losses = pose_losses(net, batch, torch.device("cpu"), parts)
    losses["total"].backward()
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert float(net.pose.log_sharp.grad.abs()) > 0
    assert (net.attention.layers[-1].weight.grad is not None) is parts.attention


def test_views_that_are_not_shown_judge_too(pool):
    torch.manual_seed(0)
    net, few = VolumePoseNet(), pool[np.arange(4)]
    roots = pair_roots(few.keypoints, few.T_cam)
    shown, others = np.array([0, 1]), [2, 3]
    found = (roots.slots[..., shown] >= 0).all(dim=-1)
    points = torch.where(found[..., None], roots.points, torch.nan)
    moved = few.keypoints.clone()
    moved[:, others, ..., :2] += 0.1
    told = []
    for keypoints in (few.keypoints, moved):
        groups = Groups(keypoints, few.T_cam, few.joints_m, few.is_found)
        batch = (groups, Roots(points, roots.slots), shown, np.random.default_rng(0))
        told.append(pose_losses(net, batch, torch.device("cpu"), Parts(affine=False)))
    assert torch.equal(told[0]["symmetry"], told[1]["symmetry"])
    assert bool(told[1]["joints"] > 1.5 * told[0]["joints"])
