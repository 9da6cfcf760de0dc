"""Streams a video's frames, upright and with exact time stamps.

Time zero is the video's first frame. Only a few frames are in memory at any time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mvmocap_core.errors import InputError
from mvmocap_core.video.opening import open_media, truncated, video_stream
from mvmocap_core.video.orientation import Orientation, orientation_of

FALLBACK_FPS = 30.0
"""For streams that tell neither times nor a rate."""

_SEEK_MARGIN_S = 0.5  # demuxers seek by decoding time, which runs ahead of what is shown
_SAME_TIME_S = 1e-6
_END_TOLERANCE_FRAMES = 6.0
_END_TOLERANCE_S = 0.25
_CONTAINER_END_TOLERANCE_S = 1.0  # the container's duration is that of its longest track
_FOCAL_KEYS = ("35mm_equivalent", "focallengthin35mmformat", "focallengthin35mmfilm")
_FOCAL_RANGE_MM = (5.0, 500.0)


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a container says about its video.

    image_size:   width, height in pixels, upright.
    rotation_deg: clockwise turn that made it upright: 0, 90, 180 or 270.
    fps:          average rate; the frames may be unevenly spaced.
    duration_s:   from the first frame to the end of the last.
    n_frames:     as the container counts or, where it does not, estimated from the duration.
    focal_35mm:   35 mm equivalent focal length in millimetres, None where not recorded.
    """

    path: Path
    image_size: tuple[int, int]
    rotation_deg: int
    fps: float
    duration_s: float
    n_frames: int
    has_audio: bool
    focal_35mm: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture: (H, W, 3) uint8 RGB, upright, square pixels; seconds after the first one."""

    time_s: float
    image: np.ndarray


def probe_video(path: Path) -> VideoInfo:
    """Read what the container tells, the first frame, and whether the last one is there.

    Raises InputError with reason missing_file, unreadable, not_a_video, audio_only, no_frames or
    truncated.
    """
    with open_media(path) as container:
        stream = video_stream(container, path)
        first = _first_frame(container, stream, path)
        orientation = orientation_of(first, stream.sample_aspect_ratio)
        start_s = _time_s(first, stream) or 0.0
        fps = _average_fps(stream)
        duration_s, _ = _expected_duration(container, stream, start_s)
        end_s = _last_packet_end(container, stream, start_s + (duration_s or 0.0)) - start_s
        _check_end(path, container, stream, start_s, end_s)
        duration_s = duration_s or max(end_s, 1.0 / fps)
        return VideoInfo(
            path=path,
            image_size=orientation.upright_size(first.width, first.height),
            rotation_deg=orientation.rotation_deg,
            fps=fps,
            duration_s=duration_s,
            n_frames=stream.frames or max(1, round(duration_s * fps)),
            has_audio=bool(container.streams.audio),
            focal_35mm=_focal_35mm({**container.metadata, **stream.metadata}),
        )


def first_frame_time_s(path: Path) -> float:
    """The container's own time of the first frame shown, which is time zero everywhere else."""
    with open_media(path) as container:
        stream = video_stream(container, path)
        return _time_s(_first_frame(container, stream, path), stream) or 0.0


def iter_frames(
    path: Path, *, start_s: float | None = None, end_s: float | None = None
) -> Iterator[Frame]:
    """Yield the frames with start_s <= time <= end_s, in the order of time, none twice.

    Args:
        path: any video that FFmpeg reads.
        start_s: seconds since the video's first frame; reached by seeking.
        end_s: the same; with None the file is read to its end, which has to be there.

    Raises InputError with a reason as `probe_video`, truncated also after the last good frame.
    """
    with open_media(path) as container:
        stream = video_stream(container, path)
        first = _first_frame(container, stream, path)
        zero_s = _time_s(first, stream) or 0.0
        orientation = orientation_of(first, stream.sample_aspect_ratio)
        time_s = -np.inf
        for time_s, frame in _timed_frames(container, stream, zero_s, start_s or 0.0):
            if start_s is not None and time_s < start_s - _SAME_TIME_S:
                continue
            if end_s is not None and time_s > end_s + _SAME_TIME_S:
                return
            yield Frame(time_s, _upright(frame, orientation, first, path))
        if np.isfinite(time_s):
            last_s = time_s + 1.0 / _average_fps(stream)
            _check_end(path, container, stream, zero_s, last_s)


def _upright(
    frame: VideoFrame, orientation: Orientation, first: VideoFrame, path: Path
) -> np.ndarray:
    if (frame.width, frame.height) != (first.width, first.height):
        message = f"{path}: the picture's size changes within the video; convert it to one size."
        raise InputError(message, reason="size_changes")
    return orientation.upright_image(frame)


