"""What the root network of `volume` learns from: people placed at random, or pseudo labels."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mvmocap_core.lifting.joints import HIPS
from mvmocap_core.lifting.trainer import Losses
from mvmocap_core.lifting.volume.losses import root_loss
from mvmocap_core.lifting.volume.networks import RootNet
from mvmocap_core.lifting.volume.roots import Candidates, candidates, find_roots, pair_roots
from training.virtual_groups import Groups

BATCH = 256
_NEAR_M = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Meetings:
    """features: (N, ROOT_FEATURES); to_root: (N, 3) to the root that it is of, NaN for nobody's."""

    features: Tensor
    to_root: Tensor


def true_roots(groups: Groups, n_views: int) -> Tensor:
    """(B, P, 3) of people whom at least two of the first views find; NaN for others."""
    roots = groups.joints_m[:, :, list(HIPS)].mean(dim=2)
    seen = groups.is_found[..., :n_views].sum(dim=-1) >= 2
    return torch.where(seen[..., None], roots, torch.nan)


def meetings_of(groups: Groups, *, is_synthetic: bool) -> Meetings:
    """All that rays of a pool allow, with the placed roots; or with those that rays alone pair."""
    found = candidates(groups.keypoints, groups.T_cam)
    to_root = _to_placed(found, groups) if is_synthetic else _to_paired(found, groups)
    is_met = found.gap_m.isfinite()
    return Meetings(found.features[is_met], to_root[is_met])


def _to_placed(found: Candidates, groups: Groups) -> Tensor:
    """(B, C, 3) to the nearest root near by whom both views find; NaN for none."""
    roots = groups.joints_m[:, :, list(HIPS)].mean(dim=2)
    seen = groups.is_found[..., found.views].all(dim=-1).transpose(1, 2)  # (B, C, P)
    to_each = roots[:, None] - found.roots[:, :, None]
    apart = torch.where(seen, to_each.norm(dim=-1), torch.inf).nan_to_num(torch.inf)
    near_m, nearest = apart.min(dim=-1)
    chosen = to_each.gather(2, nearest[..., None, None].expand(-1, -1, 1, 3))[:, :, 0]
    return torch.where((near_m < _NEAR_M)[..., None], chosen, torch.nan)


def _to_paired(found: Candidates, groups: Groups) -> Tensor:
    """(B, C, 3) zero for meetings that rays alone choose, NaN for others."""
    slots = pair_roots(groups.keypoints, groups.T_cam).slots
    own = slots[:, :, found.views]  # (B, P, C, 2)
    is_chosen = (own == found.slots).all(dim=-1).any(dim=1)
    return torch.where(is_chosen[..., None], 0.0, torch.nan).expand(-1, -1, 3)


def root_batch(rng: np.random.Generator, _: float, pool: Meetings) -> Meetings:
    """Some meetings."""
    chosen = rng.choice(len(pool.features), BATCH)
    return Meetings(pool.features[chosen], pool.to_root[chosen])


def root_losses(net: RootNet, batch: Meetings, _: torch.device) -> Losses:
    """Cross entropy and distance."""
    return {"total": root_loss(*net(batch.features), batch.to_root)}


def score_roots(net: RootNet, pool: Groups) -> dict[str, float]:
    """Of captured people before two phones: share of moments with the right number, and errors."""
    found = find_roots(net, pool.keypoints[:, :2], pool.T_cam[:, :2]).points
    truth = true_roots(pool, 2)
    n_found, n_true = (torch.isfinite(r[..., 0]).sum(dim=1) for r in (found, truth))
    apart = torch.cdist(found.nan_to_num(99.0), truth.nan_to_num(-99.0)).amin(dim=1)
    near = apart[torch.isfinite(truth[..., 0])]
    return {
        "count_right": float((n_found == n_true).double().mean()),
        "found": float((near < 0.3).double().mean()),
        "root_mm": 1000.0 * float(near[near < 0.3].mean()),
    }
