"""The solved skeleton drawn over the footage."""

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from mvmocap_core.files import atomic_path
from mvmocap_core.geometry.cameras import project_points
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.progress import Progress, silent
from mvmocap_core.video.frames import Frame, iter_frames

LEFT_RGB = (64, 160, 255)
RIGHT_RGB = (255, 128, 48)
MIDDLE_RGB = (250, 250, 250)
_OUTLINE_RGB = (16, 16, 16)

_SHIFT = 4
"""OpenCV draws at fixed-point positions with this many bits after the point."""

_CRF = "20"


def draw_skeleton(
    image: np.ndarray,
    joints_2d_px: np.ndarray,
    joint_parents: np.ndarray,
    joint_names: Sequence[str],
) -> np.ndarray:
    """Draw bones and joints on a copy of an image; left blue, right orange, middle white.

    image:         (H, W, 3) uint8 RGB.
    joints_2d_px:  (J, 2) pixels, (0, 0) the image's top-left corner; NaN is not drawn.
    joint_parents: (J,) -1 for the root. joint_names: (J,) left_… and right_… choose the colour.
    """
    canvas = np.ascontiguousarray(image).copy()
    line = max(2, round(image.shape[0] / 240))
    points = _drawable(joints_2d_px, np.array([image.shape[1], image.shape[0]]))
    bones = [
        (points[joint], points[int(parent)], _colour(str(joint_names[joint])))
        for joint, parent in enumerate(joint_parents)
        if joint in points and int(parent) in points
    ]
    for start, end, _ in bones:
        cv2.line(canvas, start, end, _OUTLINE_RGB, line + 2, cv2.LINE_AA, _SHIFT)
    for start, end, colour in bones:
        cv2.line(canvas, start, end, colour, line, cv2.LINE_AA, _SHIFT)
    for joint, point in points.items():
        radius = round(line * 0.9 * 2**_SHIFT)
        colour = _colour(str(joint_names[joint]))
        cv2.circle(canvas, point, radius + 2**_SHIFT, _OUTLINE_RGB, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(canvas, point, radius, colour, -1, cv2.LINE_AA, _SHIFT)
    return canvas


def project_motion(motion: MotionClip, view: int, time_s: float) -> np.ndarray:
    """(J, 2) pixels of the joints in a view's own, distorted image.

    time_s: on that view's clock; between the motion's frames the joints are interpolated,
    outside of it all are NaN.
    """
    rate = 1.0 + 1e-6 * float(motion.sync_drift_ppm[view])
    first_s = rate * time_s + float(motion.sync_offset_s[view])
    positions_m = _positions_at(motion, first_s)
    pose = motion.T_cam_world[view]
    if motion.T_cam_world_frames is not None:
        nearest = int(np.abs(motion.times_s - first_s).argmin())
        pose = motion.T_cam_world_frames[view, nearest]
    return project_points(positions_m, motion.K[view], motion.dist[view], pose)


def draw_motion(image: np.ndarray, motion: MotionClip, view: int, time_s: float) -> np.ndarray:
    """Draw the motion over a view's frame of a given time, whatever size the frame is shown at.

    image: (H, W, 3) uint8 RGB. time_s: on that view's clock.
    """
    scale = np.array([image.shape[1], image.shape[0]]) / motion.image_size[view]
    joints_2d_px = project_motion(motion, view, time_s) * scale
    return draw_skeleton(image, joints_2d_px, motion.joint_parents, motion.joint_names.tolist())


def fit_height(image: np.ndarray, height_px: int) -> np.ndarray:
    """(H, W, 3) -> (height_px, even width, 3), keeping the shape of things."""
    width_px = max(2, 2 * round(image.shape[1] * height_px / image.shape[0] / 2))
    shrinks = height_px < image.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (width_px, height_px), interpolation=how)


def nearest_frames(video: Path, times_s: Sequence[float]) -> Iterator[Frame | None]:
    """Give the video's frame nearest to each of some rising times; None outside of the video.

    times_s: on the video's clock. Frames are streamed; two are held at once.
    """
    if not times_s:
        return
    frames = iter_frames(video, start_s=max(0.0, times_s[0] - 1.0))
    current = next(frames, None)
    following = next(frames, None)
    gap_s = 0.0
    for time_s in times_s:
        while current is not None and following is not None:
            gap_s = following.time_s - current.time_s
            if time_s - current.time_s <= following.time_s - time_s:
                break
            current, following = following, next(frames, None)
        is_inside = current is not None and abs(time_s - current.time_s) <= max(gap_s, 1e-3)
        yield current if is_inside else None


