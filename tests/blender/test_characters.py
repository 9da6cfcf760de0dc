from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]],
    motion_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    return measure("characters_facts", motion_file, tmp_path_factory.mktemp("characters"))


def test_each_performer_has_an_armature_of_their_own(facts: dict[str, Any]):
    assert len(set(facts["names"])) == 3
    assert facts["names"][0] == "Hero"
    assert "duet 3" in facts["names"][2]
    first, second = np.array(facts["ends"])
    assert np.linalg.norm(first - second) > 0.01


def test_what_a_character_moves_comes_along_and_nothing_else(facts: dict[str, Any]):
    assert facts["bodies"] == sorted(facts["names"][:2])
    assert facts["lamps"] == 1  # of the file that was opened for the first


def test_what_cannot_be_used_says_why(facts: dict[str, Any]):
    assert "3 characters for 2 performers" in facts["too_many"]
    assert "no armature 'Villain'" in facts["no_such"]
    assert "none.blend" in facts["no_file"]


def test_what_cannot_be_used_is_told_before_the_solve(facts: dict[str, Any]):
    early = facts["early"]
    assert early["good"] == ""
    assert "no armature 'Villain'; it has: Hero" in early["no_such"]
    assert "none.blend" in early["no_file"]
    assert "there is no bone 'belly'" in early["no_bone"]
    assert early["no_root"].startswith("x cannot carry the way")
    assert "without USD" in early["no_usd"]
