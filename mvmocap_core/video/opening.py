"""Opens media files, and says in plain words why one cannot be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from mvmocap_core.errors import InputError

_COPY_AGAIN = "the file is cut off; copy it from the phone again, or record again"
_NOT_VIDEO_FORMATS = ("tty", "image2", "_pipe")
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open any container that FFmpeg reads.

    Raises InputError with reason missing_file, unreadable, not_a_video or truncated; also for
    what the block meets while it reads.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file; check the path.", reason="missing_file")
    if path.is_dir():
        raise InputError(f"{path}: a folder; give a video file.", reason="not_a_video")
    try:
        with av.open(str(path), "r") as container:
            if any(name in container.format.name for name in _NOT_VIDEO_FORMATS):
                raise _not_a_video(path)
            yield container
    except PermissionError as error:
        raise InputError(
            f"{path}: may not be read; change the file's permissions.", reason="unreadable"
        ) from error
    except av.error.FFmpegError as error:
        raise _unreadable(path) from error


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The container's video, not a cover picture. Raises InputError, reason audio_only."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        if container.streams.audio:
            message = f"{path}: holds sound and no picture; give the video file."
            raise InputError(message, reason="audio_only")
        raise _unreadable(path)
    best = container.streams.best("video")
    stream = best if isinstance(best, VideoStream) and best in streams else streams[0]
    stream.thread_type = "AUTO"
    return stream


def truncated(path: Path, reached_s: float, expected_s: float) -> InputError:
    """The error for a file whose pictures end before its header says they do."""
    return InputError(
        f"{path}: only {reached_s:.1f} of {expected_s:.1f} s can be read: {_COPY_AGAIN}.",
        reason="truncated",
    )


def _unreadable(path: Path) -> InputError:
    with path.open("rb") as file:
        head = file.read(12)
    if not head:
        return InputError(f"{path}: the file is empty; copy it again.", reason="no_frames")
    if head[4:8] in _MP4_BOXES:  # begins as a film does: its index, written last, is missing
        return InputError(f"{path}: {_COPY_AGAIN}.", reason="truncated")
    return _not_a_video(path)


def _not_a_video(path: Path) -> InputError:
    return InputError(
        f"{path}: not a video; give a file such as .mp4 or .mov.", reason="not_a_video"
    )
