"""Takes of any length from short clips played forwards and backwards."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from benchmarks.tables import RESULTS
from mvmocap_core.detection.detections import Track
from mvmocap_core.files import atomic_path
from mvmocap_core.video.frames import iter_frames, probe_video


def there_and_back(n_source: int, n_frames: int) -> np.ndarray:
    """(n_frames,) source frames: 0 1 2 ... n-1 n-2 ... 1 0 1 ..."""
    period = np.concatenate([np.arange(n_source), np.arange(n_source - 2, 0, -1)])
    return np.resize(period, n_frames)


def long_track(track: Track, length_s: float, fps: float) -> Track:
    """The track, there and back until it is `length_s` long."""
    rows = there_and_back(len(track.times_s), int(length_s * fps))
    return Track(
        times_s=np.arange(len(rows)) / fps,
        keypoints_2d_px=track.keypoints_2d_px[rows],
        confidence=track.confidence[rows],
        world_landmarks_m=track.world_landmarks_m[rows],
        image_size=track.image_size,
    )


def long_video(source: Path, length_s: float) -> Path:
    """The video, there and back until it is `length_s` long; kept in benchmarks/results."""
    name = f"{source.parent.name}-{source.stem}-{length_s:g}s.mp4"
    target = RESULTS / "videos" / name
    if not target.exists():
        with atomic_path(target) as temporary:
            _write(source, temporary, length_s)
    return target


def _write(source: Path, target: Path, length_s: float) -> None:
    info = probe_video(source)
    rate = Fraction(info.fps).limit_denominator(1001)
    pictures = [frame.image for frame in iter_frames(source)]  # short: a few seconds of VGA
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast"})
        stream.width, stream.height = info.image_size
        stream.pix_fmt = "yuv420p"
        for row in there_and_back(len(pictures), int(length_s * info.fps)):
            container.mux(stream.encode(VideoFrame.from_ndarray(pictures[row], format="rgb24")))
        container.mux(_flushed(stream))


def _flushed(stream: VideoStream) -> Iterator[av.Packet]:
    yield from stream.encode(None)
