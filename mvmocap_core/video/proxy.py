"""Writes footage that Blender can lay behind a skeleton: frame i of it is frame i of the scene."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream

from mvmocap_core.files import atomic_path
from mvmocap_core.geometry.shapes import check_shape
from mvmocap_core.progress import Progress, silent
from mvmocap_core.video.frames import Frame, iter_frames, probe_video

LONG_SIDE_PX = 1280
"""Larger footage is made smaller: Blender decodes it again for every frame it shows."""

KEY_FRAME_EVERY = 10  # lets the animator scrub
NEIGHBOUR_S = 1.0  # uneven frames this far apart still have a nearest one
MAX_DENOMINATOR = 1001  # 30000/1001 and its like are exact
QUALITY = {"crf": "21", "preset": "ultrafast", "tune": "fastdecode"}


def write_proxy(
    source: Path,
    target: Path,
    *,
    source_times_s: np.ndarray,
    fps: float,
    K: np.ndarray,
    dist: np.ndarray,
    progress: Progress = silent,
) -> None:
    """Write a constant-rate H.264 .mp4, upright and undistorted, whole or not at all.

    Its picture has the source's shape, and the same camera matrix when that is scaled with it;
    where the size has to become even, a row or a column is repeated at the end.

    Args:
        source: the video that was filmed.
        target: .mp4 to write.
        source_times_s: (F,) not decreasing: seconds on the source's clock of each frame written.
            Frame i shows the source's frame nearest to it, black outside the source.
        fps: rate of the target.
        K: (3, 3) of the upright source, pixels.
        dist: (4,) k1, k2, p1, p2.
        progress: told now and then.

    Raises InputError when the source cannot be read or the target not written.
    """
    check_shape("source_times_s", source_times_s, (None,))
    if (np.diff(source_times_s) < 0).any() or not np.isfinite(source_times_s).all():
        raise ValueError("source_times_s must be finite and not decrease.")
    info = probe_video(source)
    lens = _Lens(info.image_size, K, dist)
    pictures = _nearest_frames(source, source_times_s, 1.0 / info.fps, lens.scale)
    with atomic_path(target) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        stream = _h264_stream(container, lens.size, fps)
        shown: Frame | None = None
        image = lens.black
        for number, picture in enumerate(pictures):
            if picture is not shown:
                shown = picture
                image = lens.black if picture is None else lens.straight(picture.image)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
            progress((number + 1) / len(source_times_s), f"Writing footage of {source.name}")
        container.mux(stream.encode(None))


class _Lens:
    """Undoes the distortion of pictures that were made smaller by `scale`."""

    def __init__(self, image_size: tuple[int, int], K: np.ndarray, dist: np.ndarray) -> None:
        self.scale = min(1.0, LONG_SIDE_PX / max(image_size))
        width, height = (max(1, round(side * self.scale)) for side in image_size)
        self.shape = (width, height)
        self.size = (width + width % 2, height + height % 2)
        self.black = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        self.maps = None
        if np.any(dist):
            scaling = np.diag([width / image_size[0], height / image_size[1], 1.0])
            centres = np.array([[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]])  # OpenCV's pixel (0, 0)
            small = scaling @ K - centres
            self.maps = cv2.initUndistortRectifyMap(
                small, dist, np.eye(3), small, self.shape, cv2.CV_16SC2
            )

    def straight(self, image: np.ndarray) -> np.ndarray:
        """Straighten a picture of `shape`, and make its size even."""
        if image.shape[1::-1] != self.shape:  # pixels that are not square round differently
            image = cv2.resize(image, self.shape, interpolation=cv2.INTER_AREA)
        if self.maps is not None:
            image = cv2.remap(image, *self.maps, cv2.INTER_LINEAR)
        padding = [(0, self.size[1] - self.shape[1]), (0, self.size[0] - self.shape[0]), (0, 0)]
        return np.pad(image, padding, mode="edge") if self.size != self.shape else image


def _nearest_frames(
    source: Path, times_s: np.ndarray, interval_s: float, scale: float
) -> Iterator[Frame | None]:
    """Yield for each time the nearest frame, None where it is over half an interval outside."""
    if times_s.size == 0:
        return
    start_s = max(0.0, float(times_s[0]) - NEIGHBOUR_S)
    end_s = float(times_s[-1]) + NEIGHBOUR_S
    frames = iter_frames(source, start_s=start_s, end_s=end_s, scale=scale)
    before: Frame | None = None
    after = next(frames, None)
    for time_s in times_s:
        while after is not None and after.time_s <= time_s:
            before, after = after, next(frames, None)
        near = [frame for frame in (before, after) if frame is not None]
        best = min(near, key=lambda frame: abs(frame.time_s - time_s), default=None)
        if best is not None and (before is None or after is None):
            is_far = abs(best.time_s - time_s) > 0.5 * interval_s
            best = None if is_far else best
        yield best


def _h264_stream(container: OutputContainer, size: tuple[int, int], fps: float) -> VideoStream:
    rate = Fraction(fps).limit_denominator(MAX_DENOMINATOR)
    options = {**QUALITY, "g": str(KEY_FRAME_EVERY)}
    stream = container.add_stream("libx264", rate=rate, options=options)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    return stream
