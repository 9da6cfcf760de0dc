"""Captured motion on random bodies, as the landmarks that the detector would mark."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.motion_capture import MotionCapture
from mvmocap_core.body.skeleton import LANDMARK_FROM_JOINT
from mvmocap_core.lifting.joints import (
    JOINT,
    JOINT_NAMES,
    LANDMARK_INDICES,
    MIRRORED,
    root_of,
    stature_of,
    trunk_axes,
)

# Bones of the tree that bodies are grown along: from, to, name of the proportion. "hips" and
# "shoulders" are the middles of the pairs; left and right share a proportion.
_TREE = (
    ("hips", "shoulders", "trunk"),
    *((("hips", f"{s}_hip", "hip_width")) for s in ("left", "right")),
    *((("shoulders", f"{s}_shoulder", "shoulder_width")) for s in ("left", "right")),
    *((("shoulders", name, "head")) for name in ("nose", "left_ear", "right_ear")),
    *(
        (f"{s}_{a}", f"{s}_{b}", name)
        for s in ("left", "right")
        for a, b, name in (
            ("shoulder", "elbow", "upper_arm"),
            ("elbow", "wrist", "forearm"),
            ("hip", "knee", "thigh"),
            ("knee", "ankle", "shank"),
            ("ankle", "foot_index", "foot"),
        )
    ),
)
_PROPORTIONS = tuple(dict.fromkeys(name for _, _, name in _TREE))
PROPORTION_STD = 0.08
_SKIN_STD = 0.008
"""How much people differ in where the detector marks their hips and shoulders, over stature."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """joints_m: (F, J, 3) landmarks of `joints.JOINT_NAMES`, metres, Z up; fps; subject."""

    joints_m: np.ndarray
    fps: float
    subject: int


def detector_joints(clip: MotionCapture) -> Motion:
    """A captured motion's joints, with hips and shoulders moved to where detectors mark them."""
    joints = clip.landmarks_m[:, LANDMARK_INDICES].copy()
    joints += marked(joints, {part: np.array(o) for part, o in LANDMARK_FROM_JOINT.items()})
    return Motion(joints.astype(np.float32), clip.fps, clip.subject)


def random_body(rng: np.random.Generator, joints_m: np.ndarray) -> np.ndarray:
    """The same motion (F, J, 3) on a body of other proportions, mirrored half of the time."""
    at = {name: joints_m[:, index] for name, index in JOINT.items()}
    at["hips"] = root_of(joints_m)[:, 0]
    at["shoulders"] = 0.5 * (at["left_shoulder"] + at["right_shoulder"])
    scale = dict(
        zip(_PROPORTIONS, np.exp(PROPORTION_STD * rng.normal(size=len(_PROPORTIONS))), strict=True)
    )
    grown = {"hips": at["hips"]}
    for a, b, name in _TREE:
        grown[b] = grown[a] + scale[name] * (at[b] - at[a])
    joints = np.stack([grown[name] for name in JOINT_NAMES], axis=1)
    skin = {part: rng.normal(0.0, _SKIN_STD, size=3) for part in ("hip", "shoulder")}
    joints = joints + marked(joints, skin)
    if rng.random() < 0.5:
        joints = joints[:, MIRRORED] * np.array([-1.0, 1.0, 1.0])
    return joints


def marked(joints_m: np.ndarray, offsets: Mapping[str, np.ndarray]) -> np.ndarray:
    """(F, J, 3) to add where joints are marked elsewhere.

    offsets: by part, over stature in the trunk's axes, left side.
    """
    axes, stature_m = trunk_axes(joints_m), np.median(stature_of(joints_m))
    added = np.zeros_like(joints_m)
    for part, offset in offsets.items():
        for side, sign in (("left", 1.0), ("right", -1.0)):
            own = stature_m * offset * np.array([sign, 1.0, 1.0])
            added[:, JOINT[f"{side}_{part}"]] = axes @ own
    return added
