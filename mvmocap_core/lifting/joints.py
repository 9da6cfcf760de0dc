"""What a lifter is shown of a performer: seventeen landmarks, in coordinates of their own.

Numpy only, so that the solve without torch can use it too.
"""

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.geometry.rotations import unit

JOINT_NAMES = (
    "nose", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_foot_index", "right_foot_index",
)  # fmt: skip
"""Landmarks that stand for joints of the skeleton (the feet's for the toes) and hold the head."""
N_JOINTS = len(JOINT_NAMES)
JOINT = {name: index for index, name in enumerate(JOINT_NAMES)}
LANDMARK_INDICES = np.array([LANDMARK_NAMES.index(name) for name in JOINT_NAMES])
"""(J,) of the detector's landmarks."""

HIPS = (JOINT["left_hip"], JOINT["right_hip"])
SHOULDERS = (JOINT["left_shoulder"], JOINT["right_shoulder"])


def _twin(name: str) -> str:
    swap = {"left": "right", "right": "left"}
    side, _, rest = name.partition("_")
    return f"{swap[side]}_{rest}" if side in swap else name


MIRRORED = np.array([JOINT[_twin(name)] for name in JOINT_NAMES])
"""(J,) the joint on the other side."""

_LIMBS = (
    ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"),
    ("ankle", "foot_index"), ("shoulder", "hip"),
)  # fmt: skip
BONES = np.array(
    [(JOINT[f"{side}_{a}"], JOINT[f"{side}_{b}"]) for a, b in _LIMBS for side in ("left", "right")]
    + [HIPS, SHOULDERS, (JOINT["left_ear"], JOINT["right_ear"])]
)
"""(B, 2) pairs of joints whose distance stays; the limbs first, left before right."""
BONE_TWINS = np.array([(2 * k, 2 * k + 1) for k in range(len(_LIMBS))])
"""(N, 2) rows of `BONES`: the same bone left and right."""

# Length over stature of what tells a stature: thighs, shanks, upper arms, forearms.
_STATURE_BONES = {
    ("hip", "knee"): 0.245, ("knee", "ankle"): 0.242,
    ("shoulder", "elbow"): 0.172, ("elbow", "wrist"): 0.146,
}  # fmt: skip

_STANDING = {
    "nose": (0.0, -0.04, 0.375), "ear": (0.043, 0.02, 0.385), "shoulder": (0.103, 0.0, 0.30),
    "elbow": (0.14, 0.01, 0.14), "wrist": (0.16, -0.03, 0.0), "hip": (0.06, 0.0, 0.0),
    "knee": (0.06, -0.02, -0.245), "ankle": (0.06, 0.02, -0.485),
    "foot_index": (0.07, -0.09, -0.52),
}  # fmt: skip


def _standing_pose() -> np.ndarray:
    places = []
    for name in JOINT_NAMES:
        side, _, part = name.partition("_")
        place = np.array(_STANDING[part or name])
        places.append(place * (-1.0 if side == "right" else 1.0, 1.0, 1.0))
    return np.array(places)


STANDING_POSE = _standing_pose()
"""(J, 3) an average adult who stands: left, back, up of the middle of the hips, over stature."""


def root_of(points: np.ndarray) -> np.ndarray:
    """(..., J, C) -> (..., 1, C): the middle of the hips."""
    return 0.5 * (points[..., HIPS[0], None, :] + points[..., HIPS[1], None, :])


def stature_of(points: np.ndarray) -> np.ndarray:
    """(..., J, 3) -> (...) stature by the lengths of the limbs, in the unit of the points."""
    total = np.zeros(points.shape[:-2])
    for (a, b), _ in _STATURE_BONES.items():
        for side in ("left", "right"):
            limb = points[..., JOINT[f"{side}_{a}"], :] - points[..., JOINT[f"{side}_{b}"], :]
            total = total + np.linalg.norm(limb, axis=-1)
    return total / (2.0 * sum(_STATURE_BONES.values()))


def trunk_axes(points: np.ndarray) -> np.ndarray:
    """(..., J, 3) -> (..., 3, 3) rotation whose columns are the trunk's left, back and up.

    Left is the mean of hips and shoulders, up leads from the hips to the shoulders exactly.
    """
    hip_left, hip_right = points[..., HIPS[0], :], points[..., HIPS[1], :]
    left_shoulder, right_shoulder = points[..., SHOULDERS[0], :], points[..., SHOULDERS[1], :]
    up = unit(left_shoulder + right_shoulder - hip_left - hip_right)
    left = hip_left - hip_right + left_shoulder - right_shoulder
    left = unit(left - (left * up).sum(axis=-1, keepdims=True) * up)
    return np.stack([left, np.cross(up, left), up], axis=-1)


def crop_axes(root_xy: np.ndarray) -> np.ndarray:
    """(..., 2) image coordinates of the root, focal length 1 -> (..., 3, 3) R_crop_cam.

    The crop looks along the ray to the performer, its x axis level in the image: what it sees
    no longer depends on where in the picture the performer is.
    """
    forward = unit(np.concatenate([root_xy, np.ones((*root_xy.shape[:-1], 1))], axis=-1))
    right = unit(np.cross(np.array([0.0, 1.0, 0.0]), forward))
    return np.stack([right, np.cross(forward, right), forward], axis=-2)


def crop(xy: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints as the crop that looks at the performer sees them, about the root.

    xy: (F, J, 2) undistorted image coordinates, focal length 1; confidence: (F, J), 0 = missing.
    Where a hip is missing, the root is taken from the frames before and after.

    Returns root-centred coordinates (F, J, 2), 0 where missing, and R_crop_cam (F, 3, 3).
    Raises ValueError if both hips are never seen together.
    """
    R = crop_axes(_root_track(xy, confidence))
    rays = np.concatenate([xy, np.ones((*xy.shape[:-1], 1))], axis=-1)
    turned = np.einsum("fab,fjb->fja", R, rays)
    flat = turned[..., :2] / np.maximum(turned[..., 2:], 1e-3)
    return np.where(confidence[..., None] > 0, flat, 0.0), R


def _root_track(xy: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(F, 2) middle of the hips; between frames that show both, moved with all that is seen."""
    seen = confidence > 0
    has_root = seen[:, HIPS[0]] & seen[:, HIPS[1]]
    if not has_root.any():
        raise ValueError("the hips are never seen together")
    root = root_of(xy)[:, 0]
    frames, known = np.arange(len(xy)), np.flatnonzero(has_root)
    filled = [np.interp(frames, known, root[known, axis]) for axis in range(2)]
    return np.stack(filled, axis=-1)


def scale_of(xy: np.ndarray, confidence: np.ndarray, half_window: int) -> np.ndarray:
    """(F, J, 2) root-centred keypoints -> (F,) their size: root mean square over a time window.

    half_window: frames before and after that count. Frames without keypoints do not.
    """
    seen = confidence > 0
    squares = np.where(seen, np.square(xy).sum(axis=-1), 0.0).sum(axis=-1)
    count = seen.sum(axis=-1).astype(np.float64)
    kernel = np.ones(2 * half_window + 1)
    total = np.convolve(squares, kernel)[half_window : half_window + len(squares)]
    weight = np.convolve(count, kernel)[half_window : half_window + len(squares)]
    return np.sqrt(np.maximum(total, 1e-12) / np.maximum(weight, 1.0))
