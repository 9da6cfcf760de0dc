"""Straight edges of the room behind the people of a video."""

from pathlib import Path

import cv2
import numpy as np

from mvmocap_core.detection.detections import Detections
from mvmocap_core.room.axes import UNKNOWN_ROOM, RoomAxes, find_axes
from mvmocap_core.stabilisation.steady import CameraMotion
from mvmocap_core.video.frames import iter_frames

N_PICTURES = 5
"""Frames whose median shows the room: who moves is gone from it."""
SIDE_PX = 1280.0
"""Longer side of the pictures that edges are looked for in."""
MIN_LENGTH = 0.02
"""Of an edge, over the image's longer side."""
STILL_SHARE = 0.5
"""Of the frames in which a person stands before an edge, above which it may be the person's."""


def look_at_room(video: Path, detections: Detections, motion: CameraMotion) -> RoomAxes:
    """What the room in a video says about its camera. See `CameraMotion` for `motion`.

    detections: of the same video; their times are those that are looked at.
    """
    if motion.kind == "walked" or len(detections.times_s) == 0:
        return UNKNOWN_ROOM
    rows = np.unique(np.linspace(0, len(detections.times_s) - 1, N_PICTURES).round().astype(int))
    still = _still_picture(video, detections, motion, rows)
    if still is None:
        return UNKNOWN_ROOM
    edges_px = find_edges(still) * (detections.image_size / still.shape[::-1])
    edges_px = edges_px[~_before(edges_px, detections, rows)]
    return find_axes(edges_px - detections.image_size / 2.0, detections.image_size)


def find_edges(picture: np.ndarray) -> np.ndarray:
    """(N, 2, 2) ends of the straight edges of a picture (H, W) uint8, in its pixels.

    By the line segment detector of Grompone von Gioi et al. (2010).
    """
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(picture)[0]
    ends = np.asarray(found, dtype=float)  # None where there is nothing, whatever its stub says
    if ends.ndim == 0:
        return np.empty((0, 2, 2))
    edges = ends.reshape(-1, 2, 2) + 0.5
    length = np.linalg.norm(edges[:, 1] - edges[:, 0], axis=1)
    return edges[length > MIN_LENGTH * max(picture.shape)]


def _still_picture(
    video: Path,
    detections: Detections,
    motion: CameraMotion,
    rows: np.ndarray,
) -> np.ndarray | None:
    """(H, W) uint8: the median of the frames `rows`, as the camera held still would see them.

    None where the video has none of them, as keypoints from elsewhere may have it.
    """
    scale = min(1.0, SIDE_PX / float(np.max(detections.image_size)))
    pictures = []
    for row in rows:
        start_s = float(detections.times_s[row])
        frame = next(iter_frames(video, start_s=start_s, scale=scale), None)
        if frame is None:
            continue
        grey = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
        if motion.kind == "turned":
            grey = _held_still(grey, motion.rotmat[row], motion.focal_px * scale)
        pictures.append(grey)
    return np.median(np.stack(pictures), axis=0).astype(np.uint8) if pictures else None


def _held_still(picture: np.ndarray, rotmat: np.ndarray, focal_px: float) -> np.ndarray:
    """The picture of a camera that was turned by p_frame = rotmat @ p_steady."""
    height, width = picture.shape
    K = np.array([[focal_px, 0.0, width / 2.0], [0.0, focal_px, height / 2.0], [0.0, 0.0, 1.0]])
    to_frame = K @ rotmat @ np.linalg.inv(K)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(
        picture, to_frame, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


def _before(edges_px: np.ndarray, detections: Detections, rows: np.ndarray) -> np.ndarray:
    """(N,) bool: a person stands before the edge's middle most of the time."""
    middle = edges_px.mean(axis=1)
    points = detections.keypoints_2d_px[rows].reshape(len(rows), -1, 33, 2)
    low, high = np.nanmin(points, axis=2, initial=np.inf), np.nanmax(points, axis=2, initial=-1.0)
    inside = (middle[:, None, None] >= low) & (middle[:, None, None] <= high)
    return inside.all(axis=-1).any(axis=2).mean(axis=1) > STILL_SHARE
