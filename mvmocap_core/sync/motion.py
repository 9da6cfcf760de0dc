"""Candidate offsets of two videos from how the performer moves.

The signals compared do not depend on where a phone stands: directions of bones in the
detector's own 3D (up to one unknown rotation for the whole take), angles of joints, and height
in the image.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import binary_erosion, gaussian_filter1d
from scipy.signal import find_peaks

from mvmocap_core.detection.detections import LANDMARK_NAMES, Track

GRID_HZ = 100.0
MIN_OVERLAP_S = 1.0
MAX_GAP_S = 0.25
N_CANDIDATES = 10

_SMOOTH_S = 0.05
_LARGE = 1.5
_INDEPENDENT_S = 0.25
"""Samples of motion closer than this tell the same."""
_MIN_SEPARATION_S = 0.1


def _index(*names: str) -> list[int]:
    return [LANDMARK_NAMES.index(name) for name in names]


_LIMB = [
    (a, b)
    for side in ("left", "right")
    for a, b in (
        _index(f"{side}_shoulder", f"{side}_elbow"),
        _index(f"{side}_elbow", f"{side}_wrist"),
        _index(f"{side}_hip", f"{side}_knee"),
        _index(f"{side}_knee", f"{side}_ankle"),
        _index(f"{side}_hip", f"{side}_shoulder"),
    )
]
_WIDTH = [
    tuple(_index("right_shoulder", "left_shoulder")),
    tuple(_index("right_hip", "left_hip")),
]
_BONES = np.array(_LIMB + _WIDTH)
_ANGLES = np.array(
    [
        _index(f"{side}_{a}", f"{side}_{b}", f"{side}_{c}")
        for side in ("left", "right")
        for a, b, c in (
            ("shoulder", "elbow", "wrist"),
            ("hip", "shoulder", "elbow"),
            ("shoulder", "hip", "knee"),
            ("hip", "knee", "ankle"),
        )
    ]
)
_HEIGHTS = np.array(
    _index("nose")
    + [
        i
        for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for i in _index(f"left_{part}", f"right_{part}")
    ]
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible offset of the second video on the first one's clock.

    offset_s:  seconds.
    evidence:  log likelihood against "unrelated"; larger is better.
    overlap_s: seconds filmed by both.
    """

    offset_s: float
    evidence: float
    overlap_s: float


@dataclass(frozen=True, slots=True, eq=False)
class _Signal:
    """S signals of C components on a grid that starts at `start_s`.

    values: (S, N, C), zero where weight is; weight: (S, N).
    """

    values: np.ndarray
    weight: np.ndarray


def motion_candidates(first: Track, second: Track) -> list[Candidate]:
    """Offsets at which the two performers' movements look alike, the best first.

    Every lag with at least `MIN_OVERLAP_S` seconds in common is tried. The list is empty when
    there is none, or when nobody moves.
    """
    if min(len(first.times_s), len(second.times_s)) < 4:
        return []
    groups = [_signals(track) for track in (first, second)]
    n_first, n_second = (group[0].weight.shape[1] for group in groups)
    lag = np.arange(n_first + n_second - 1) - (n_second - 1)
    overlap_s = (np.minimum(n_first, lag + n_second) - np.maximum(0, lag)) / GRID_HZ
    evidence, alike = np.zeros((2, len(lag)))
    for a, b in zip(*groups, strict=True):
        correlation = _correlate(a, b)
        evidence += _evidence(correlation, overlap_s)
        alike += correlation
    if not np.any(evidence > 0.0):
        return []
    peaks, _ = find_peaks(
        np.pad(evidence, 1, constant_values=-1.0), distance=_MIN_SEPARATION_S * GRID_HZ
    )
    peaks = peaks[evidence[peaks - 1] > 0.0] - 1
    best = peaks[np.argsort(-evidence[peaks])][:N_CANDIDATES]
    # Both grids start at time zero of their own clocks, so a lag of samples is the offset.
    return [
        Candidate(
            offset_s=(_climb(alike, i) - (n_second - 1)) / GRID_HZ,
            evidence=float(evidence[i]),
            overlap_s=float(overlap_s[i]),
        )
        for i in best
    ]


def _climb(alike: np.ndarray, i: int) -> float:
    """The sub-sample top of the correlation near `i`, where evidence leans to longer overlaps."""
    reach = int(_MIN_SEPARATION_S * GRID_HZ)
    low = max(i - reach, 0)
    top = low + int(np.argmax(alike[low : i + reach + 1]))
    if not 0 < top < len(alike) - 1:
        return float(top)
    before, here, after = alike[top - 1 : top + 2]
    bend = before - 2.0 * here + after
    return top + float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else top


def _evidence(correlation: np.ndarray, overlap_s: np.ndarray) -> np.ndarray:
    r = np.clip(correlation, 0.0, 0.999)
    evidence = -0.5 * overlap_s / _INDEPENDENT_S * np.log1p(-r * r)
    return np.where(overlap_s >= MIN_OVERLAP_S, evidence, 0.0)


