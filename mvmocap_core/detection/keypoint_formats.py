"""Which of the 33 landmarks each point of other detectors' formats is."""

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES

_EYES_AND_EARS = ("left_eye", "right_eye", "left_ear", "right_ear")
_COCO_BODY = (
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
_OPENPOSE_ARMS = (
    "nose", None, "right_shoulder", "right_elbow", "right_wrist",
    "left_shoulder", "left_elbow", "left_wrist",
)  # fmt: skip
_OPENPOSE_LEGS = (
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
)  # fmt: skip
_OPENPOSE_FACE = ("right_eye", "left_eye", "right_ear", "left_ear")

COCO_17 = ("nose", *_EYES_AND_EARS, *_COCO_BODY)
COCO_18 = (*_OPENPOSE_ARMS, *_OPENPOSE_LEGS, *_OPENPOSE_FACE)
BODY_25 = (
    *_OPENPOSE_ARMS, None, *_OPENPOSE_LEGS, *_OPENPOSE_FACE,
    "left_foot_index", None, "left_heel", "right_foot_index", None, "right_heel",
)  # fmt: skip
HALPE_26 = (
    *COCO_17, None, None, None,
    "left_foot_index", "right_foot_index", None, None, "left_heel", "right_heel",
)  # fmt: skip
BLAZEPOSE_33 = LANDMARK_NAMES

FORMATS: dict[int, tuple[str | None, ...]] = {
    len(names): names for names in (COCO_17, COCO_18, BODY_25, HALPE_26, BLAZEPOSE_33)
}
"""By number of points, which is all that the files say. None has no such landmark here."""


def to_landmarks(points: np.ndarray) -> np.ndarray:
    """Put points of a known format into the 33 landmark slots.

    points: (K, 3) x, y, confidence; K one of `FORMATS`.
    Returns (33, 3), NaN, NaN, 0 where the format has no such landmark.
    """
    landmarks = np.tile([np.nan, np.nan, 0.0], (len(LANDMARK_NAMES), 1))
    for point, name in zip(points, FORMATS[len(points)], strict=True):
        if name is not None:
            landmarks[LANDMARK_NAMES.index(name)] = point
    return landmarks
