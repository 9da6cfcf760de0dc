"""From the detector's landmarks to anatomical joint centres, frame by frame."""

import numpy as np

from mvmocap_core.body.skeleton import LANDMARK, LANDMARK_FROM_JOINT
from mvmocap_core.geometry.shapes import check_shape

CENTRE_NAMES = tuple(f"{side}_{part}" for part in LANDMARK_FROM_JOINT for side in ("left", "right"))
"""Order of the joints that `landmarks_to_joint_centres` returns."""
_TRUNK = 0.275
"""Distance of the middles of shoulders and hips over stature."""


def landmarks_to_joint_centres(landmarks_m: np.ndarray) -> np.ndarray:
    """(F, 33, 3) world landmarks -> (F, 12, 3) joint centres, see `CENTRE_NAMES`.

    Shoulders and hips are moved from the skin to the joint in the trunk's own frame, scaled by
    the trunk's length. NaN where a landmark, or the trunk, is missing.
    """
    check_shape("landmarks_m", landmarks_m, (None, 33, 3))
    centres = []
    for name in CENTRE_NAMES:
        side, part = name.split("_", 1)
        offset = np.array(LANDMARK_FROM_JOINT[part])
        moved = landmarks_m[:, LANDMARK[name]]
        if offset.any():
            frame, trunk_m = _trunk_frame(landmarks_m, part)
            sign = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
            moved = moved - np.einsum("fba,b->fa", frame, offset * sign) * trunk_m / _TRUNK
        centres.append(moved)
    return np.stack(centres, axis=1)


def _trunk_frame(landmarks_m: np.ndarray, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Axes left, back, up (rows) with left along the pair `part`; the trunk's length (F, 1)."""
    left = landmarks_m[:, LANDMARK[f"left_{part}"]] - landmarks_m[:, LANDMARK[f"right_{part}"]]
    up = np.mean(
        [landmarks_m[:, LANDMARK[f"{s}_shoulder"]] - landmarks_m[:, LANDMARK[f"{s}_hip"]]
         for s in ("left", "right")], axis=0
    )  # fmt: skip
    length = np.linalg.norm(up, axis=1, keepdims=True)
    up = up / length
    left = left - (left * up).sum(axis=1, keepdims=True) * up
    left = left / np.linalg.norm(left, axis=1, keepdims=True)
    return np.stack([left, np.cross(up, left), up], axis=1), np.nanmedian(length) * np.ones_like(
        length
    )
