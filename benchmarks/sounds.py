"""Sound of one scene as two phones would record it."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

RATE_HZ = 16000
KINDS = ("speech", "beat", "claps", "hum")


@dataclass(frozen=True, kw_only=True, slots=True)
class Microphone:
    """How one phone hears the scene.

    start_s:      scene time of its first sample.
    length_s:     of the recording.
    gain:         loudness.
    snr_db:       scene over the phone's own noise; noise is not shared by the phones.
    echo:         energy of the room's echo over that of the direct sound.
    drift_ppm:    its clock runs fast by this.
    silence_s:    the recording begins with as much silence.
    """

    start_s: float
    length_s: float
    gain: float = 1.0
    snr_db: float = 15.0
    echo: float = 0.3
    drift_ppm: float = 0.0
    silence_s: float = 0.0


def make_scene(rng: np.random.Generator, kind: str, length_s: float) -> np.ndarray:
    """(N,) at `RATE_HZ`, about unit loudness: one of `KINDS`."""
    n = int(length_s * RATE_HZ)
    makers = {"speech": _speech, "beat": _beat, "claps": _claps, "hum": _hum}
    sound = makers[kind](rng, n)
    return sound / max(float(sound.std()), 1e-9)


def record(rng: np.random.Generator, scene: np.ndarray, phone: Microphone) -> np.ndarray:
    """(N,) float32: what `phone` writes of `scene`."""
    tail = np.exp(-np.arange(int(0.25 * RATE_HZ)) / (0.06 * RATE_HZ))
    room = rng.normal(size=len(tail)) * tail
    room *= np.sqrt(phone.echo / max(float(np.square(room).sum()), 1e-9))
    room[0] += 1.0
    heard = fftconvolve(scene, room)[: len(scene)]
    low, high = rng.uniform(80.0, 200.0), rng.uniform(5000.0, 7500.0)
    heard = sosfilt(butter(2, [low, high], "bandpass", fs=RATE_HZ, output="sos"), heard)
    own_s = np.arange(int(phone.length_s * RATE_HZ)) / RATE_HZ
    scene_s = phone.start_s + own_s * (1.0 + 1e-6 * phone.drift_ppm)
    sound = _at(heard, scene_s * RATE_HZ)
    noise = rng.normal(size=len(sound)) * 10.0 ** (-phone.snr_db / 20.0) * heard.std()
    out = phone.gain * (sound + noise)
    out[: int(phone.silence_s * RATE_HZ)] = 0.0
    return (0.05 * out).astype(np.float32)


def _at(sound: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Values between samples by a windowed sinc of 16 taps; 0 outside."""
    whole = np.floor(position).astype(int)
    part = position - whole
    out = np.zeros(len(position))
    for tap in range(-7, 9):
        index = whole + tap
        inside = (index >= 0) & (index < len(sound))
        distance = part - tap
        weight = np.sinc(distance) * np.cos(np.pi * distance / 17.0) ** 2
        out += np.where(inside, sound[np.clip(index, 0, len(sound) - 1)], 0.0) * weight
    return out


def _speech(rng: np.random.Generator, n: int) -> np.ndarray:
    t = np.arange(n) / RATE_HZ
    level = np.zeros(n)
    at = 0.0
    while at < t[-1]:
        length = rng.uniform(0.08, 0.25)
        inside = (t >= at) & (t < at + length)
        level[inside] = rng.uniform(0.3, 1.0) * np.sin(np.pi * (t[inside] - at) / length) ** 2
        at += length + (rng.uniform(0.02, 0.1) if rng.random() < 0.8 else rng.uniform(0.3, 0.8))
    pitch = 130.0 + 40.0 * np.sin(2 * np.pi * rng.uniform(0.2, 0.7) * t + rng.uniform(0, 6))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    voice = sum(np.sin(k * phase) / k for k in range(1, 20))
    return level * (voice + 0.3 * rng.normal(size=n))


def _beat(rng: np.random.Generator, n: int) -> np.ndarray:
    """A bar of four drum hits and notes, repeated: every bar sounds the same."""
    beat = int(RATE_HZ * rng.uniform(0.4, 0.6))
    t = np.arange(beat) / RATE_HZ
    bar = []
    for k in range(4):
        hit = rng.normal(size=beat) * np.exp(-t * (60.0 if k % 2 else 25.0))
        note = np.sin(2 * np.pi * 220.0 * 2 ** (rng.integers(12) / 12.0) * t) * np.exp(-3 * t)
        bar.append(hit + note)
    one = np.concatenate(bar)
    return np.tile(one, n // len(one) + 1)[:n] + 0.05 * _speech(rng, n)


def _claps(rng: np.random.Generator, n: int) -> np.ndarray:
    sound = 0.01 * rng.normal(size=n)
    length = int(0.05 * RATE_HZ)
    for at in rng.integers(0, max(n - length, 1), size=max(3, n // RATE_HZ)):
        decay = np.exp(-np.arange(length) / (0.008 * RATE_HZ))
        sound[at : at + length] += rng.uniform(0.5, 1.0) * rng.normal(size=length) * decay
    return sound


def _hum(rng: np.random.Generator, n: int) -> np.ndarray:
    """Steady noise of a fan or a street, with slow changes of loudness."""
    slow = sosfilt(butter(1, 0.5, "lowpass", fs=RATE_HZ, output="sos"), rng.normal(size=n))
    return rng.normal(size=n) * np.exp(0.5 * slow / max(float(slow.std()), 1e-9))
