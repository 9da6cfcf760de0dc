from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blender_addon.armature.bone_map import read_bone_map
from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import MotionClip

LIMBS = ("elbow", "wrist", "knee", "ankle")


def test_limbs_of_an_a_posed_character_point_where_the_performers_do(
    measure: Callable[..., dict[str, Any]], motion_file: Path, clip: MotionClip
):
    facts = measure("retarget_facts", motion_file)
    for frame, heads_m in zip(facts["frames"], np.array(facts["heads_m"]), strict=True):
        for joint, parent in enumerate(clip.joint_parents):
            if str(clip.joint_names[joint]).partition("_")[2] in LIMBS:
                ours = heads_m[joint] - heads_m[parent]
                theirs = clip.positions_m[frame, joint] - clip.positions_m[frame, parent]
                cosine = ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs)
                assert np.degrees(np.arccos(min(cosine, 1.0))) < 0.1


def test_character_walks_in_proportion_to_its_height(
    measure: Callable[..., dict[str, Any]], motion_file: Path, clip: MotionClip
):
    facts = measure("retarget_facts", motion_file)
    hips_m = np.array(facts["heads_m"])[:, 0]
    np.testing.assert_allclose(
        hips_m, facts["size"] * clip.positions_m[facts["frames"], 0], atol=1e-4
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1]", "JSON object"),
        ("{", "not a bone map"),
        ('{"left_nose": "a"}', "no joint 'left_nose'"),
        ('{"head": "z"}', "no bone 'z'"),
        ('{"head": 3}', "no bone 3"),
        ('{"head": "a", "neck": "a"}', "two joints"),
    ],
)
def test_a_bone_map_that_cannot_be_right_is_refused_in_one_line(
    tmp_path: Path, text: str, says: str
):
    path = tmp_path / "map.json"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        read_bone_map(path, ["head", "neck"], ["a", "b"])
    assert "\n" not in str(caught.value)
