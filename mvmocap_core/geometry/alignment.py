"""Alignment of point sets, and the error metrics of the whole project.

Metrics take (F, J, 3) arrays and ignore every joint that is NaN in either one. They keep the
unit of their input unless they say otherwise.
"""

from dataclasses import dataclass

import numpy as np

COLLINEAR_RATIO = 1e-6
"""Second over first singular value of a point set below which it counts as a line."""

N_PCK_RADIUS_M = 0.150


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """target = scale * R @ source + t.

    scale: scalar > 0.
    R:     (3, 3) proper rotation.
    t:     (3,) in the target's unit.
    """

    scale: float
    R: np.ndarray
    t: np.ndarray

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) of the source, moved into the target's frame; NaN stays NaN."""
        return self.scale * points @ self.R.T + self.t


def similarity_transform(
    source: np.ndarray,
    target: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    with_scale: bool = True,
) -> Similarity:
    """Least-squares similarity that moves one point set onto another (Umeyama, PAMI 1991).

    Reflections are excluded: a mirrored target is fitted by the best proper rotation.

    Args:
        source, target: (N, 3); a row with NaN in either is left out.
        weights: (N,) non-negative, None weighs all alike.
        with_scale: False keeps scale 1 (a rigid motion).

    Raises:
        ValueError: shapes disagree, or fewer than three points remain that are not on a line.
    """
    if source.shape != target.shape or source.ndim != 2 or source.shape[1] != 3:
        raise ValueError(f"expected two (N, 3) arrays, got {source.shape} and {target.shape}")
    w = np.ones(len(source)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (len(source),):
        raise ValueError(f"expected weights ({len(source)},), got {w.shape}")
    use = np.isfinite(source).all(axis=1) & np.isfinite(target).all(axis=1) & (w > 0)
    if use.sum() < 3:
        raise ValueError(f"a similarity needs at least 3 points, got {use.sum()}")
    source, target, w = source[use], target[use], w[use] / w[use].sum()
    mean_source, mean_target = w @ source, w @ target
    p, q = source - mean_source, target - mean_target
    for points in (p, q):
        spread = np.linalg.svd(np.sqrt(w)[:, None] * points, compute_uv=False)
        if not spread[1] > COLLINEAR_RATIO * spread[0]:
            raise ValueError("a similarity needs points that are not on one line")
    U, S, Vt = np.linalg.svd((w[:, None] * q).T @ p)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(U) * np.linalg.det(Vt))])
    R = (U * signs) @ Vt
    scale = float(S @ signs / (w @ np.square(p).sum(axis=1))) if with_scale else 1.0
    return Similarity(scale=scale, R=R, t=mean_target - scale * R @ mean_source)


def mpjpe(estimate: np.ndarray, truth: np.ndarray, *, root: int | None = None) -> float:
    """Mean distance of joints, root-aligned in every frame.

    root: index of the joint both are centred on; None centres on the mean of the joints that
          both have. NaN if no frame can be scored.
    """
    estimate, truth = _centred(estimate, truth, root)
    return _mean_distance(estimate, truth)


def n_mpjpe(estimate: np.ndarray, truth: np.ndarray, *, root: int | None = None) -> float:
    """As `mpjpe`, after one least-squares scale for each frame (Rhodin et al., CVPR 2018)."""
    estimate, truth = _centred(estimate, truth, root)
    return _mean_distance(_scaled(estimate, truth), truth)


def n_pck(
    estimate: np.ndarray,
    truth: np.ndarray,
    *,
    root: int | None = None,
    radius_m: float = N_PCK_RADIUS_M,
) -> float:
    """Share of joints within `radius_m` of the truth after centring and scaling each frame.

    Joints missing from the estimate alone count as misses; NaN if the truth is empty.
    """
    has_truth = np.isfinite(truth).all(axis=-1)
    estimate, truth = _centred(estimate, truth, root)
    distance = np.linalg.norm(_scaled(estimate, truth) - truth, axis=-1)
    return float((distance[has_truth] <= radius_m).mean()) if has_truth.any() else float("nan")


