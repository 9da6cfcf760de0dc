"""Reads a video's sound on the video's clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from mvmocap_core.video.frames import first_frame_time_s
from mvmocap_core.video.opening import open_media
from mvmocap_core.video.packets import decoded

SOUND_RATE_HZ = 16_000
"""Enough for claps and steps, a third of the memory of the phone's own rate."""

_GAP_S = 0.02  # time stamps jump by more than this where a phone dropped sound


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """One channel of sound.

    samples: (N,) float32 in [-1, 1]; where the recording has a gap, 0.
    rate_hz: samples a second.
    start_s: time of the first sample, seconds since the video's first frame; may be negative.
    """

    samples: np.ndarray
    rate_hz: float
    start_s: float


def read_sound(path: Path) -> Sound | None:
    """Read the first sound track, mixed to one channel; None where there is none to be read.

    Raises InputError as `probe_video` where the video itself cannot be read.
    """
    zero_s = first_frame_time_s(path)
    with open_media(path) as container:
        stream = container.streams.best("audio")
        if not isinstance(stream, AudioStream):
            return None
        track = _Track()
        for time_s, samples in _timed_samples(container, stream):
            track.add(time_s, samples)
    if track.n_samples == 0:
        return None
    return Sound(np.concatenate(track.pieces), float(SOUND_RATE_HZ), track.begin_s - zero_s)


class _Track:
    """Pieces of sound, each at its own time even where the recording skipped."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []
        self.n_samples = 0
        self.begin_s = 0.0

    def add(self, time_s: float, samples: np.ndarray) -> None:
        if not self.pieces:
            self.begin_s = time_s
        gap = round((time_s - self.begin_s) * SOUND_RATE_HZ) - self.n_samples
        if gap > _GAP_S * SOUND_RATE_HZ:
            self.pieces.append(np.zeros(gap, np.float32))
        elif gap < -_GAP_S * SOUND_RATE_HZ:  # time runs backwards: the earlier sound stays
            samples = samples[-gap:]
            gap = 0
        else:
            gap = 0
        self.pieces.append(samples)
        self.n_samples += gap + len(samples)


def _timed_samples(
    container: InputContainer, stream: AudioStream
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield pieces at `SOUND_RATE_HZ` with the container's time of their first sample."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SOUND_RATE_HZ)
    time_s = 0.0
    for frame in chain(decoded(container, stream), [None]):  # None empties the resampler
        for piece in resampler.resample(frame):
            samples = piece.to_ndarray().reshape(-1).astype(np.float32, copy=False)
            if piece.pts is not None and piece.time_base is not None:
                time_s = float(piece.pts * piece.time_base)
            yield time_s, samples
            time_s += len(samples) / SOUND_RATE_HZ
