"""How long a video should be, and how far it can be read."""

import re
from collections.abc import Iterator
from pathlib import Path

import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from mvmocap_core.video.opening import truncated

FALLBACK_FPS = 30.0
"""For streams that tell neither times nor a rate."""

_TOLERANCE_FRAMES = 6.0
_TOLERANCE_S = 0.25
_CONTAINER_TOLERANCE_S = 1.0  # a container's duration is rounded, or guessed from the bit rate
_MATROSKA_DURATION = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)$")


def average_fps(stream: VideoStream) -> float:
    """Frames a second as the container says, or guesses."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate < 10_000:
            return float(rate)
    return FALLBACK_FPS


def promised_length(
    container: InputContainer, stream: VideoStream, zero_s: float
) -> tuple[float | None, float]:
    """What the container says of the video's length, and how far that may be off; seconds.

    zero_s: the container's time of the first frame. None where the container does not say, or
    says it only of all tracks together: sound often runs on after the picture.
    """
    tolerance_s = max(_TOLERANCE_S, _TOLERANCE_FRAMES / average_fps(stream))
    if stream.duration and stream.time_base:
        begin = stream.start_time or 0
        return float((begin + stream.duration) * stream.time_base) - zero_s, tolerance_s
    match = _MATROSKA_DURATION.match(stream.metadata.get("DURATION", ""))
    if match:  # Matroska's count from zero, not from the first frame
        hours, minutes, seconds = (float(part) for part in match.groups())
        return 3600 * hours + 60 * minutes + seconds - zero_s, tolerance_s
    if container.duration and not container.streams.audio:
        is_from_zero = "matroska" in container.format.name
        begin_s = 0.0 if is_from_zero else (container.start_time or 0) / 1e6
        length_s = begin_s + container.duration / 1e6 - zero_s
        return length_s, max(_CONTAINER_TOLERANCE_S, 0.02 * length_s)
    return None, tolerance_s


def check_end(
    path: Path, container: InputContainer, stream: VideoStream, zero_s: float, reached_s: float
) -> None:
    """Raise InputError, reason truncated, where `reached_s` is not the promised end.

    zero_s, reached_s: as the container counts; seconds after the first frame.
    """
    length_s, tolerance_s = promised_length(container, stream, zero_s)
    if length_s is not None and reached_s < length_s - tolerance_s:
        raise truncated(path, max(reached_s, 0.0), length_s)


def last_packet_end(container: InputContainer, stream: VideoStream, end_s: float) -> float:
    """End of the last packet that can be read, by the container's clock; nothing is decoded.

    Tries near `end_s` first: only a damaged file is read from its beginning.
    """
    for from_s in (max(end_s - 1.0, 0.0), 0.0):
        try:
            container.seek(int(from_s * 1e6), backward=True)
        except av.error.FFmpegError:
            continue
        last_s = max(_packet_ends(container, stream), default=None)
        if last_s is not None:
            return last_s
    return end_s


def _packet_ends(container: InputContainer, stream: VideoStream) -> Iterator[float]:
    try:
        for packet in container.demux(stream):
            if packet.pts is not None and not packet.is_corrupt:
                yield float((packet.pts + (packet.duration or 0)) * packet.time_base)
    except (av.error.InvalidDataError, av.error.EOFError):
        return
