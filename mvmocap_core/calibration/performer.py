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


def bone_softness() -> np.ndarray:
    """(B,) how much a bone's length between landmarks really varies, as a share of its length.

    Limbs are rigid; the trunk and the neck bend.
    """
    names = [{TARGET_NAMES[i].split("_", 1)[1] for i in pair} for pair in BONE_PAIRS]
    soft = [0.10 if pair == {"ear", "shoulder"} else 0.05 for pair in names]
    soft = [0.08 if pair == {"shoulder", "hip"} else s for pair, s in zip(names, soft, strict=True)]
    return np.array(
        [0.15 if "heel" in p or "foot_index" in p else s for p, s in zip(names, soft, strict=True)]
    )