def p_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of joints after the best similarity of every frame (PA-MPJPE).

    Frames with fewer than three common joints, or with all on a line, are left out; NaN if
    none is left.
    """
    _check_pair(estimate, truth)
    distances = []
    for p, q in zip(estimate, truth, strict=True):
        try:
            moved = similarity_transform(p, q).apply(p)
        except ValueError:
            continue
        distance = np.linalg.norm(moved - q, axis=-1)
        distances.append(distance[np.isfinite(distance)])
    return float(np.concatenate(distances).mean()) if distances else float("nan")


def w_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of joints after ONE similarity for the whole take.

    This is the figure that shows drift and wrong angles and focal lengths.

    Raises:
        ValueError: no similarity can be found (see `similarity_transform`).
    """
    _check_pair(estimate, truth)
    p, q = estimate.reshape(-1, 3), truth.reshape(-1, 3)
    return _mean_distance(similarity_transform(p, q).apply(p), q)


def bone_length_variation(positions: np.ndarray, bones: np.ndarray) -> float:
    """Mean over bones of the standard deviation of a bone's length over its mean.

    positions: (F, J, 3), NaN ignored; bones: (B, 2) indices of a bone's two joints. NaN if no
    bone is seen in two frames.
    """
    bones = np.asarray(bones)
    length = np.linalg.norm(positions[:, bones[:, 0]] - positions[:, bones[:, 1]], axis=-1)
    length = length[:, np.isfinite(length).sum(axis=0) >= 2]
    if length.size == 0:
        return float("nan")
    return float((np.nanstd(length, axis=0) / np.nanmean(length, axis=0)).mean())


def jitter(positions: np.ndarray, fps: float) -> float:
    """Mean jerk, in the unit of `positions` over seconds cubed.

    positions: (F, J, 3) at a constant rate of `fps`; stretches with NaN are left out, NaN if
    no joint has four frames in a row.
    """
    jerk = np.linalg.norm(np.diff(positions, n=3, axis=0), axis=-1) * fps**3
    return float(np.nanmean(jerk)) if np.isfinite(jerk).any() else float("nan")


def _check_pair(estimate: np.ndarray, truth: np.ndarray) -> None:
    if estimate.shape != truth.shape or estimate.ndim != 3 or estimate.shape[2] != 3:
        raise ValueError(f"expected two (F, J, 3) arrays, got {estimate.shape} and {truth.shape}")


def _centred(
    estimate: np.ndarray, truth: np.ndarray, root: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Both root-aligned, and NaN where either is."""
    _check_pair(estimate, truth)
    missing = ~np.isfinite(estimate).all(axis=-1) | ~np.isfinite(truth).all(axis=-1)
    estimate = np.where(missing[..., None], np.nan, estimate)
    truth = np.where(missing[..., None], np.nan, truth)
    if root is not None:
        return estimate - estimate[:, [root]], truth - truth[:, [root]]
    count = np.maximum((~missing).sum(axis=1), 1)[:, None, None]
    return (
        estimate - np.nansum(estimate, axis=1, keepdims=True) / count,
        truth - np.nansum(truth, axis=1, keepdims=True) / count,
    )


def _scaled(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """`estimate` times the least-squares scale of each frame."""
    over = np.nansum(estimate * truth, axis=(1, 2))
    under = np.nansum(np.square(estimate), axis=(1, 2))
    return estimate * np.divide(over, under, out=np.ones_like(over), where=under > 0)[:, None, None]


def _mean_distance(estimate: np.ndarray, truth: np.ndarray) -> float:
    distance = np.linalg.norm(estimate - truth, axis=-1)
    return float(np.nanmean(distance)) if np.isfinite(distance).any() else float("nan")
