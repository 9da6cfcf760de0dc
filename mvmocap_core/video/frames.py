"""Streams a video's frames, upright and with exact time stamps.

Time zero is the video's first frame. Only a few frames are in memory at any time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mvmocap_core.errors import InputError
from mvmocap_core.video.length import average_fps, check_end, last_packet_end, promised_length
from mvmocap_core.video.opening import open_media, video_stream
from mvmocap_core.video.orientation import orientation_of
from mvmocap_core.video.packets import decoded

_SEEK_MARGIN_S = 0.5  # demuxers seek by decoding time, which runs ahead of what is shown
_SAME_TIME_S = 1e-6
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
        reader = _Reader(path, container, stream)
        fps = average_fps(stream)
        duration_s = promised_length(container, stream, reader.zero_s)[0]
        end_s = last_packet_end(container, stream, reader.zero_s + (duration_s or 0.0))
        check_end(path, container, stream, reader.zero_s, end_s - reader.zero_s)
        duration_s = max(duration_s or 0.0, end_s - reader.zero_s, 1.0 / fps)
        return VideoInfo(
            path=path,
            image_size=reader.orientation.upright_size(reader.first.width, reader.first.height),
            rotation_deg=reader.orientation.rotation_deg,
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
        return _Reader(path, container, stream).zero_s


def frame_times_s(path: Path) -> np.ndarray:
    """(F,) times of all frames, as `iter_frames` gives them; the pictures are not kept."""
    with open_media(path) as container:
        reader = _Reader(path, container, video_stream(container, path))
        return np.array([time_s for time_s, _ in reader.frames()])


def iter_frames(
    path: Path,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    scale: float = 1.0,
) -> Iterator[Frame]:
    """Yield the frames with start_s <= time <= end_s, in the order of time, none twice.

    Args:
        path: any video that FFmpeg reads.
        start_s: seconds since the video's first frame; reached by seeking where that works.
        end_s: the same; with None the file is read to its end, which has to be there.
        scale: size of the images given over the video's own.

    Raises InputError with a reason as `probe_video`, truncated also after the last good frame.
    """
    for seeks in (True, False) if (start_s or 0.0) > _SEEK_MARGIN_S else (False,):
        with open_media(path) as container:
            stream = video_stream(container, path)
            reader = _Reader(path, container, stream)
            frames = reader.frames_from(start_s or 0.0) if seeks else reader.frames()
            if frames is not None:
                yield from reader.cut(frames, start_s, end_s, scale)
                return


class _Reader:
    """One pass over an open container."""

    def __init__(self, path: Path, container: InputContainer, stream: VideoStream) -> None:
        self.path, self.container, self.stream = path, container, stream
        self.interval_s = 1.0 / average_fps(stream)
        self.decoded = decoded(container, stream)
        self.first = _first_frame(self.decoded, path)
        self.zero_s = _time_s(self.first, container, stream) or 0.0
        self.orientation = orientation_of(self.first, stream.sample_aspect_ratio)

    def frames(self) -> Iterator[tuple[float, VideoFrame]]:
        """All frames with their times, which increase strictly."""
        return self._with_times(chain([self.first], self.decoded), -self.interval_s)

    def frames_from(self, start_s: float) -> Iterator[tuple[float, VideoFrame]] | None:
        """Frames from at or somewhat before `start_s`; None if the container cannot seek."""
        time_base = self.stream.time_base
        if time_base is None:
            return None
        target = int((self.zero_s + start_s - _SEEK_MARGIN_S) / time_base)
        try:
            self.container.seek(target, stream=self.stream, backward=True)
        except av.error.FFmpegError:
            return None
        frames = self._with_times(decoded(self.container, self.stream), None)
        first = next(frames, None)
        return chain([first], frames) if first is not None and first[0] <= start_s else None

    def cut(
        self,
        frames: Iterator[tuple[float, VideoFrame]],
        start_s: float | None,
        end_s: float | None,
        scale: float,
    ) -> Iterator[Frame]:
        """The part between the in and out points, upright; checks that the end is there."""
        reached_s = None
        for time_s, frame in frames:
            reached_s = time_s + self._shown_for_s(frame)
            if start_s is not None and time_s < start_s - _SAME_TIME_S:
                continue
            if end_s is not None and time_s > end_s + _SAME_TIME_S:
                return
            yield Frame(time_s, self._upright(frame, scale))
        if reached_s is not None:
            check_end(self.path, self.container, self.stream, self.zero_s, reached_s)

    def _shown_for_s(self, frame: VideoFrame) -> float:
        time_base = frame.time_base or self.stream.time_base
        known_s = float(frame.duration * time_base) if time_base is not None else 0.0
        return max(known_s, self.interval_s)

    def _with_times(
        self, frames: Iterable[VideoFrame], last_s: float | None
    ) -> Iterator[tuple[float, VideoFrame]]:
        """Pair frames with their times; one without a stamp follows the one before it."""
        for frame in frames:
            stamp_s = _time_s(frame, self.container, self.stream)
            if stamp_s is not None:
                time_s = stamp_s - self.zero_s
            elif last_s is not None:
                time_s = last_s + self.interval_s
            else:
                return  # nothing tells where a seek went
            if last_s is None or time_s > last_s:
                last_s = time_s
                yield time_s, frame

    def _upright(self, frame: VideoFrame, scale: float) -> np.ndarray:
        if (frame.width, frame.height) != (self.first.width, self.first.height):
            message = f"{self.path}: the picture's size changes; convert the video to one size."
            raise InputError(message, reason="size_changes")
        return self.orientation.upright_image(frame, scale=scale)


def _first_frame(decoded: Iterator[VideoFrame], path: Path) -> VideoFrame:
    frame = next(decoded, None)
    if frame is None:
        raise InputError(
            f"{path}: no picture in it can be read; record or copy it again.", reason="no_frames"
        )
    return frame


def _time_s(frame: VideoFrame, container: InputContainer, stream: VideoStream) -> float | None:
    """When the container shows the frame. AVI stores decoding times and calls them shown ones."""
    stamp = frame.dts if container.format.name == "avi" else frame.pts
    time_base = frame.time_base or stream.time_base
    return None if stamp is None or time_base is None else float(stamp * time_base)


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
