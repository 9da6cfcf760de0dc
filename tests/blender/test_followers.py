from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def test_a_rigify_rig_stands_alike_by_fk_and_by_ik(
    measure: Callable[..., dict[str, Any]], motion_file: Path
):
    facts = measure("follower_facts", motion_file)
    apart_m = np.linalg.norm(np.array(facts["fk"]) - facts["ik"], axis=-1).max(axis=0)
    for name, distance_m in zip(facts["names"], apart_m, strict=True):
        may_stretch = "forearm" in name or "shin" in name  # Rigify lets its IK squash a little
        assert distance_m < (0.03 if may_stretch else 0.002), name
