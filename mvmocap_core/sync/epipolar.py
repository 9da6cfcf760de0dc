"""How well two views agree at an offset: one fundamental matrix for the whole take.

No camera is known. A wrong offset moves keypoints off their epipolar lines, by up to the speed
of the joint, so the cost's minimum dates the videos to a fraction of a frame.
"""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES, Track
from mvmocap_core.geometry.interpolation import interpolate_hermite

MAX_MOMENTS = 150
MIN_CORRESPONDENCES = 40
MIN_CONFIDENCE = 0.3

_SIGMA = 0.008
"""Detector noise across an epipolar line, as a share of the performer's height in the image."""
_N_REWEIGHT = 4
_N_RELABEL = 3
_SWAP_MARGIN = 0.15
_N_BLOCKS = 10
_LANDMARKS = np.array(
    [
        LANDMARK_NAMES.index(name)
        for name in ("nose", *(
            f"{side}_{part}"
            for side in ("left", "right")
            for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot_index")
        ))
    ]
)  # fmt: skip


_OTHER_SIDE = np.array([0, *range(8, 15), *range(1, 8)])
"""Exchanges left and right in `_LANDMARKS`: the nose, seven of the left side, the same right."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Keypoints (F, J, 2) of one video in units of the performer's height; weight (F, J)."""

    times_s: np.ndarray
    xy: np.ndarray
    weight: np.ndarray