def _first_frame(container: InputContainer, stream: VideoStream, path: Path) -> VideoFrame:
    frame = next(_decoded(container, stream), None)
    if frame is None:
        raise InputError(
            f"{path}: no picture in it can be read; record or copy it again.", reason="no_frames"
        )
    return frame


def _timed_frames(
    container: InputContainer, stream: VideoStream, zero_s: float, start_s: float
) -> Iterator[tuple[float, VideoFrame]]:
    """Yield frames with strictly increasing times from `start_s`, or from somewhat before it."""
    if start_s > _SEEK_MARGIN_S:
        _seek(container, stream, zero_s + start_s - _SEEK_MARGIN_S)
        frames = _with_times(container, stream, zero_s, trusts_first=False)
        first = next(frames, None)
        if first is not None and first[0] <= start_s:
            yield first
            yield from frames
            return
    # From the start: asked for, or this container cannot be searched.
    _seek(container, stream, None)
    yield from _with_times(container, stream, zero_s, trusts_first=True)


def _with_times(
    container: InputContainer, stream: VideoStream, zero_s: float, *, trusts_first: bool
) -> Iterator[tuple[float, VideoFrame]]:
    """Pair frames with their times; one without a time stamp follows the one before it."""
    interval_s = 1.0 / _average_fps(stream)
    last_s = -interval_s if trusts_first else np.inf
    for frame in _decoded(container, stream):
        stamp_s = _time_s(frame, stream)
        time_s = last_s + interval_s if stamp_s is None else stamp_s - zero_s
        if np.isfinite(last_s) and time_s <= last_s:
            continue
        last_s = time_s
        yield time_s, frame


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Decode packet by packet: a damaged one costs its own frame, not the rest of the film."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.EOFError, av.error.InvalidDataError):
            return
        try:
            frames = packet.decode()
        except (av.error.InvalidDataError, av.error.EOFError):
            continue
        yield from (frame for frame in frames if isinstance(frame, VideoFrame))


def _seek(container: InputContainer, stream: VideoStream, time_s: float | None) -> None:
    time_base = stream.time_base
    try:
        if time_s is None or time_base is None:
            start = stream.start_time if stream.start_time is not None else 0
            container.seek(min(start, 0), stream=stream, backward=True, any_frame=False)
        else:
            container.seek(int(time_s / time_base), stream=stream, backward=True)
    except av.error.FFmpegError:
        container.seek(0)


def _time_s(frame: VideoFrame, stream: VideoStream) -> float | None:
    time_base = frame.time_base or stream.time_base
    return None if frame.pts is None or time_base is None else float(frame.pts * time_base)


def _average_fps(stream: VideoStream) -> float:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate is not None and 0 < rate < 10_000:
            return float(rate)
    return FALLBACK_FPS


def _expected_duration(
    container: InputContainer, stream: VideoStream, zero_s: float
) -> tuple[float | None, float]:
    """How long the container says the video is, and how far that may be off; seconds."""
    tolerance_s = max(_END_TOLERANCE_S, _END_TOLERANCE_FRAMES / _average_fps(stream))
    if stream.duration and stream.time_base:
        begin = stream.start_time or 0
        return float((begin + stream.duration) * stream.time_base) - zero_s, tolerance_s
    if container.duration:
        begin_s = (container.start_time or 0) / 1e6
        expected_s = begin_s + container.duration / 1e6 - zero_s
        return expected_s, max(_CONTAINER_END_TOLERANCE_S, 0.02 * expected_s)
    return None, tolerance_s


def _check_end(
    path: Path, container: InputContainer, stream: VideoStream, zero_s: float, reached_s: float
) -> None:
    expected_s, tolerance_s = _expected_duration(container, stream, zero_s)
    if expected_s is not None and reached_s < expected_s - tolerance_s:
        raise truncated(path, max(reached_s, 0.0), expected_s)


def _last_packet_end(container: InputContainer, stream: VideoStream, end_s: float) -> float:
    """End of the last packet that can be read, by the container's clock; nothing is decoded."""
    _seek(container, stream, max(end_s - 1.0, 0.0))
    last_s = -np.inf
    try:
        for packet in container.demux(stream):
            if packet.pts is not None and packet.time_base is not None and not packet.is_corrupt:
                length = packet.duration or 0
                last_s = max(last_s, float((packet.pts + length) * packet.time_base))
    except (av.error.InvalidDataError, av.error.EOFError):
        pass
    return last_s if np.isfinite(last_s) else end_s


def _focal_35mm(metadata: dict[str, str]) -> float | None:
    for key, text in metadata.items():
        if key.lower().endswith(_FOCAL_KEYS):
            try:
                focal_mm = float(text)
            except ValueError:
                continue
            if _FOCAL_RANGE_MM[0] <= focal_mm <= _FOCAL_RANGE_MM[1]:
                return focal_mm
    return None
