"""The offset of two recordings of one scene from their sound.

Coarse: onsets in several frequency bands, correlated at every lag; in short recordings also the
waves themselves. Fine: generalised cross-
correlation with phase transform (GCC-PHAT; Knapp & Carter, IEEE TASSP 1976) around each coarse
peak, which has one sharp peak where both microphones heard the same waves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import find_peaks, resample_poly

from mvmocap_core.sync.drift import drift_line

if TYPE_CHECKING:
    from mvmocap_core.video.audio import Sound

RATE_HZ = 16000
MIN_OVERLAP_S = 1.0
SOUND_PATH_STD_S = 0.003
"""Phones stand at different distances from what makes the sound: a metre is 3 ms."""

_HOP = 80
_WINDOW = 400
_BAND_EDGES_HZ = np.geomspace(150.0, 7000.0, 13)
_N_CANDIDATES = 6
_SEPARATION_S = 0.05
_WHOLE_S = 120.0
_WHOLE_OVERLAP_S = 0.3
_N_WHOLE = 3
_FINE_REACH_S = 0.06
_CHUNK_S = 4.0
_MAX_CHUNKS = 12
_GUARD_S = 0.004
_SHARP = 9.0
"""Height of a GCC-PHAT peak, in standard deviations of what surrounds it, that chance does not
reach."""
_TONE = 0.2
"""A tone has many peaks of one height, and stands this share of the highest of them above."""
_DISTINCT = 0.25
"""Share by which the highest peak must exceed the next."""
_DRIFT_MIN_SPAN_S = 40.0
_PEAK_STD_S = 0.1 / RATE_HZ


@dataclass(frozen=True, slots=True)
class SoundMatch:
    """An offset at which two recordings sound alike.

    offset_s, std_s: t_first = (1 + 1e-6 drift_ppm) t_second + offset_s.
    drift_ppm:       0 where it cannot be measured.
    certainty:       in [0, 1]; below 0.5 the recordings do not show that they share a scene, or
                     sound alike at several offsets, as music does.
    others_s:        those, the likeliest first.
    is_sharp:        waves match, not only loudness, so that the best offset is exact if right.
    """

    offset_s: float
    std_s: float
    drift_ppm: float
    certainty: float
    others_s: tuple[float, ...]
    is_sharp: bool


@dataclass(frozen=True, slots=True)
class _Fine:
    """A lag at which waves match: at the second clock's zero, it grows by `drift_ppm`.

    height: of the peak, in standard deviations of what surrounds it.
    """

    lag_s: float
    height: float
    drift_ppm: float


def match_sound(first: Sound, second: Sound) -> SoundMatch | None:
    """The offset of the second recording's video clock; None where there is nothing to hear."""
    a, b = (_mono(sound) for sound in (first, second))
    if min(len(a), len(b)) < MIN_OVERLAP_S * RATE_HZ or min(a.std(), b.std()) < 1e-5:
        return None
    candidates = _coarse(a, b) + _whole(a, b)
    if not candidates:
        return None
    found = _distinct([_fine(a, b, lag_s) for lag_s in candidates])
    best, heights = found[0], [each.height for each in found]
    # The sound may start before or after its video's first frame.
    starts_s = [first.start_s - second.start_s * (1.0 + 1e-6 * each.drift_ppm) for each in found]
    return SoundMatch(
        offset_s=best.lag_s + starts_s[0],
        std_s=SOUND_PATH_STD_S,
        drift_ppm=best.drift_ppm,
        certainty=_certainty(heights),
        others_s=tuple(
            each.lag_s + start_s
            for each, start_s in zip(found[1:], starts_s[1:], strict=True)
            if each.height >= _SHARP
        ),
        is_sharp=best.height >= _SHARP,
    )


def _certainty(heights: list[float]) -> float:
    """0.5 for a lone peak at the threshold, 1 for one twice as high; 0 for one of equals."""
    distinct = 1.0 - heights[1] / heights[0] if len(heights) > 1 else 1.0
    strength = np.clip(0.5 * heights[0] / _SHARP, 0.0, 1.0)
    return float(strength * np.clip(distinct / _DISTINCT, 0.0, 1.0))


