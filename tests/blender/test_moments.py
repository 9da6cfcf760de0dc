import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mvmocap_core.report.moments import FIRM, WEAK


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]],
    motion_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    take = tmp_path_factory.mktemp("take")
    shutil.copy(motion_file, take / "motion.npz")
    moments = [{"time_s": 1.5, "trust": 0.2, "joints": ["left_toe", "left_ankle"]}]
    trust = {"firm": FIRM, "weak": WEAK, "bins": [0.9, None, 0.2, 0.9], "moments": moments}
    person = {"start_s": 0.5, "end_s": 2.5, "trust": trust}
    report = {"verdict": "check", "advice": [], "people": [person]}
    (take / "report.json").write_text(json.dumps(report))
    return measure("moments_facts", take)


def test_panel_knows_how_far_each_part_may_be_trusted(facts: dict[str, Any]):
    assert facts["trust"] == [0.9, -1.0, 0.2, 0.9]
    assert facts["moments"] == [[1.5, "left toe, left ankle"]]


def test_button_of_a_moment_goes_to_its_frame_at_the_scenes_rate(facts: dict[str, Any]):
    assert facts["frame"] == 101 + 24  # a second after the motion's first frame


def test_another_file_shows_no_moments(facts: dict[str, Any]):
    assert facts["after_another_file"] == [0, 0]
