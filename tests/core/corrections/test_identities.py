import json

import jsonschema
import numpy as np
import pytest

from mvmocap_core.corrections.files import (
    identities_record,
    load_identities,
    parse_identities,
    save_identities,
)
from mvmocap_core.corrections.followed import load_followed, save_followed
from mvmocap_core.corrections.identities import (
    ExchangedPeople,
    Followed,
    identified,
    joined_fragment,
)
from mvmocap_core.detection.detections import Track
from mvmocap_core.errors import InputError

TIMES_S = np.arange(10) / 10.0


ALWAYS = slice(None)


def standing_at(x_px, seen=ALWAYS):
    """A body 66 px wide about (x, 200)."""
    offsets = np.stack([np.arange(33) * 2.0 - 32.0, np.arange(33) * 3.0 - 48.0], axis=1)
    keypoints = np.full((10, 33, 2), np.nan)
    keypoints[seen] = offsets + (x_px, 200.0)
    confidence = np.zeros((10, 33))
    confidence[seen] = 0.9
    return Track(TIMES_S, keypoints, confidence, np.full((10, 33, 3), np.nan), np.array([640, 480]))


@pytest.fixture
def followed():
    """Two performers in two videos; of a third one the first video has a piece."""
    people = [[standing_at(100.0), standing_at(110.0)], [standing_at(300.0), standing_at(310.0)]]
    return Followed.of(people, [[standing_at(500.0, slice(6, 9))], []])


def places(tracks):
    """(F,) where the body stands."""
    return np.nanmean(tracks.keypoints_2d_px[..., 0], axis=1).round()


def test_two_are_exchanged_from_a_time_on_in_one_video(followed):
    (first, other), (second, _) = identified([ExchangedPeople(1, 1, 2, 0.5)], followed)
    np.testing.assert_array_equal(places(first), [100.0] * 5 + [300.0] * 5)
    np.testing.assert_array_equal(places(second), [300.0] * 5 + [100.0] * 5)
    assert set(places(other)) == {110.0}


def test_exchanging_twice_is_as_if_it_was_not_done(followed):
    once = ExchangedPeople(2, 2, 1, 0.2, 0.6)
    (_, first), (_, second) = identified([once, once], followed)
    assert set(places(first)) == {110.0}
    assert set(places(second)) == {310.0}


def test_whoever_was_left_out_is_joined_for_as_long_as_followed(followed):
    joined = joined_fragment(1, 2, followed.fragments[0].tracks[0])
    (first, _), (second, _) = identified([joined], followed)
    np.testing.assert_array_equal(places(second), [300.0] * 6 + [500.0] * 3 + [300.0])
    assert set(places(first)) == {100.0}


def test_a_later_word_acts_on_an_earlier_one(followed):
    joined = joined_fragment(1, 2, followed.fragments[0].tracks[0])
    (first, _), _ = identified([joined, ExchangedPeople(1, 1, 2, 0.7)], followed)
    np.testing.assert_array_equal(places(first), [100.0] * 7 + [500.0] * 2 + [300.0])


def test_one_performer_followed_as_two_becomes_one():
    halves = [[standing_at(100.0, slice(0, 5))] * 2, [standing_at(100.0, slice(5, 10))] * 2]
    exchanged = [ExchangedPeople(video, 1, 2, 0.5) for video in (1, 2)]
    (whole,) = identified(exchanged, Followed.of(halves))
    assert np.isfinite(whole[0].keypoints_2d_px).all()
    wrong_way = [ExchangedPeople(video, 1, 2, 0.0, 0.4) for video in (1, 2)]
    with pytest.raises(InputError, match="nothing of performer 1"):
        identified(wrong_way, Followed.of(halves))


@pytest.mark.parametrize(
    ("identity", "named_as_missing"),
    [
        (ExchangedPeople(1, 1, 3, 0.0), "performer 3"),
        (ExchangedPeople(3, 1, 2, 0.0), "video 3"),
        (joined_fragment(1, 1, standing_at(60.0, slice(6, 9))), "nobody"),
        (joined_fragment(2, 1, standing_at(500.0)), "nobody"),
    ],
)
def test_who_is_not_there_is_named(followed, identity, named_as_missing):
    with pytest.raises(InputError, match=named_as_missing):
        identified([identity], followed)


def test_a_take_of_one_says_that_it_was_solved_for_one(followed):
    solo = Followed.of([followed.people[0].tracks])
    with pytest.raises(InputError, match="no performer 2 in this take; it was solved for one"):
        identified([ExchangedPeople(1, 1, 2, 3.0)], solo)


def test_everything_is_read_back_as_written(followed, tmp_path):
    joined = joined_fragment(1, 2, followed.fragments[0].tracks[0])
    every = (ExchangedPeople(1, 1, 2, 0.5), joined, ExchangedPeople(2, 1, 2, 0.1, 0.2))
    assert load_identities(tmp_path) == ()
    save_identities(tmp_path, every)
    assert load_identities(tmp_path) == every
    save_followed(tmp_path, followed, every[:1])
    kept, known = load_followed(tmp_path)
    assert known == every[:1]
    for own, other in zip(identified(every, kept), identified(every, followed), strict=True):
        for track, expected in zip(own, other, strict=True):
            np.testing.assert_array_equal(track.keypoints_2d_px, expected.keypoints_2d_px)


def test_file_is_as_its_schema_says(repository):
    schema = json.loads((repository / "docs/schemas/identities.schema.json").read_text())
    every = [ExchangedPeople(1, 1, 2, 0.5), joined_fragment(1, 2, standing_at(60.0))]
    jsonschema.validate(identities_record(every), schema)


@pytest.mark.parametrize(
    "identity",
    [
        {"video": 0, "first": 1, "second": 2, "start_s": 0.0, "end_s": None},
        {"video": 1, "first": 1, "second": 1, "start_s": 0.0, "end_s": None},
        {"video": 1, "first": 1, "second": 2, "start_s": 1.0, "end_s": 0.0},
        {"video": 1, "first": 1, "second": 2, "start_s": 0.0},
        {"video": 1, "first": True, "second": 2, "start_s": 0.0, "end_s": 1.0},
        {"video": 1, "first": 1.5, "second": 2, "start_s": 0.0, "end_s": 1.0},
        {"video": 1, "person": 1, "time_s": 0.0, "x_px": "left", "y_px": 0.0},
        {"video": 1, "person": 1, "time_s": 0.0, "x_px": None, "y_px": 0.0},
        "exchange",
    ],
)
def test_nonsense_about_people_is_refused_with_its_place(identity):
    with pytest.raises(InputError, match=r"identities\[0\]"):
        parse_identities({"schema_version": 1, "identities": [identity]})