class EpipolarScore:
    """Scores offsets of the second video on the first one's clock.

    may_swap: the second view's left and right may be exchanged at any moment, if that agrees
    better. A walk half a stride later looks like itself with its sides exchanged, so this is for
    views that nothing else reconciles.
    """

    def __init__(self, first: Track, second: Track, *, may_swap: bool = False) -> None:
        self._first, self._second = points_of(first), points_of(second)
        self._may_swap = may_swap

    def cost(self, offset_s: float) -> float:
        """Mean log of the robust distance from epipolar lines; NaN with too little in common.

        About 0 for the noise of a good detector, 2 where nothing agrees.
        """
        per_point, weight = self._costs(offset_s, self._moments(offset_s))
        total = weight.sum()
        return float((per_point * weight).sum() / total) if total > 0 else float("nan")

    def refine(self, offset_s: float, *, reach_s: float) -> tuple[float, float]:
        """The best offset within `reach_s`, and its standard deviation, both seconds.

        The deviation comes from leaving out stretches of time, and landmarks, in turn. It is
        NaN where the views say nothing about the offset.
        """
        step_s = 0.01 if reach_s > 0.03 else 0.005
        n = int(np.ceil(reach_s / step_s))
        offsets = offset_s + step_s * np.arange(-n, n + 1)
        moments = self._moments(offset_s)
        curves = [self._costs(offset, moments) for offset in offsets]
        cost = np.stack([c * w for c, w in curves])
        weight = np.stack([w for _, w in curves])
        if not np.all(weight.sum(axis=(1, 2)) > 0):
            return offset_s, float("nan")
        best = _minimum(offsets, cost.sum(axis=(1, 2)) / weight.sum(axis=(1, 2)))
        stretches = np.array_split(np.arange(len(moments)), _N_BLOCKS)
        by_time = [_without(offsets, cost, weight, rows, axis=1) for rows in stretches]
        by_joint = [
            _without(offsets, cost, weight, np.array([j]), axis=2) for j in range(cost.shape[2])
        ]
        variance = max(_jackknife(np.array(x)) for x in (by_time, by_joint))
        return float(best), float(np.sqrt(variance))

    def _moments(self, offset_s: float) -> np.ndarray:
        """Times on the first clock, where both filmed, spread over the overlap."""
        start = max(self._first.times_s[0], self._second.times_s[0] + offset_s)
        end = min(self._first.times_s[-1], self._second.times_s[-1] + offset_s)
        times_s = self._first.times_s
        common = times_s[(times_s >= start) & (times_s <= end)]
        if len(common) <= MAX_MOMENTS:
            return common
        return common[np.linspace(0, len(common) - 1, MAX_MOMENTS).round().astype(int)]

    def _costs(self, offset_s: float, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cost and weight (F, J) of every correspondence under the offset's own best fit."""
        rows = np.searchsorted(self._first.times_s, moments)
        p, wp = self._first.xy[rows], self._first.weight[rows]
        second = np.concatenate([self._second.xy, self._second.weight[..., None]], axis=-1)
        sampled = interpolate_hermite(self._second.times_s, second, moments - offset_s)
        as_seen = Correspondences.of(p, wp, sampled)
        if (as_seen.weight > 0).sum() < MIN_CORRESPONDENCES:
            return np.zeros_like(wp), np.zeros_like(wp)
        if not self._may_swap:
            return as_seen.cost(as_seen.fundamental_matrix()), as_seen.weight
        exchanged = Correspondences.of(p, wp, sampled[:, _OTHER_SIDE])
        chosen = as_seen
        for _ in range(_N_RELABEL):
            F = chosen.fundamental_matrix()
            gain = mean_cost(as_seen, F) - mean_cost(exchanged, F) > _SWAP_MARGIN
            chosen = as_seen.exchanged_where(gain, exchanged)
        return chosen.cost(chosen.fundamental_matrix()), chosen.weight


def points_of(track: Track, tall_px: float | None = None) -> Points:
    """The landmarks that tell, of a track. tall_px: the unit; None takes the performer's."""
    xy = track.keypoints_2d_px[:, _LANDMARKS]
    tall_px = tall_px or typical_height_px(track)
    confidence = track.confidence[:, _LANDMARKS]
    weight = np.where(confidence >= MIN_CONFIDENCE, confidence**2, 0.0)
    return Points(track.times_s, (xy - track.image_size / 2.0) / tall_px, weight)


def typical_height_px(track: Track) -> float:
    """Of the performer in the image; 1 where nobody is seen whole."""
    xy = track.keypoints_2d_px[:, _LANDMARKS]
    seen = np.isfinite(xy).all(axis=(1, 2))
    if not seen.any():
        return 1.0
    return float(np.percentile(np.ptp(xy[seen], axis=1).max(axis=1), 75))


@dataclass(frozen=True, slots=True, eq=False)
class Correspondences:
    """Points p, q (F, J, 2) of the two views, 0 where weight (F, J) is 0."""

    p: np.ndarray
    q: np.ndarray
    weight: np.ndarray

    @staticmethod
    def of(p: np.ndarray, wp: np.ndarray, sampled: np.ndarray) -> "Correspondences":
        """From the first view's points and weights and the second's (F, J, 3) with weights."""
        weight = wp * np.clip(np.nan_to_num(sampled[..., 2]), 0.0, 1.0)
        weight = np.where(np.isfinite(p).all(axis=-1), weight, 0.0)
        weight = np.where(np.isfinite(sampled).all(axis=-1), weight, 0.0)
        seen = (weight > 0)[..., None]
        return Correspondences(
            np.where(seen, p, 0.0), np.where(seen, sampled[..., :2], 0.0), weight
        )

    def exchanged_where(self, rows: np.ndarray, other: "Correspondences") -> "Correspondences":
        """The other's rows where `rows` (F,) says so."""
        return Correspondences(
            np.where(rows[:, None, None], other.p, self.p),
            np.where(rows[:, None, None], other.q, self.q),
            np.where(rows[:, None], other.weight, self.weight),
        )

    def fundamental_matrix(self) -> np.ndarray:
        """(3, 3) by the normalised eight-point algorithm, robust (Hartley 1997)."""
        seen = self.weight > 0
        p, q, weight = self.p[seen], self.q[seen], self.weight[seen]
        p_unit, T_p = _normalised(p, weight)
        q_unit, T_q = _normalised(q, weight)
        rows = (q_unit[:, :, None] * p_unit[:, None, :]).reshape(-1, 9)
        trust, F = weight, np.eye(3)
        for _ in range(_N_REWEIGHT):
            _, vectors = np.linalg.eigh((rows * trust[:, None]).T @ rows)
            F = T_q.T @ _rank_two(vectors[:, 0].reshape(3, 3)) @ T_p
            distance, slope = _sampson(F, p, q)
            scale = max(_SIGMA, 1.5 * float(np.median(distance)))
            trust = (
                weight
                / (1.0 + np.square(distance / scale))
                / np.maximum(slope / slope.mean(), 1e-3)
            )
        return F

    def cost(self, F: np.ndarray) -> np.ndarray:
        """(F, J) log of the robust Sampson distance; 0 where not seen."""
        distance, _ = _sampson(F, self.p, self.q)
        return np.where(self.weight > 0, 0.5 * np.log1p(np.square(distance / _SIGMA)), 0.0)


def mean_cost(each: Correspondences, F: np.ndarray) -> np.ndarray:
    """(F,) of a moment."""
    return (each.cost(F) * each.weight).sum(axis=1) / np.maximum(each.weight.sum(axis=1), 1e-9)


def _sampson(F: np.ndarray, p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sampson distances (...) of points (..., 2), and the squared slopes that they divide by."""
    p1, q1 = (np.concatenate([x, np.ones((*x.shape[:-1], 1))], axis=-1) for x in (p, q))
    l_q, l_p = p1 @ F.T, q1 @ F
    slope = np.square(l_q[..., :2]).sum(axis=-1) + np.square(l_p[..., :2]).sum(axis=-1)
    return np.abs((q1 * l_q).sum(axis=-1)) / np.sqrt(np.maximum(slope, 1e-18)), slope


def _normalised(xy: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Homogeneous (N, 3) points with mean 0 and spread sqrt(2), and the (3, 3) that did it."""
    mean = weight @ xy / weight.sum()
    spread = np.sqrt(weight @ np.square(xy - mean).sum(axis=1) / weight.sum() / 2.0)
    scale = 1.0 / max(float(spread), 1e-9)
    T = np.array([[scale, 0.0, -scale * mean[0]], [0.0, scale, -scale * mean[1]], [0, 0, 1.0]])
    return np.concatenate([xy, np.ones((len(xy), 1))], axis=1) @ T.T, T


def _rank_two(F: np.ndarray) -> np.ndarray:
    U, S, Vt = np.linalg.svd(F)
    return (U * np.array([S[0], S[1], 0.0])) @ Vt


def _without(
    offsets: np.ndarray, cost: np.ndarray, weight: np.ndarray, left_out: np.ndarray, axis: int
) -> float:
    kept_cost = np.delete(cost, left_out, axis=axis).sum(axis=(1, 2))
    kept_weight = np.delete(weight, left_out, axis=axis).sum(axis=(1, 2))
    return _minimum(offsets, kept_cost / np.maximum(kept_weight, 1e-9))


def _minimum(x: np.ndarray, y: np.ndarray) -> float:
    """Where a sampled curve is lowest: a parabola through the points around its lowest one."""
    i = int(np.argmin(y))
    low, high = max(i - 2, 0), min(i + 3, len(x))
    a, b, _ = np.polyfit(x[low:high] - x[i], y[low:high], 2)
    if a <= 0.0:
        return float(x[i])
    return float(x[i] + np.clip(-b / (2.0 * a), x[low] - x[i], x[high - 1] - x[i]))


def _jackknife(estimates: np.ndarray) -> float:
    n = len(estimates)
    return float((n - 1) / n * np.square(estimates - estimates.mean()).sum())
