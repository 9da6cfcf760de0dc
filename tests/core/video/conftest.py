"""Films of a few numbered frames, written by PyAV."""

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

TIME_BASE = Fraction(1, 90_000)
N_BITS = 6


def numbered_image(number: int, size: tuple[int, int]) -> np.ndarray:
    """A picture that shows `number` in binary, as bars from left to right, brightest bit left."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    edges = np.linspace(0, width, N_BITS + 1).astype(int)
    for bit in range(N_BITS):
        level = 230 if number >> (N_BITS - 1 - bit) & 1 else 20
        image[:, edges[bit] : edges[bit + 1]] = level
    return image


def number_in(image: np.ndarray) -> int:
    """The number that `numbered_image` wrote."""
    width = image.shape[1]
    centres = ((np.arange(N_BITS) + 0.5) * width / N_BITS).astype(int)
    bits = image[image.shape[0] // 2, centres].mean(axis=-1) > 128
    return int((bits * 2 ** np.arange(N_BITS)[::-1]).sum())


def write_film(
    path: Path,
    times_s: Sequence[float],
    *,
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
    container_options: dict[str, str] | None = None,
    codec_options: dict[str, str] | None = None,
    sound_start_s: float | None = None,
    sound_end_s: float | None = None,
    pixel_aspect: Fraction | None = None,
    time_base: Fraction = TIME_BASE,
) -> Path:
    """Frames at these times, and a click each half second where `sound_start_s` is given."""
    with av.open(str(path), "w", options=container_options or {}) as container:
        video = container.add_stream(codec, rate=30, options=codec_options or {"g": "8", "bf": "2"})
        video.width, video.height = size
        video.pix_fmt = "yuv420p" if size[0] % 2 == 0 and size[1] % 2 == 0 else "yuv444p"
        video.codec_context.time_base = time_base
        if pixel_aspect is not None:
            video.codec_context.sample_aspect_ratio = pixel_aspect
        sound = container.add_stream("aac", rate=48_000) if sound_start_s is not None else None
        for number, time_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray(numbered_image(number, size), format="rgb24")
            frame.pts, frame.time_base = round(time_s / time_base), time_base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None and sound_start_s is not None:
            end_s = times_s[-1] if sound_end_s is None else sound_end_s
            _write_clicks(container, sound, sound_start_s, end_s - sound_start_s)
    return path


def _write_clicks(container, stream, start_s: float, length_s: float) -> None:
    samples = np.zeros(int(length_s * 48_000), np.float32)
    for click in range(24_000, len(samples) - 480, 24_000):
        samples[click : click + 480] = np.sin(np.arange(480) * 0.3)
    for begin in range(0, len(samples) - 1024, 1024):
        frame = av.AudioFrame.from_ndarray(
            samples[None, begin : begin + 1024], format="fltp", layout="mono"
        )
        frame.sample_rate = 48_000
        frame.pts, frame.time_base = begin + round(start_s * 48_000), Fraction(1, 48_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


MATRICES = {
    "90": (0, 1, -1, 0),
    "180": (-1, 0, 0, -1),
    "270": (0, -1, 1, 0),
    "mirrored": (-1, 0, 0, 1),
}


def set_display_matrix(path: Path, name: str) -> None:
    """Write what a phone held in another position writes into an .mp4's track header."""
    content = bytearray(path.read_bytes())
    box = content.index(b"tkhd")
    version = content[box + 4]
    a, b, c, d = (value * 0x10000 for value in MATRICES[name])
    matrix = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    at = box + 4 + (52 if version else 40)
    content[at : at + 36] = matrix
    path.write_bytes(content)


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Write a film into the test's folder; the first argument is its name."""

    def write(name: str, times_s: Sequence[float], **options: object) -> Path:
        return write_film(tmp_path / name, times_s, **options)  # type: ignore[arg-type]

    return write


@pytest.fixture
def read_number() -> Callable[[np.ndarray], int]:
    return number_in


@pytest.fixture
def turn() -> Callable[[Path, str], None]:
    return set_display_matrix
