"""Where people stand: which meetings of rays are true, and every detection once."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.joints import HIPS  # noqa: E402
from mvmocap_core.lifting.volume.networks import ROOT_FEATURES, RootNet  # noqa: E402
from mvmocap_core.lifting.volume.roots import (  # noqa: E402
    MOST_PEOPLE,
    candidates,
    choose,
    find_roots,
    pair_roots,
)
from tests.core.lifting.volume.crowd import cameras, people, seen  # noqa: E402


def filmed(n_views: int, n_people: int = 2) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Roots (P, 3), detections (1, V, P, J, 3) with two exchanged in the second view, cameras."""
    joints, T = people(1)[:n_people], cameras(n_views)
    keypoints = seen(joints, T)[:, :, 0]
    keypoints[1] = keypoints[1, ::-1]
    roots = joints[:, 0, list(HIPS)].mean(axis=1)
    tensors = (roots, np.ascontiguousarray(keypoints)[None], T[None])
    return tuple(torch.from_numpy(t).float() for t in tensors)  # type: ignore[return-value]


@pytest.mark.parametrize("n_views", [2, 3])
def test_rays_alone_pair_everybody_where_they_stand(n_views):
    roots, keypoints, T = filmed(n_views)
    found = pair_roots(keypoints, T)
    assert int(torch.isfinite(found.points[0, :, 0]).sum()) == 2
    assert float(torch.cdist(found.points[0, :2], roots).amin(dim=0).max()) < 0.01
    slots = sorted(tuple(row) for row in found.slots[0, :2, :2].tolist())
    assert slots == [(0, 1), (1, 0)]


def test_three_views_of_one_person_are_one_person_seen_by_three():
    _, keypoints, T = filmed(3, 1)
    found = pair_roots(keypoints, T)
    assert int(torch.isfinite(found.points[0, :, 0]).sum()) == 1
    assert found.slots[0, 0].tolist() == [0, 0, 0]


def test_who_is_likelier_keeps_the_detections():
    roots, keypoints, T = filmed(2)
    found = candidates(keypoints, T)
    crossed = (found.slots[:, 0] == found.slots[:, 1])[None]
    likely = torch.where(crossed, 0.6, 0.9) * found.gap_m.isfinite()
    chosen = choose(found, likely, found.roots, (2, 2))
    assert int(torch.isfinite(chosen.points[0, :, 0]).sum()) == 2
    assert float(torch.cdist(chosen.points[0, :2], roots).amin(dim=0).max()) < 0.01


def test_nobody_is_found_where_nobody_is_likely():
    _, keypoints, T = filmed(2)
    found = candidates(keypoints, T)
    chosen = choose(found, torch.zeros_like(found.gap_m), found.roots, (2, 2))
    assert torch.isnan(chosen.points).all()
    assert (chosen.slots == -1).all()


def test_people_without_hips_in_a_view_meet_nowhere():
    _, keypoints, T = filmed(2, 1)
    keypoints[0, 1, 0, HIPS[0], 2] = 0.0
    assert torch.isinf(candidates(keypoints, T).gap_m).all()


def test_own_keypoints_are_those_of_the_slots_and_nothing_elsewhere():
    _, keypoints, T = filmed(2)
    found = pair_roots(keypoints, T)
    found.slots[0, 1, 1] = -1
    own = found.own(keypoints, torch.tensor([0, 0]), torch.tensor([0, 1]))
    assert torch.equal(own[0, 0], keypoints[0, 0, found.slots[0, 0, 0]])
    assert float(own[1, 1].abs().max()) == 0.0


def test_the_network_judges_and_moves_every_candidate():
    _, keypoints, T = filmed(2)
    found = candidates(keypoints, T)
    assert found.features.shape == (1, 4, ROOT_FEATURES)
    logits, offsets = RootNet()(found.features)
    assert logits.shape == (1, 4)
    assert offsets.shape == (1, 4, 3)
    assert find_roots(RootNet(), keypoints, T).points.shape == (1, MOST_PEOPLE, 3)
