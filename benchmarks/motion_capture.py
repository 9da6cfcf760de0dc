"""Motions with truth from the CMU database, as the detector's 33 landmarks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from mvmocap_core.detection.detections import LANDMARK_NAMES

SHARED_DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
DEV_SUBJECTS = (2, 5, 13)
"""Subjects of the train split held out for tuning and for large benchmarks."""

_SAME = {
    "shoulder": "shoulder", "elbow": "elbow", "wrist": "wrist", "hip": "hip", "knee": "knee",
    "ankle": "ankle", "heel": "heel", "foot_index": "toe", "thumb": "thumb",
}  # fmt: skip
_FACE_M = {
    # name: metres left of the head joint, in front of it, above it
    "nose": (0.0, 0.11, 0.04), "left_eye_inner": (0.015, 0.09, 0.075),
    "left_eye": (0.03, 0.09, 0.075), "left_eye_outer": (0.045, 0.08, 0.075),
    "right_eye_inner": (-0.015, 0.09, 0.075), "right_eye": (-0.03, 0.09, 0.075),
    "right_eye_outer": (-0.045, 0.08, 0.075), "left_ear": (0.075, 0.0, 0.05),
    "right_ear": (-0.075, 0.0, 0.05), "mouth_left": (0.025, 0.09, 0.0),
    "mouth_right": (-0.025, 0.09, 0.0),
}  # fmt: skip
_JOIN_FRAMES = 10
_FINGERS_M = {"index": 0.025, "pinky": -0.035}


@dataclass(frozen=True, slots=True, eq=False)
class MotionCapture:
    """One captured motion.

    name:        clip and what it shows.
    subject:     who moved.
    fps:         of `landmarks_m`.
    landmarks_m: (F, 33, 3) metres, Z up, the floor near 0.
    """

    name: str
    subject: int
    fps: float
    landmarks_m: np.ndarray

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last frame."""
        return (len(self.landmarks_m) - 1) / self.fps

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """(N,) seconds since the first frame -> (N, 33, 3), by cubic interpolation."""
        knots = np.arange(len(self.landmarks_m)) / self.fps
        return CubicSpline(knots, self.landmarks_m, axis=0)(times_s)


@lru_cache(maxsize=4)
def load_motions(split: str = "val", *, min_duration_s: float = 2.0) -> tuple[MotionCapture, ...]:
    """Motions of "val", of "dev" (`DEV_SUBJECTS`), or of the rest of "train".

    Raises:
        FileNotFoundError: the data folder is not beside the repository.
        ValueError: no such split.
    """
    if split not in ("val", "dev", "train"):
        raise ValueError(f"split {split!r}: val, dev or train")
    path = SHARED_DATA / "cmu" / f"cmu_{'val' if split == 'val' else 'train'}.npz"
    with np.load(path, allow_pickle=False) as data:
        names = [str(name) for name in data["joint_names"]]
        positions, fps = data["positions"], float(data["fps"])
        rows = zip(
            data["clip_id"], data["clip_desc"], data["clip_subject"], data["clip_start"],
            data["clip_len"], data["clip_floor"], strict=True,
        )  # fmt: skip
        motions = []
        for clip_id, desc, subject, start, length, floor_m in rows:
            is_dev = int(subject) in DEV_SUBJECTS
            if (split == "dev") != is_dev and split != "val":
                continue
            if (length - 1) / fps < min_duration_s:
                continue
            joints = positions[start : start + length].astype(np.float64)
            joints[..., 2] -= floor_m
            motions.append(
                MotionCapture(
                    f"{clip_id} {desc}", int(subject), fps, landmarks_from_joints(joints, names)
                )
            )
    return tuple(motions)


def join_motions(motions: Sequence[MotionCapture], length_s: float) -> MotionCapture:
    """One motion after the other, each begun where and as the one before it ended.

    Feet slide over the third of a second in which one becomes the other. Cut at `length_s`.
    """
    joined = motions[0].landmarks_m
    for motion in motions[1:]:
        following = _begun_at(motion.landmarks_m, joined[-_JOIN_FRAMES])
        share = np.linspace(0.0, 1.0, _JOIN_FRAMES)[:, None, None]
        share = share * share * (3.0 - 2.0 * share)
        blend = (1.0 - share) * joined[-_JOIN_FRAMES:] + share * following[:_JOIN_FRAMES]
        joined = np.concatenate([joined[:-_JOIN_FRAMES], blend, following[_JOIN_FRAMES:]])
    fps = motions[0].fps
    name = " + ".join(motion.name.split()[0] for motion in motions)
    return MotionCapture(name, motions[0].subject, fps, joined[: int(length_s * fps) + 1])


def _begun_at(landmarks_m: np.ndarray, pose_m: np.ndarray) -> np.ndarray:
    """The motion (F, 33, 3), turned and moved over the floor to start like a pose (33, 3)."""
    start, target = (p[:, :2] - p[:, :2].mean(axis=0) for p in (landmarks_m[0], pose_m))
    angle = np.arctan2(
        (start[:, 0] * target[:, 1] - start[:, 1] * target[:, 0]).sum(), (start * target).sum()
    )
    c, s = np.cos(angle), np.sin(angle)
    moved = landmarks_m.copy()
    flat = landmarks_m[..., :2] - landmarks_m[0, :, :2].mean(axis=0)
    moved[..., :2] = flat @ np.array([[c, s], [-s, c]]) + pose_m[:, :2].mean(axis=0)
    return moved


def landmarks_from_joints(joints_m: np.ndarray, names: list[str]) -> np.ndarray:
    """(F, 28, 3) joints of the compact CMU skeleton -> (F, 33, 3) landmarks.

    Limbs are taken as they are; the face and the two outer fingers are placed at typical
    offsets, because the database has none.
    """
    joint = {name: joints_m[:, i] for i, name in enumerate(names)}
    landmark: dict[str, np.ndarray] = {}
    for side in ("left", "right"):
        for ours, theirs in _SAME.items():
            landmark[f"{side}_{ours}"] = joint[f"{side[0]}_{theirs}"]
        hand, wrist = joint[f"{side[0]}_hand"], joint[f"{side[0]}_wrist"]
        along = _unit(hand - wrist)
        to_thumb = joint[f"{side[0]}_thumb"] - wrist
        across = _unit(to_thumb - (to_thumb * along).sum(axis=-1, keepdims=True) * along)
        for finger, offset_m in _FINGERS_M.items():
            landmark[f"{side}_{finger}"] = hand + 0.03 * along + offset_m * across
    up = _unit(joint["head_top"] - joint["head"])
    left = joint["l_shoulder"] - joint["r_shoulder"]
    left = _unit(left - (left * up).sum(axis=-1, keepdims=True) * up)
    axes = np.stack([left, np.cross(left, up), up], axis=1)
    for name, offset_m in _FACE_M.items():
        landmark[name] = joint["head"] + np.einsum("i,fij->fj", np.asarray(offset_m), axes)
    return np.stack([landmark[name] for name in LANDMARK_NAMES], axis=1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-9)
