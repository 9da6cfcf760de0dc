import json

import jsonschema
import pytest

from mvmocap_core.corrections.corrections import (
    Corrections,
    FootContact,
    HiddenLandmark,
    MovedKeypoint,
    SideState,
    ViewCorrections,
)
from mvmocap_core.corrections.files import (
    FILE_NAME,
    corrections_record,
    load_corrections,
    save_corrections,
)
from mvmocap_core.errors import InputError

EXAMPLE = Corrections(
    views=(
        ViewCorrections(),
        ViewCorrections(
            moved=(MovedKeypoint("left_wrist", 1.5, 320.25, 200.0),),
            hidden=(HiddenLandmark("nose", 0.0, 2.0),),
            sides=(SideState("lower", 1.0, 1.0, is_swapped=False),),
        ),
    ),
    contacts=(FootContact(foot="left", point="toe", start_s=0.5, end_s=0.75, in_contact=True),),
)


def test_what_is_saved_comes_back(tmp_path):
    save_corrections(tmp_path, EXAMPLE)
    assert load_corrections(tmp_path) == EXAMPLE
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_file_is_as_its_schema_says(repository):
    schema = json.loads((repository / "docs/schemas/corrections.schema.json").read_text())
    jsonschema.validate(corrections_record(EXAMPLE), schema)
    jsonschema.validate(corrections_record(Corrections()), schema)


def test_no_file_means_no_corrections(tmp_path):
    assert load_corrections(tmp_path) == Corrections()


def spoiled(change):
    record = corrections_record(EXAMPLE)
    change(record)
    return json.dumps(record)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "the file: give an object"),
        ("{}", "schema_version"),
        (spoiled(lambda r: r.update(schema_version=2)), "another version"),
        (spoiled(lambda r: r.update(people=[])), "people: not known"),
        (spoiled(lambda r: r.update(videos={})), "videos: give a list"),
        (spoiled(lambda r: r["videos"].append(3)), r"videos\[2\]: give an object"),
        (spoiled(lambda r: r["videos"][1]["moved"][0].pop("x_px")), r"moved\[0\].x_px: missing"),
        (spoiled(lambda r: r["videos"][1]["moved"][0].update(x_px="1")), "x_px: give a number"),
        (spoiled(lambda r: r["videos"][1]["moved"][0].update(x_px=True)), "x_px: give a number"),
        (spoiled(lambda r: r["videos"][1]["moved"][0].update(x_px=float("nan"))), "x_px nan"),
        (spoiled(lambda r: r["videos"][1]["moved"][0].update(y_px=10**400)), r"moved\[0\]"),
        (
            spoiled(lambda r: r["videos"][1]["moved"][0].update(landmark="tail")),
            "'tail': choose",
        ),
        (spoiled(lambda r: r["videos"][1]["hidden"][0].update(end_s=-1.0)), "before start_s"),
        (spoiled(lambda r: r["videos"][1]["sides"][0].update(part="head")), "'head': choose"),
        (spoiled(lambda r: r["videos"][1]["sides"][0].update(is_swapped=1)), "true or false"),
        (spoiled(lambda r: r["contacts"][0].update(foot="both")), r"contacts\[0\]: foot 'both'"),
    ],
)
def test_a_file_that_is_not_right_is_refused_with_the_place(tmp_path, text, place):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(InputError, match=place) as caught:
        load_corrections(tmp_path)
    assert FILE_NAME in str(caught.value)
    assert caught.value.reason == "bad_corrections"


def test_text_that_is_no_text_is_refused(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        load_corrections(tmp_path)
