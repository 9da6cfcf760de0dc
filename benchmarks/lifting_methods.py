"""Lifters trained without 3D labels, on subjects that they never saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mvmocap_core.lifting import cross_view_lifting
from mvmocap_core.lifting import geometric as geometric_lifting
from mvmocap_core.lifting.consistency import rooted
from mvmocap_core.lifting.cross_view_fusion import fuse
from mvmocap_core.lifting.fused_views import fused_poses
from mvmocap_core.lifting.joints import JOINT_NAMES
from mvmocap_core.lifting.networks import (
    CanonicalLifter,
    DepthLifter,
    DomainAdapter,
    Lift,
    TemporalLifter,
    load_network,
)
from mvmocap_core.lifting.weights import PRETRAINED
from training import bound, consistency, domain_adapter, geometric
from training.consistency import unseen_takes
from training.multi_view import (
    STAGES,
    TAKE_FRAMES,
    Pool,
    Unlabelled,
    make_pool,
    refined_lift,
)
from training.pretrain import load_split
from training.scoring import limb_errors, n_pck

RUNS = Path(__file__).with_name("lifting_runs")
"""Saved runs: what `training.multi_view`, `training.geometric` and `training.consistency` made."""
SHIPPED = {
    "steps_1_and_2": cross_view_lifting.PRETRAINED,
    "geometric": geometric_lifting.PRETRAINED,
}
"""Runs whose weights are the product's own."""
N_TAKES = 20
_RARE = 0.005


@dataclass(frozen=True, slots=True)
class MethodScore:
    """Errors over the limbs on a body of average stature.

    views: whose keypoints the poses come from: "one"; "refined", one whose doubtful keypoints the
           others refined; "two" neighbours fused; "all" fused.
    n_mpjpe_mm, p_mpjpe_mm: see `mvmocap_core.geometry.alignment`.
    n_pck:         share of joints within 150 mm after the best scale of each pose.
    """

    method: str
    views: str
    n_mpjpe_mm: float
    p_mpjpe_mm: float
    n_pck: float


def validation_pool(marks: Mapping[str, np.ndarray] | None = None) -> Pool:
    """Takes of the "val" subjects as they are, four virtual phones in a room, detector noise.

    marks: see `make_pool`.
    """
    motions = [m for m in load_split("val") if len(m.joints_m) >= TAKE_FRAMES]
    return make_pool(motions, N_TAKES, 1, as_they_are=True, marks=marks)


def score_methods(folder: Path) -> list[MethodScore]:
    """Every saved run, lifting one view at a time, and two or all views fused."""
    pool = validation_pool()
    scores = []
    for method, used in _saved(folder).items():
        net = load_network(CanonicalLifter, run_path(folder, method))
        with torch.no_grad():
            alone: Lift = net(pool.keypoints)
            scores.append(_score(method, "one", alone.pose, pool.poses))
            if used.step_1:
                refined = refined_lift(net, used, pool.keypoints)
                scores.append(_score(method, "refined", refined.pose, pool.poses))
            for views, shown in (("two", [0, 1]), ("all", [0, 1, 2, 3])):
                keypoints = pool.keypoints[:, :, shown]
                pose = fused_poses(refined_lift(net, used, keypoints), keypoints)
                scores.append(_score(method, views, pose, pool.poses[:, :, shown]))
    if (path := run_path(folder, bound.NAME)).is_file():
        with torch.no_grad():
            labelled: Lift = load_network(CanonicalLifter, path)(pool.keypoints)
        scores.append(_score(bound.NAME, "one", labelled.pose, pool.poses))
    for method in geometric.RUNS:
        if (path := run_path(folder, method)).is_file():
            poses = geometric.lifted_poses(load_network(DepthLifter, path), pool.keypoints)
            scores.append(_score(method, "one", poses, pool.poses))
    return scores


def score_consistency(folder: Path) -> list[tuple[str, float, float]]:
    """N-MPJPE and P-MPJPE, mm, of the pretrained lifter and of the saved runs that go on from it.

    On takes of new bodies, seen by four phones: those that the runs were tuned on, without labels.
    """
    takes = unseen_takes()
    paths = {"pretrained": PRETRAINED} | {
        name: path for name in consistency.RUNS if (path := run_path(folder, name)).is_file()
    }
    scores = {
        name: consistency.score_takes(load_network(TemporalLifter, path), takes)
        for name, path in paths.items()
    }
    return [(name, s["n_mpjpe_mm"], s["p_mpjpe_mm"]) for name, s in scores.items()]