def _mono(sound: Sound) -> np.ndarray:
    """(N,) at `RATE_HZ`, without its mean, unit energy."""
    samples = np.nan_to_num(np.asarray(sound.samples, dtype=np.float32))
    rate = int(round(sound.rate_hz))
    common = int(np.gcd(rate, RATE_HZ))
    if rate != RATE_HZ:
        samples = resample_poly(samples, RATE_HZ // common, rate // common).astype(np.float32)
    samples = samples - samples.mean() if len(samples) else samples
    return samples


def _onsets(samples: np.ndarray) -> np.ndarray:
    """(B, N) rise of loudness in each band, every `_HOP` samples; level does not matter."""
    n_frames = 1 + (len(samples) - _WINDOW) // _HOP
    frequency = np.fft.rfftfreq(_WINDOW, 1.0 / RATE_HZ)
    band = np.digitize(frequency, _BAND_EDGES_HZ) - 1
    n_bands = len(_BAND_EDGES_HZ) - 1
    select = (band[:, None] == np.arange(n_bands)).astype(np.float32)
    power = np.empty((n_frames, n_bands), dtype=np.float32)
    window = np.hanning(_WINDOW).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
    for start in range(0, n_frames, 4096):
        spectrum = np.abs(np.fft.rfft(frames[start : start + 4096] * window)) ** 2
        power[start : start + 4096] = spectrum @ select
    floor = np.maximum(np.percentile(power, 20, axis=0), 1e-12)
    loudness = np.log(power + floor).T
    rise = np.maximum(loudness[:, 2:] - loudness[:, :-2], 0.0)
    rise = rise - rise.mean(axis=1, keepdims=True)
    return rise / np.maximum(rise.std(axis=1, keepdims=True), 1e-9)


def _coarse(a: np.ndarray, b: np.ndarray) -> list[float]:
    """Lags in seconds at which onsets coincide, the best first."""
    x, y = _onsets(a), _onsets(b)
    n_x, n_y = x.shape[1], y.shape[1]
    n = n_x + n_y - 1
    size = next_fast_len(n, real=True)
    product = (rfft(x, size, axis=1) * rfft(y, size, axis=1).conj()).sum(axis=0)
    correlation = np.roll(irfft(product, size), n_y - 1)[:n]
    lag = np.arange(n) - (n_y - 1)
    overlap = np.minimum(n_x, lag + n_y) - np.maximum(0, lag)
    # The sum over a longer overlap wanders further by chance: as its square root.
    score = correlation / np.sqrt(np.maximum(overlap, 1))
    score[overlap < MIN_OVERLAP_S * RATE_HZ / _HOP] = -np.inf
    padded = np.pad(score, 1, constant_values=-np.inf)
    peaks, _ = find_peaks(padded, distance=_SEPARATION_S * RATE_HZ / _HOP)
    peaks = peaks - 1
    best = peaks[np.argsort(-score[peaks])][:_N_CANDIDATES]
    return [float(lag[i]) * _HOP / RATE_HZ for i in best if score[i] > 0.0]


def _whole(a: np.ndarray, b: np.ndarray) -> list[float]:
    """Lags in seconds at which the waves of short recordings match, the best first.

    Where a second or less was heard by both, its few onsets prove nothing, its waves do. Over
    longer recordings onsets are enough, and clocks that drift apart blur the waves.
    """
    if max(len(a), len(b)) > _WHOLE_S * RATE_HZ:
        return []
    size = next_fast_len(len(a) + len(b), real=True)
    correlation = np.roll(_whitened_correlation(rfft(a, size), rfft(b, size), size), len(b) - 1)
    lag = np.arange(len(a) + len(b) - 1) - (len(b) - 1)
    overlap = np.minimum(len(a), lag + len(b)) - np.maximum(0, lag)
    correlation = np.where(overlap >= _WHOLE_OVERLAP_S * RATE_HZ, correlation[: len(lag)], 0.0)
    peaks, _ = find_peaks(correlation, distance=_GUARD_S * RATE_HZ)
    best = peaks[np.argsort(-correlation[peaks])][:_N_WHOLE]
    return [float(lag[i]) / RATE_HZ for i in best]


def _fine(a: np.ndarray, b: np.ndarray, lag_s: float) -> _Fine:
    """The lag near `lag_s` at which waves match.

    Over minutes, clocks that drift apart move the peak further than it is wide: stretches are
    put one over the other along the drift.
    """
    stretches = _chunks(a, b, lag_s)
    curves = [_phat(a, b, start_s, length_s, lag_s) for start_s, length_s in stretches]
    clock_s = np.array([start_s + 0.5 * length_s for start_s, length_s in stretches]) - lag_s
    slope = _slope(clock_s, curves, lag_s)
    middle_s = float(clock_s.mean())
    shift = slope * (clock_s - middle_s) * RATE_HZ
    sample = np.arange(len(curves[0]))
    along = [np.interp(sample + s, sample, curve) for s, curve in zip(shift, curves, strict=True)]
    found_s, height = _peak(np.mean(along if slope else curves, axis=0), lag_s)
    return _Fine(found_s - slope * middle_s, height, 1e6 * slope)


def _slope(clock_s: np.ndarray, curves: Sequence[np.ndarray], lag_s: float) -> float:
    """Seconds that the lag grows by in a second of the second clock; 0 if not measurable."""
    peaks = [_peak(curve, lag_s) for curve in curves]
    is_sharp = np.array([height >= _SHARP for _, height in peaks])
    clock_s, lags_s = clock_s[is_sharp], np.array([lag for lag, _ in peaks])[is_sharp]
    if len(clock_s) < 4 or np.ptp(clock_s) < _DRIFT_MIN_SPAN_S:
        return 0.0
    drift_ppm, _ = drift_line(clock_s, lags_s, np.full(len(clock_s), _PEAK_STD_S))
    return 1e-6 * drift_ppm


def _distinct(found: list[_Fine]) -> list[_Fine]:
    """The highest peak first; of those that climbed to one peak, one."""
    chosen: list[_Fine] = []
    for each in sorted(found, key=lambda each: -each.height):
        if all(abs(each.lag_s - other.lag_s) > _GUARD_S for other in chosen):
            chosen.append(each)
    return chosen


def _chunks(a: np.ndarray, b: np.ndarray, lag_s: float) -> list[tuple[float, float]]:
    """Start and length (seconds on the first recording) of stretches to compare."""
    start = max(0.0, lag_s)
    end = min(len(a) / RATE_HZ, len(b) / RATE_HZ + lag_s)
    length = min(_CHUNK_S, end - start)
    n = int(np.clip((end - start) // length, 1, _MAX_CHUNKS))
    return [(float(s), length) for s in np.linspace(start, end - length, n)]


def _phat(
    a: np.ndarray, b: np.ndarray, start_s: float, length_s: float, lag_s: float
) -> np.ndarray:
    """GCC-PHAT of one stretch, (2 _FINE_REACH_S RATE_HZ + 1,) for lags around `lag_s`."""
    n, reach = int(length_s * RATE_HZ), int(_FINE_REACH_S * RATE_HZ)
    x = _stretch(a, round(start_s * RATE_HZ), n)
    y = _stretch(b, round(start_s * RATE_HZ) - round(lag_s * RATE_HZ), n)
    size = next_fast_len(2 * n, real=True)
    correlation = _whitened_correlation(rfft(x, size), rfft(y, size), size)
    curve = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    return curve / max(float(curve.std()), 1e-20)


def _whitened_correlation(x: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
    """(size,) the phase transform of spectra of `size` samples: every pitch counts alike."""
    cross = x * y.conj()
    magnitude = np.abs(cross)
    frequency = np.fft.rfftfreq(size, 1.0 / RATE_HZ)
    in_band = (frequency >= _BAND_EDGES_HZ[0]) & (frequency <= _BAND_EDGES_HZ[-1])
    # A little of the magnitude is kept: bins that hold only noise then count for less.
    return irfft(np.where(in_band, cross / np.maximum(magnitude, 1e-20) ** 0.8, 0.0), size)


def _stretch(samples: np.ndarray, start: int, n: int) -> np.ndarray:
    """`n` samples from `start`, windowed; zero outside the recording."""
    out = np.zeros(n, dtype=np.float32)
    low, high = max(start, 0), min(start + n, len(samples))
    if high > low:
        out[low - start : high - start] = samples[low:high]
    return out * np.hanning(n).astype(np.float32)


def _peak(curve: np.ndarray, lag_s: float) -> tuple[float, float]:
    """The sub-sample lag of the highest point, and its height over the surroundings' spread."""
    reach = len(curve) // 2
    i = int(np.argmax(curve))
    around = np.abs(np.arange(len(curve)) - i) > _GUARD_S * RATE_HZ
    sharp = curve[i] / max(float(curve[around].std()), _TONE * float(curve[around].max()), 1e-20)
    shift = 0.0
    if 0 < i < len(curve) - 1:
        low, mid, high = curve[i - 1 : i + 2]
        bend = low - 2.0 * mid + high
        shift = float(np.clip(0.5 * (low - high) / bend, -0.5, 0.5)) if bend < 0 else 0.0
    return (round(lag_s * RATE_HZ) + i - reach + shift) / RATE_HZ, float(sharp)
