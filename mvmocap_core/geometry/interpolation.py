"""Values of a sampled signal between its samples."""

import numpy as np

MAX_GAP_S = 0.15
"""Samples further apart are not joined, unless a signal has no closer ones."""
_COARSE_STEPS = 1.5


def interpolate_hermite(times_s: np.ndarray, values: np.ndarray, query_s: np.ndarray) -> np.ndarray:
    """Cubic Hermite interpolation with finite-difference slopes, for uneven sampling.

    times_s: (F,) strictly increasing; values: (F, ...); query_s: (Q,).

    Returns the values (Q, ...). NaN outside the samples, beside a missing sample and in gaps of
    more than `MAX_GAP_S`, or of one and a half usual steps where those are longer. A missing
    neighbour further off only makes the slope one-sided.
    """
    if len(times_s) < 2:
        return np.full((len(query_s), *values.shape[1:]), np.nan)
    slope = _slopes(times_s, values)
    max_gap_s = max(MAX_GAP_S, _COARSE_STEPS * float(np.median(np.diff(times_s))))
    left = np.clip(np.searchsorted(times_s, query_s, side="right") - 1, 0, len(times_s) - 2)
    step = times_s[left + 1] - times_s[left]
    s = (query_s - times_s[left]) / step
    outside = (s < -1e-6) | (s > 1.0 + 1e-6) | (step > max_gap_s)
    s, h = (_expand(np.clip(a, 0.0, None), values.ndim) for a in (s, step))
    a, b = values[left], values[left + 1]
    ma, mb = h * slope[left], h * slope[left + 1]
    at = a + s * (ma + s * (3 * (b - a) - 2 * ma - mb + s * (2 * (a - b) + ma + mb)))
    at[outside] = np.nan
    return at


def nearest_samples(times_s: np.ndarray, query_s: np.ndarray) -> np.ndarray:
    """(Q,) which of `times_s` (F,), rising, is nearest to each of `query_s` (Q,)."""
    after = np.clip(np.searchsorted(times_s, query_s), 1, len(times_s) - 1)
    is_before_nearer = query_s - times_s[after - 1] < times_s[after] - query_s
    return np.where(is_before_nearer, after - 1, after)


def _slopes(times_s: np.ndarray, values: np.ndarray) -> np.ndarray:
    chord = np.diff(values, axis=0) / _expand(np.diff(times_s), values.ndim)
    before = np.concatenate([np.full_like(chord[:1], np.nan), chord])
    after = np.concatenate([chord, np.full_like(chord[:1], np.nan)])
    mean = 0.5 * (before + after)
    return np.where(np.isfinite(mean), mean, np.where(np.isfinite(before), before, after))


def _expand(a: np.ndarray, ndim: int) -> np.ndarray:
    return a.reshape(-1, *([1] * (ndim - 1)))