def _signals(track: Track) -> list[_Signal]:
    """The groups of signals of one video, on a grid from its first stamp."""
    times_s = track.times_s
    grid_s = np.arange(0.0, times_s[-1] + 0.5 / GRID_HZ, 1.0 / GRID_HZ)
    bones = np.diff(track.world_landmarks_m[:, _BONES], axis=2)[:, :, 0]
    bones = bones / np.linalg.norm(bones, axis=-1, keepdims=True)
    tall_px = _person_height_px(track)
    heights = track.keypoints_2d_px[:, _HEIGHTS, 1:] / tall_px
    return [
        _resample(times_s, values, trust, grid_s)
        for values, trust in (
            (bones, track.confidence[:, _BONES].min(axis=2)),
            (_joint_angles(track.world_landmarks_m), track.confidence[:, _ANGLES].min(axis=2)),
            (heights, track.confidence[:, _HEIGHTS]),
        )
    ]


def _person_height_px(track: Track) -> float:
    """Typical height of the performer in the image; 1 where nobody is seen."""
    y = track.keypoints_2d_px[..., 1]
    seen = np.isfinite(y).all(axis=1)
    return float(np.percentile(np.ptp(y[seen], axis=1), 75)) if seen.any() else 1.0


def _joint_angles(landmarks_m: np.ndarray) -> np.ndarray:
    """(F, 33, 3) -> (F, 8, 1) radians at elbows, shoulders, hips and knees."""
    a, b, c = (landmarks_m[:, _ANGLES[:, k]] for k in range(3))
    u, v = a - b, c - b
    cosine = (u * v).sum(axis=-1) / (np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1))
    return np.arccos(np.clip(cosine, -1.0, 1.0))[..., None]


def _resample(
    times_s: np.ndarray, values: np.ndarray, trust: np.ndarray, grid_s: np.ndarray
) -> _Signal:
    """(F, S, C) at any times -> band-passed on the grid, every signal of like energy."""
    n_signals = values.shape[1]
    out = np.zeros((n_signals, len(grid_s), values.shape[2]))
    weight = np.zeros((n_signals, len(grid_s)))
    for s in range(n_signals):
        seen = np.isfinite(values[:, s]).all(axis=1) & (trust[:, s] > 0)
        if seen.sum() < 2:
            continue
        known_s = times_s[seen]
        right = np.clip(np.searchsorted(known_s, grid_s), 1, len(known_s) - 1)
        inside = (grid_s >= known_s[0]) & (grid_s <= known_s[-1])
        inside &= known_s[right] - known_s[right - 1] <= MAX_GAP_S
        weight[s] = np.where(inside, np.interp(grid_s, known_s, trust[seen, s]), 0.0)
        for c in range(values.shape[2]):
            out[s, :, c] = np.interp(grid_s, known_s, values[seen, s, c])
    return _rates(out, weight)


def _rates(values: np.ndarray, weight: np.ndarray) -> _Signal:
    """Smoothed rates of change; large ones are held back, and edges of gaps take no part.

    What is left at an edge would be alike in any two signals, and draw offsets towards zero.
    """
    sigma = _SMOOTH_S * GRID_HZ
    rate = gaussian_filter1d(values, sigma, axis=1, order=1, mode="nearest")
    inside = binary_erosion(weight > 0, np.ones((1, 2 * round(2.0 * sigma) + 1), dtype=bool))
    weight = np.where(inside, weight, 0.0)
    size = np.linalg.norm(rate, axis=-1)
    under = np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    typical = np.sqrt((weight * size**2).sum(axis=1, keepdims=True) / under)
    limit = 1.0 / np.sqrt(1.0 + np.square(size / np.maximum(_LARGE * typical, 1e-9)))
    return _Signal(np.where(inside[..., None], rate * limit[..., None], 0.0), weight)


def _correlate(a: _Signal, b: _Signal) -> np.ndarray:
    """Normalised correlation at every lag.

    With three components it is the correlation after the best rotation of that lag (the
    nuclear norm of the 3x3 cross-covariance, signed against reflections).
    """
    n = a.weight.shape[1] + b.weight.shape[1] - 1
    size = next_fast_len(n, real=True)

    def spectrum(x: np.ndarray) -> np.ndarray:
        return rfft(x, size, axis=1)

    def lags(product: np.ndarray) -> np.ndarray:
        full = irfft(product, size, axis=0)
        return np.roll(full, b.weight.shape[1] - 1, axis=0)[:n]

    wa, wb = spectrum(a.weight), spectrum(b.weight)
    ea = spectrum(a.weight * np.square(a.values).sum(axis=-1))
    eb = spectrum(b.weight * np.square(b.values).sum(axis=-1))
    energy_a = np.maximum(lags((ea * wb.conj()).sum(axis=0)), 0.0)
    energy_b = np.maximum(lags((wa * eb.conj()).sum(axis=0)), 0.0)
    va, vb = (spectrum(s.weight[..., None] * s.values) for s in (a, b))
    H = lags(np.einsum("snc,snd->ncd", va, vb.conj()))
    scale = np.sqrt(energy_a * energy_b)
    together = _aligned_sum(H)
    return np.divide(together, scale, out=np.zeros(n), where=scale > 1e-9 * scale.max())


def _aligned_sum(H: np.ndarray) -> np.ndarray:
    """(N, C, C) -> (N,) largest trace of R H over rotations R; the number itself for C = 1."""
    if H.shape[1] == 1:
        return H[:, 0, 0]
    singular = np.linalg.svd(H, compute_uv=False)
    return singular[:, 0] + singular[:, 1] + np.sign(np.linalg.det(H)) * singular[:, 2]
