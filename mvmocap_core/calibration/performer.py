"""The performer as a calibration target: which landmarks, which bones, how long they are."""

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES

TARGET_NAMES = (
    "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_heel", "right_heel", "left_foot_index", "right_foot_index",
)  # fmt: skip
"""Landmarks that lie on the body firmly enough to calibrate with."""

TARGET_INDICES = np.array([LANDMARK_NAMES.index(name) for name in TARGET_NAMES])

JITTER = 0.0045
"""Standard deviation of a landmark from frame to frame, over the performer's height."""
_MISSES = {
    "ear": 1.0, "shoulder": 0.8, "elbow": 1.2, "wrist": 0.9,
    "hip": 1.5, "knee": 1.3, "ankle": 0.8, "heel": 1.1, "foot_index": 1.1,
}  # fmt: skip
TARGET_NOISE = JITTER * np.array([_MISSES[name.split("_", 1)[1]] for name in TARGET_NAMES])
"""(J,) standard deviation of a landmark over the performer's height in the image.

Landmarks differ by how far the rays of two views with known cameras miss each other (six real and
four rendered pairs): 1.0 is a hundredth of the height, twice the jitter, because views see one
joint differently, most where it lies deep. How far they miss in a take, `summary` asks the take.
"""

# Length over stature. Limbs after Drillis & Contini (1966) and Winter (2009), between landmarks
# as the detector places them; the trunk's diagonals follow from its sides.
_BONES = (
    ("shoulder", "elbow", 0.172),
    ("elbow", "wrist", 0.146),
    ("hip", "knee", 0.240),
    ("knee", "ankle", 0.240),
    ("ankle", "heel", 0.040),
    ("ankle", "foot_index", 0.105),
    ("heel", "foot_index", 0.130),
    ("shoulder", "hip", 0.290),
    ("ear", "shoulder", 0.160),
)
_WIDTHS = (("shoulder", 0.205), ("hip", 0.125), ("ear", 0.085))
_DIAGONALS = (("shoulder", "hip", 0.330),)


def _index(side: str, name: str) -> int:
    return TARGET_NAMES.index(f"{side}_{name}")


def _build() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pairs: list[tuple[int, int]] = []
    ratios: list[float] = []
    twins: list[tuple[int, int]] = []
    for a, b, ratio in _BONES:
        twins.append((len(pairs), len(pairs) + 1))
        pairs += [(_index(s, a), _index(s, b)) for s in ("left", "right")]
        ratios += [ratio, ratio]
    for a, b, ratio in _DIAGONALS:
        twins.append((len(pairs), len(pairs) + 1))
        pairs += [(_index("left", a), _index("right", b)), (_index("right", a), _index("left", b))]
        ratios += [ratio, ratio]
    for a, ratio in _WIDTHS:
        pairs.append((_index("left", a), _index("right", a)))
        ratios.append(ratio)
    return np.array(pairs), np.array(ratios), np.array(twins)


BONE_PAIRS, BONE_RATIOS, BONE_TWINS = _build()
"""(B, 2) indices into `TARGET_NAMES`; (B,) length over stature; (N, 2) left/right bones."""


def _softness(a: int, b: int) -> float:
    parts = {TARGET_NAMES[k].split("_", 1)[1] for k in (a, b)}
    if parts & {"heel", "foot_index"}:
        return 0.027
    if parts == {"ear", "shoulder"}:
        return 0.02
    return 0.016 if parts == {"shoulder", "hip"} else 0.009


BONE_SOFTNESS = np.array([_softness(a, b) for a, b in BONE_PAIRS])
"""(B,) how much the distance between two landmarks varies, as a share of its length.

Limbs are rigid, the trunk and the neck bend, the skin of a foot rolls. As with `TARGET_NOISE`, a
constant share of it counts here: on a real body limbs vary by 2 to 4 %, part of it noise.
"""
