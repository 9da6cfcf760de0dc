from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def facts(measure: Callable[..., dict[str, Any]], motion_file: Path) -> dict[str, Any]:
    return measure("follower_facts", motion_file)


@pytest.mark.parametrize("root", ["", "_by_root"])
def test_a_rigify_rig_stands_alike_by_fk_and_by_ik(facts: dict[str, Any], root: str):
    by_fk, by_ik = np.array(facts[f"fk{root}"]), np.array(facts[f"ik{root}"])
    apart_m = np.linalg.norm(by_fk - by_ik, axis=-1).max(axis=0)
    for name, distance_m in zip(facts["names"], apart_m, strict=True):
        may_stretch = "forearm" in name or "shin" in name  # Rigify lets its IK squash a little
        assert distance_m < (0.03 if may_stretch else 0.002), name


def test_with_the_way_on_its_root_a_rigify_rig_moves_as_with_it_on_the_hips(facts: dict[str, Any]):
    np.testing.assert_allclose(facts["fk_by_root"], facts["fk"], atol=1e-4)
    assert np.linalg.norm(facts["root"]) > 0.3