def score_adapter(folder: Path) -> list[tuple[str, float, float]]:
    """N-MPJPE and P-MPJPE, mm, of the geometric lifter, by the keypoints that it is given.

    Its own source's of the takes, another detector's, and these adapted.
    """
    path = run_path(folder, domain_adapter.NAME)
    if not path.is_file():
        return []
    lifter = load_network(DepthLifter, run_path(folder, "geometric"))
    pools = (validation_pool(), validation_pool(domain_adapter.OTHER_MARKS))
    scores = domain_adapter.score(load_network(DomainAdapter, path), lifter, pools)
    return [(name, s["n_mpjpe_mm"], s["p_mpjpe_mm"]) for name, s in scores.items()]


def second_pass_gain(folder: Path) -> list[tuple[str, float, float]]:
    """By reading ("refined", "all"): N-MPJPE, mm, that the second pass gains over step 1 alone.

    Mean over the takes and its standard error.
    """
    names = ("step_1", "steps_1_and_2")
    if not all(run_path(folder, name).is_file() for name in names):
        return []
    pool = validation_pool()
    by_run: list[dict[str, np.ndarray]] = []
    for name in names:
        net = load_network(CanonicalLifter, run_path(folder, name))
        with torch.no_grad():
            lift = refined_lift(net, STAGES[name], pool.keypoints)
            fused = fused_poses(lift, pool.keypoints)
        by_run.append(
            {
                views: np.array(
                    [
                        limb_errors(rooted(pose), truth)["n_mpjpe_mm"]
                        for pose, truth in zip(poses, pool.poses, strict=True)
                    ]
                )
                for views, poses in (("refined", lift.pose), ("all", fused))
            }
        )
    gains = {views: by_run[0][views] - by_run[1][views] for views in by_run[0]}
    return [
        (views, float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(gain))))
        for views, gain in gains.items()
    ]


def refinement_gain(folder: Path) -> list[tuple[str, float, float, float]]:
    """By joint, left and right together: share of its keypoints that are doubtful, and their error.

    Errors before and after refinement from the other views, in hundredths of the pose's size; by
    the last run that refines.
    """
    pool = validation_pool()
    method, used = [(name, used) for name, used in _saved(folder).items() if used.step_1][-1]
    net = load_network(CanonicalLifter, run_path(folder, method))
    keypoints, truth = pool.keypoints.flatten(0, 1), pool.true_xy.flatten(0, 1)
    with torch.no_grad():
        refined = fuse(net(keypoints), keypoints, used.fusion)
    doubtful = keypoints[..., 2] < used.fusion.doubtful
    before, after = (
        100.0 * (given[..., :2] - truth).norm(dim=-1) for given in (keypoints, refined)
    )
    rows: list[tuple[str, float, float, float]] = []
    for part in dict.fromkeys(name.split("_", 1)[-1] for name in JOINT_NAMES):
        columns = [k for k, name in enumerate(JOINT_NAMES) if name.split("_", 1)[-1] == part]
        of_part = doubtful[..., columns]
        share = float(of_part.double().mean())
        errors = (float(each[..., columns][of_part].mean()) for each in (before, after))
        if share > _RARE:
            rows.append((part.replace("_", " "), 100.0 * share, *errors))
    return rows


def _saved(folder: Path) -> dict[str, Unlabelled]:
    """The second stages that there is a run of."""
    return {name: used for name, used in STAGES.items() if run_path(folder, name).is_file()}


def run_path(folder: Path, method: str) -> Path:
    """The weights that a run left in the folder, or those that the product has from it."""
    path = folder / f"{method}.safetensors"
    return SHIPPED[method] if method in SHIPPED and not path.is_file() else path


def _score(method: str, views: str, pose: torch.Tensor, truth: torch.Tensor) -> MethodScore:
    errors = limb_errors(rooted(pose), truth)
    return MethodScore(method, views, **errors, n_pck=n_pck(rooted(pose), truth))
