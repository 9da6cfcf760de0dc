"""Where people stand: coarse to fine, from where rays meet to which of these meetings are true.

Rays to the roots of two people in two views meet in four places. What the views say of all joints
about such a place, the highest evidence there and where, has a closed form: the middle of the two
rays and the gap between them. The network tells from these whose meetings are somebody's, and how
far the root is from there; no detection can be of two people.
"""

from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from mvmocap_core.lifting.volume.evidence import meetings, rays, with_root
from mvmocap_core.lifting.volume.networks import RootNet

MIN_ROOT = 0.35
"""How likely somebody must be."""
MOST_PEOPLE = 6
SIGMAS_M = (0.03, 0.1)
"""Of the Gaussians of a joint's evidence."""
MEET_M = 0.3
"""How far rays to one root may pass each other."""
_SAME_M = 0.4
_NEAREST_M = 0.5
_REACH_M = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """C meetings of rays to roots, in B moments.

    roots:    (B, C, 3). gap_m: (B, C) between the rays; inf where they do not meet.
    features: (B, C, ROOT_FEATURES) what both views say of every joint about the root.
    views:    (C, 2) which views; slots: (C, 2) which detection in each.
    """

    roots: Tensor
    gap_m: Tensor
    features: Tensor
    views: Tensor
    slots: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Roots:
    """points: (B, MOST_PEOPLE, 3), the surest first, NaN for nobody.

    slots: (B, MOST_PEOPLE, V) which detection of each view is of them; -1 none.
    """

    points: Tensor
    slots: Tensor

    def own(self, keypoints: Tensor, moment: Tensor, person: Tensor) -> Tensor:
        """(N, V, J, 3) of detections (B, V, M, J, 3) those of N people; nothing where none is."""
        slots = self.slots[moment, person]
        row = slots.clamp_min(0)[..., None, None, None]
        chosen = keypoints[moment].gather(2, row.expand(-1, -1, 1, *keypoints.shape[-2:]))[:, :, 0]
        return torch.where(slots[..., None, None] >= 0, chosen, 0.0)


def candidates(keypoints: Tensor, T_cam: Tensor) -> Candidates:
    """All that detections (B, V, M, J, 3) allow, in views (B, V, 4, 4) of an upright space."""
    shown = with_root(keypoints)
    directions, centres = rays(shown, T_cam)
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    n_slots = keypoints.shape[2]
    pairs = list(combinations(range(keypoints.shape[1]), 2))
    for v, w in pairs:
        a, b = directions[:, v, :, None], directions[:, w, None]
        middle = (centres[:, k, None, None, None] for k in (v, w))
        points, gap_m, way_m = meetings(a, b, *middle)
        sure = torch.minimum(shown[:, v, :, None, :, 2], shown[:, w, None, :, :, 2])
        is_met = (sure[..., -1] > 0) & (gap_m[..., -1] < MEET_M) & (way_m[..., -1] > _NEAREST_M)
        roots = points[..., -1, :]
        gap = torch.where(is_met, gap_m[..., -1], torch.inf)
        told = _features(points[..., :-1, :] - roots[..., None, :], gap_m[..., :-1], sure[..., :-1])
        parts.append((roots.flatten(1, 2), gap.flatten(1), told.flatten(1, 2)))
    roots, gap_m, features = (torch.cat(part, dim=1) for part in zip(*parts, strict=True))
    slots = torch.cartesian_prod(torch.arange(n_slots), torch.arange(n_slots))
    views = torch.tensor(pairs).repeat_interleave(len(slots), dim=0)
    return Candidates(roots, gap_m, features, views, slots.repeat(len(pairs), 1))


def _features(about_m: Tensor, gap_m: Tensor, sure: Tensor) -> Tensor:
    """(..., J, 3) from the root, gaps and confidences (..., J) -> (..., ROOT_FEATURES)."""
    is_seen = (sure > 0)[..., None]
    highest = [torch.exp(-0.125 * (gap_m / sigma).square()) for sigma in SIGMAS_M]
    told = torch.stack([*highest, sure], dim=-1)
    reach = (about_m / _REACH_M).clamp(-1.0, 1.0)
    return (torch.cat([told, reach], dim=-1) * is_seen).flatten(-2)


def choose(found: Candidates, likely: Tensor, roots: Tensor, shape: tuple[int, int]) -> Roots:
    """The likeliest first, every detection once; meetings of other views may join somebody.

    likely: (B, C) in [0, 1]; roots: (B, C, 3) refined; shape: numbers of views and of detections.
    """
    n_moments, n_views = len(likely), shape[0]
    points = roots.new_full((n_moments, MOST_PEOPLE, 3), torch.nan)
    slots = torch.full((n_moments, MOST_PEOPLE, n_views), -1)
    for moment in range(n_moments):
        order = likely[moment].argsort(descending=True, stable=True)
        owner = torch.full(shape, -1)
        n_people = 0
        for row in order[likely[moment, order] > MIN_ROOT].tolist():
            views, own = found.views[row], found.slots[row]
            held = {int(owner[v, m]) for v, m in zip(views, own, strict=True)}
            person = n_people if held == {-1} else max(held)
            near = person == n_people or bool(
                (points[moment, person] - roots[moment, row]).norm() < _SAME_M
            )
            if not near or person >= MOST_PEOPLE or len(held - {-1}) > 1:
                continue
            taken = slots[moment, person, views]
            if ((taken >= 0) & (taken != own)).any():
                continue
            if person == n_people:
                points[moment, person] = roots[moment, row]
                n_people += 1
            owner[views, own] = person
            slots[moment, person, views] = own
    return Roots(points, slots)


def find_roots(net: RootNet, keypoints: Tensor, T_cam: Tensor) -> Roots:
    """Who is there, of detections (B, V, M, J, 3) in views (B, V, 4, 4)."""
    found = candidates(keypoints, T_cam)
    with torch.no_grad():
        logits, offsets = net(found.features)
    likely = torch.where(found.gap_m.isfinite(), torch.sigmoid(logits), 0.0)
    return choose(found, likely, found.roots + offsets, (keypoints.shape[1], keypoints.shape[2]))


def pair_roots(keypoints: Tensor, T_cam: Tensor) -> Roots:
    """By rays alone, without a network: the nearest meetings first."""
    found = candidates(keypoints, T_cam)
    likely = torch.where(found.gap_m < MEET_M, 1.0 - 0.5 * found.gap_m / MEET_M, 0.0)
    return choose(found, likely, found.roots, (keypoints.shape[1], keypoints.shape[2]))
