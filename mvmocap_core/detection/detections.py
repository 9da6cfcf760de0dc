"""What a detector found in one video."""

from dataclasses import dataclass

import numpy as np

LANDMARK_NAMES = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye",
    "right_eye_outer", "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_pinky",
    "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb", "left_hip",
    "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel",
    "right_heel", "left_foot_index", "right_foot_index",
)  # fmt: skip
"""The 33 landmarks of MediaPipe Pose (BlazePose), in its order."""

MIN_CONFIDENCE = 0.1
"""A landmark below it counts as not seen."""

NOISE_CORRELATION_S = 0.19
"""Detector noise is slow: one independent sample in about this time (measured, heavy model)."""


@dataclass(frozen=True, slots=True, eq=False)
class CameraTurns:
    """How a camera turned while it filmed, by the background. See `video.background`.

    rotmat:   (F, 3, 3) p_frame = rotmat @ p_first; NaN where the background does not tell.
    is_break: (F,) bool: it went elsewhere, which no turn explains.
    focal_px: of the lens that is assumed in `rotmat`.
    """

    rotmat: np.ndarray
    is_break: np.ndarray
    focal_px: float


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """All people found in one video. Slot order is not identity.

    times_s:           (F,) seconds since the video's first frame.
    keypoints_2d_px:   (F, P, 33, 2) pixels, (0, 0) the image's top-left corner; NaN = not found.
    confidence:        (F, P, 33) in [0, 1]; 0 where not found.
    world_landmarks_m: (F, P, 33, 3) the detector's own 3D guess: metres, hip-centred, camera
                       axes (x right, y down, z away from the camera) of a crop; NaN = none.
    image_size:        (2,) width, height in pixels, upright.
    camera:            how the camera turned; None where nobody looked.
    appearance:        (F, P, N) how clothes look, see `appearance.describe`; NaN where that is not
                       seen, None where nobody looked. It does not leave the machine.
    """

    times_s: np.ndarray
    keypoints_2d_px: np.ndarray
    confidence: np.ndarray
    world_landmarks_m: np.ndarray
    image_size: np.ndarray
    camera: CameraTurns | None = None
    appearance: np.ndarray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One performer in one video: the arrays of `Detections` without the people axis."""

    times_s: np.ndarray
    keypoints_2d_px: np.ndarray
    confidence: np.ndarray
    world_landmarks_m: np.ndarray
    image_size: np.ndarray


def person_size_px(track: Track) -> float:
    """Typical height of the performer in the image: 80th percentile of the box's longer side."""
    seen = track.confidence > 0.5
    points = np.where(seen[..., None], track.keypoints_2d_px, np.nan)
    enough = seen.sum(axis=1) >= 8
    if not enough.any():
        return float(np.max(track.image_size))
    extent = np.nanmax(points[enough], axis=1) - np.nanmin(points[enough], axis=1)
    return float(np.percentile(extent.max(axis=1), 80))
