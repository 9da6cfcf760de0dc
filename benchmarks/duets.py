"""Videos of several people, composed from a rendered clip of one, and how often all are found.

The clip's cameras stand still, so the person of one moment and the one of `LAG` frames later can
stand in one picture, cut out by what differs from the empty room, the nearer one in front. That is
what the same cameras would have filmed of two people. The moments run forward and back again, and
on as long as they are asked to. Further people walk between those two.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import cv2
import numpy as np

from benchmarks.tables import show
from mvmocap_core.detection.detections import Detections
from mvmocap_core.detection.mediapipe_pose import MediaPipePose
from mvmocap_core.video.frames import iter_frames

HEAD = ("view", "frames", "far one, % tall", "near one", "far one found %", "near one", "both")
LAG = 45
SCALES = (1.0, 0.5)
"""Of the picture within its frame, which is filled up with one colour."""
_FPS = 30
_DIFFERENT = 18.0
_MARGIN_PX = np.array([22.0, 26.0])
_NEAR = 0.2
_SIZES = (0.6, 1.5)


@dataclass(frozen=True, slots=True, eq=False)
class Duet:
    """One composed video. boxes_px: (F, P, 2, 2) lowest and highest x, y of each one's joints."""

    frames: np.ndarray
    boxes_px: np.ndarray


def compose(
    clip: Path, view: int, *, scale: float = 1.0, n_frames: int | None = None, people: int = 2
) -> Duet:
    """Several of the person of `clip`, as one of its cameras would see them.

    view: 0 or 1. scale: see `SCALES`. n_frames: the first ones; None is all.
    """
    single = np.stack([frame.image for frame in iter_frames(clip / f"{'ab'[view]}.mp4")])
    with np.load(clip / "truth.npz") as truth:
        joints_px = truth["joints2d"][view].astype(np.float64)
        in_camera = truth["joints3d"] @ truth["R"][view].T + np.ravel(truth["t"][view])
    room = np.median(single, axis=0)
    n = len(single) - LAG
    moments = np.concatenate([np.arange(n), np.arange(n - 2, 0, -1)])[:n_frames]
    boxes = np.stack([joints_px.min(axis=1), joints_px.max(axis=1)], axis=1)
    depth = in_camera[..., 2].mean(axis=1)
    lags = np.linspace(0, LAG if people > 1 else 0, people).round().astype(int)
    frames = []
    for moment in moments:
        picture = room.copy()
        for k in sorted(moment + lags, key=lambda k: -depth[k]):
            mask = _mask(single[k], room, boxes[k])[..., None]
            picture = picture * (1.0 - mask) + single[k] * mask
        frames.append(_shrunk(np.clip(picture.round(), 0, 255).astype(np.uint8), scale))
    everybody = np.stack([boxes[moments + lag] for lag in lags], axis=1)
    middle = np.array(single.shape[2:0:-1]) / 2.0
    return Duet(np.stack(frames), middle + scale * (everybody - middle))


def _mask(image: np.ndarray, room: np.ndarray, box: np.ndarray) -> np.ndarray:
    """(H, W) in [0, 1]: where the person is."""
    differs = (np.abs(image - room).max(axis=2) > _DIFFERENT).astype(np.uint8)
    differs = cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    differs = cv2.dilate(differs, np.ones((3, 3), np.uint8)).astype(np.float64)
    (left, top), (right, bottom) = np.maximum([box[0] - _MARGIN_PX, box[1] + _MARGIN_PX], 0)
    near = np.zeros_like(differs)
    near[int(top) : int(bottom), int(left) : int(right)] = 1.0
    return cv2.GaussianBlur(differs * near, (0, 0), 0.7)


def _shrunk(picture: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1.0:
        return picture
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    whole = np.empty_like(picture)
    whole[:] = np.median(picture[:4], axis=(0, 1)).astype(np.uint8)
    whole[top : top + small.shape[0], left : left + small.shape[1]] = small
    return whole


def write_video(frames: np.ndarray, path: Path) -> None:
    """H.264 of (F, H, W, 3) frames."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=_FPS, options={"crf": "16"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def found(detections: Detections, boxes_px: np.ndarray) -> np.ndarray:
    """(F, P) bool: somebody of about the right size is found about where each one is."""
    low, high = (
        edge(detections.keypoints_2d_px, axis=2)[:, None] for edge in (np.min, np.max)
    )  # (F, 1, S, 2); NaN in an empty slot
    true_low, true_high = (boxes_px[:, :, None, k] for k in range(2))
    tall_px = (true_high - true_low)[..., 1]
    away = np.linalg.norm(low + high - true_low - true_high, axis=-1) / 2.0 / tall_px
    size = (high - low)[..., 1] / tall_px
    return ((away < _NEAR) & (size > _SIZES[0]) & (size < _SIZES[1])).any(axis=2)


def measure(clip: Path, view: int, scale: float) -> dict[str, float]:
    """In how many frames the detector finds the two, and how tall they are in the picture."""
    duet = compose(clip, view, scale=scale)
    is_found = found(detected(duet, 2), duet.boxes_px)
    far_tall, near_tall = np.ptp(duet.boxes_px[..., 1], axis=2).mean(axis=0) / duet.frames.shape[1]
    far, near = is_found.mean(axis=0)
    return {
        "view": view,
        "frames": len(is_found),
        "far_tall": float(far_tall),
        "near_tall": float(near_tall),
        "far": float(far),
        "near": float(near),
        "both": float(is_found.all(axis=1).mean()),
    }


def detected(duet: Duet, people: int) -> Detections:
    """What the detector finds in the composed video, asked for so many people."""
    with filmed(duet) as video:
        return MediaPipePose(people=people).detect(video)


@contextmanager
def filmed(duet: Duet) -> Iterator[Path]:
    """The composed video as a file, while it is needed."""
    with TemporaryDirectory() as folder:
        video = Path(folder) / "composed.mp4"
        write_video(duet.frames, video)
        yield video


def cells(result: dict[str, float]) -> list[str]:
    """A row of `HEAD`."""
    shares = [result[name] for name in ("far_tall", "near_tall", "far", "near", "both")]
    shown = (show(100.0 * share, 0) for share in shares)
    return ["ab"[int(result["view"])], str(int(result["frames"])), *shown]
