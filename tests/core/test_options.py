import json
import math
from dataclasses import asdict
from pathlib import Path

import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.options import METHODS, SolveOptions
from mvmocap_core.storage import from_arrays, to_arrays


def test_defaults_are_valid_and_leave_everything_to_the_solve():
    options = SolveOptions()
    assert (options.height_m, options.fps, options.start_s, options.end_s) == (None,) * 4
    assert options.detector == "heavy"
    assert SolveOptions(**asdict(options)) == options


def test_the_schemas_know_every_method(repository: Path):
    schemas = repository / "docs" / "schemas"
    report = json.loads((schemas / "report.schema.json").read_text())
    scenes = json.loads((schemas / "scenes.schema.json").read_text())
    scene = scenes["properties"]["scene"]["items"]["properties"]
    assert report["$defs"]["person"]["properties"]["method"]["enum"] == list(METHODS)
    assert scene["options"]["properties"]["method"]["enum"] == list(METHODS)


@pytest.mark.parametrize(
    ("field", "value", "flag"),
    [
        ("height_m", -1.75, "--height"),
        ("height_m", 0.0, "--height"),
        ("height_m", 175.0, "--height"),
        ("height_m", math.nan, "--height"),
        ("fps", 0.0, "--fps"),
        ("fps", -30.0, "--fps"),
        ("fps", math.inf, "--fps"),
        ("start_s", math.nan, "--start"),
        ("end_s", math.inf, "--end"),
        ("device", "abacus", "--device"),
        ("method", "magic", "--method"),
        ("detector", "huge", "--detector"),
        ("people", -1, "--people"),
        ("people", 99, "--people"),
        ("offset_s", (math.inf,), "--offset"),
        ("focal_35mm", (26.0, 2600.0), "--focal-35mm"),
        ("board", (1, 6), "--board"),
    ],
)
def test_impossible_value_names_its_flag(field, value, flag):
    with pytest.raises(InputError) as caught:
        SolveOptions(**{field: value})
    assert flag in str(caught.value)
    assert caught.value.reason == "bad_option"


@pytest.mark.parametrize(("start_s", "end_s"), [(1.0, 1.0), (2.0, 1.0)])
def test_end_is_after_start(start_s, end_s):
    with pytest.raises(InputError, match="later than --start"):
        SolveOptions(start_s=start_s, end_s=end_s)


def test_children_and_slow_motion_are_allowed():
    SolveOptions(height_m=0.9, fps=240.0, start_s=-1.5, end_s=0.5)


def test_facts_survive_json():
    options = SolveOptions(offset_s=(0.37, None), calibration=("a.toml",), board=(7, 5))
    assert SolveOptions(**json.loads(json.dumps(asdict(options)))) == options


def test_facts_survive_storage():
    options = SolveOptions(offset_s=(0.37, None), checkerboard=("a.mp4", "b.mp4"))
    assert from_arrays(SolveOptions, to_arrays(options)) == options


def test_a_lens_is_given_in_one_way():
    with pytest.raises(InputError, match="give one of them"):
        SolveOptions(focal_35mm=(26.0,), calibration=("a.toml",))
