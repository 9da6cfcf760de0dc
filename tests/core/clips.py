"""Small videos made on the spot."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_clip(
    path: Path,
    *,
    n_frames: int = 30,
    fps: int = 30,
    size: tuple[int, int] = (320, 240),
    seed: int = 0,
) -> Path:
    """An H.264 video of a moving gradient without anybody in it; frame i is brighter at i."""
    width, height = size
    random = np.random.default_rng(seed)
    base = np.linspace(0, 120, width)[None, :, None] + random.uniform(0, 40, (height, 1, 3))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(n_frames):
            image = np.clip(np.roll(base, 3 * index, axis=1) + index, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path