def write_overlay(
    videos: Sequence[Path],
    motion: MotionClip,
    target: Path,
    *,
    panels: Sequence[Path] = (),
    height_px: int = 480,
    progress: Progress = silent,
) -> None:
    """Write an H.264 mp4 of all views side by side with the skeleton, at the motion's rate.

    panels: further videos to put at the right, whose frame i belongs to the motion's frame i.
    Written atomically. Raises InputError when it cannot be written.
    """
    height_px -= height_px % 2
    sources = [_drawn_view(motion, view, video, height_px) for view, video in enumerate(videos)]
    sources += [_plain_panel(motion, panel, height_px) for panel in panels]
    rows = (np.hstack(images) for images in zip(*sources, strict=True))
    with atomic_path(target) as temporary:
        _encode(rows, temporary, float(motion.fps), len(motion.times_s), progress)


def _encode(
    rows: Iterator[np.ndarray], target: Path, fps: float, n_frames: int, progress: Progress
) -> None:
    first = next(rows)
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": _CRF, "preset": "veryfast"}
        for index, row in enumerate(itertools.chain([first], rows)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(row, format="rgb24")))
            progress((index + 1) / n_frames, f"overlay: frame {index + 1} of {n_frames}")
        container.mux(stream.encode())


def _drawn_view(motion: MotionClip, view: int, video: Path, height_px: int) -> Iterator[np.ndarray]:
    rate = 1.0 + 1e-6 * float(motion.sync_drift_ppm[view])
    times_s = (motion.times_s - float(motion.sync_offset_s[view])) / rate
    width, height = motion.image_size[view]
    blank = fit_height(np.zeros((int(height), int(width), 3), np.uint8), height_px)
    for time_s, frame in zip(times_s, nearest_frames(video, times_s.tolist()), strict=True):
        image = blank if frame is None else fit_height(frame.image, height_px)
        yield draw_motion(image, motion, view, time_s if frame is None else frame.time_s)


def _plain_panel(motion: MotionClip, panel: Path, height_px: int) -> Iterator[np.ndarray]:
    times_s = (np.arange(len(motion.times_s)) / motion.fps).tolist()
    image = np.zeros((height_px, height_px, 3), np.uint8)
    for frame in nearest_frames(panel, times_s):
        if frame is not None:  # a panel that is too short keeps its last picture
            image = fit_height(frame.image, height_px)
        yield image


def _positions_at(motion: MotionClip, first_s: float) -> np.ndarray:
    times_s = motion.times_s
    tolerance_s = 0.5 / motion.fps
    if not times_s[0] - tolerance_s <= first_s <= times_s[-1] + tolerance_s:
        return np.full(motion.positions_m.shape[1:], np.nan)
    place = float(np.interp(first_s, times_s, np.arange(len(times_s))))
    before = min(math.floor(place), len(times_s) - 1)
    after = min(before + 1, len(times_s) - 1)
    share = place - before
    return (1.0 - share) * motion.positions_m[before] + share * motion.positions_m[after]


def _drawable(joints_2d_px: np.ndarray, size: np.ndarray) -> dict[int, tuple[int, int]]:
    """By joint, its place in OpenCV's fixed-point units, whose (0, 0) is a pixel's centre.

    Far outside the image those numbers would overflow, and nothing would be seen: left out.
    """
    places = {}
    for joint, point in enumerate(joints_2d_px):
        if np.isfinite(point).all() and (np.abs(point - size / 2) < 3 * size).all():
            x, y = np.round((point - 0.5) * 2**_SHIFT).astype(int)
            places[joint] = (int(x), int(y))
    return places


def _colour(name: str) -> tuple[int, int, int]:
    if name.startswith("left_"):
        return LEFT_RGB
    return RIGHT_RGB if name.startswith("right_") else MIDDLE_RGB
