"""The families of rigs that come with a preset."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mvmocap_core.motion.clip import MotionClip

LIMBS = ("elbow", "wrist", "knee", "ankle")
_FAMILIES = {"mixamo": "Mixamo", "metarig": "Rigify metarig", "rigify": "Rigify rig"}


@pytest.mark.parametrize("family", list(_FAMILIES))
def test_limbs_of_a_detected_rig_point_where_the_performers_do(
    family: str, measure: Callable[..., dict[str, Any]], motion_file: Path, clip: MotionClip
):
    facts = measure("rig_facts", motion_file, family)
    assert facts["complaints"] == []
    assert facts["preset"] == _FAMILIES[family]
    assert facts["score"] == 1.0
    names = [str(name) for name in clip.joint_names]
    heads_m = {joint: np.array(heads) for joint, heads in facts["heads_m"].items()}
    source_m = clip.positions_m[facts["frames"]]
    for joint, name in enumerate(names):
        if name.partition("_")[2] in LIMBS:
            parent = int(clip.joint_parents[joint])
            ours = heads_m[name] - heads_m[names[parent]]
            theirs = source_m[:, joint] - source_m[:, parent]
            assert _degrees_between(ours, theirs).max() < 1.0, name


@pytest.mark.parametrize("family", list(_FAMILIES))
def test_hips_of_a_detected_rig_move_in_proportion(
    family: str, measure: Callable[..., dict[str, Any]], motion_file: Path, clip: MotionClip
):
    facts = measure("rig_facts", motion_file, family)
    names = [str(name) for name in clip.joint_names]
    both = ("left_hip", "right_hip")
    ours = np.mean([facts["heads_m"][hip] for hip in both], axis=0)
    theirs = np.mean([clip.positions_m[facts["frames"], names.index(hip)] for hip in both], axis=0)
    ours, theirs = ours - ours[0], theirs - theirs[0]
    size = np.linalg.norm(ours[-1]) / np.linalg.norm(theirs[-1])
    assert 0.5 < size < 2.0
    np.testing.assert_allclose(ours, size * theirs, atol=2e-3)


def _degrees_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(F,) angles between the directions (F, 3)."""
    cosine = np.sum(a * b, axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
