from collections.abc import Callable
from typing import Any

import pytest
from correctable_takes import make_alone, make_duo


@pytest.fixture(scope="module")
def facts(
    measure: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("scène")
    return measure("correct_facts", make_alone(folder / "dance"), make_duo(folder / "duo"))


def test_what_cannot_be_done_says_why(facts: dict[str, Any]):
    assert all("Solve a take first" in said for said in facts["without_a_take"])
    assert "Set Up Scene" in facts["without_a_camera"]
    assert all("Show the keypoints first" in said for said in facts["not_shown"])
    assert "choose one of" in facts["nonsense"]


def test_keypoints_of_the_current_frame_are_those_of_the_camera_that_is_looked_through(
    facts: dict[str, Any],
):
    assert facts["shown"] == [["FINISHED"], 0]
    view, time_off_s, off_px, there_and_back_px = facts["seen"]
    assert view == 0
    assert abs(time_off_s) < 1e-6
    assert off_px == 0.0
    assert there_and_back_px < 1e-6


def test_a_hand_goes_with_its_wrist(facts: dict[str, Any]):
    assert facts["moved"] == ["FINISHED"]
    assert facts["hand_moved_px"] == [[pytest.approx(25.0), pytest.approx(-10.0)]] * 4


def test_a_landmark_has_one_place_in_a_frame_and_the_take_keeps_it(facts: dict[str, Any]):
    assert facts["in_the_file"] == [
        {"landmark": "nose", "time_s": pytest.approx(1.0), "x_px": 101, "y_px": 50.0}
    ]


def test_a_hidden_landmark_is_hidden_in_its_video_alone(facts: dict[str, Any]):
    assert facts["hidden_now"]
    assert facts["seen_by_the_other"]


def test_sides_are_exchanged_and_exchanged_back(facts: dict[str, Any]):
    assert facts["swapped_px"] == 0.0
    assert facts["swapped_back_px"] == 0.0


def test_a_contact_lasts_from_the_first_frame_of_the_range_to_its_last(facts: dict[str, Any]):
    foot, point, start_s, end_s = facts["contact"]
    assert (foot, point) == ("right", "toe")
    assert start_s == pytest.approx(18.5 / 30, abs=1e-4)
    assert end_s == pytest.approx(25.5 / 30, abs=1e-4)


def test_the_list_tells_every_correction(facts: dict[str, Any]):
    texts = [text for text, _, _ in facts["lines"]]
    assert texts[:5] == [f"Left {p} moved" for p in ("wrist", "pinky", "index", "thumb")] + [
        "Nose moved"
    ]
    assert ["Right knee hidden", "20, video 1", 20] in facts["lines"]
    assert texts.count("Upper body swapped") == 1
    assert texts.count("Upper body not swapped") == 1
    assert texts[-2:] == ["Right heel stands", "Right toe stands"]
    assert facts["went_to"] == 31
    assert facts["removed"] == [1, False]


def test_a_solve_again_that_fails_changes_nothing(facts: dict[str, Any]):
    assert "not JSON" in facts["unreadable"]
    assert facts["after_refusal"] == [True, True]


def test_the_scene_shows_what_was_solved_again(facts: dict[str, Any]):
    assert facts["solved"] == ["FINISHED"]
    assert facts["changed_m"] > 0.001
    assert facts["stands"] == [True, True]
    assert not facts["is_running"]
    assert facts["frame"] == 31
    assert facts["shown_error_m"] < 1e-4
    assert facts["same_contents"]


def test_hidden_keypoints_leave_the_corrections_to_the_take(facts: dict[str, Any]):
    assert facts["hidden"] == ["", 0, 2]


def test_a_blend_that_is_older_than_the_corrections_does_not_bring_its_own_back(
    facts: dict[str, Any],
):
    assert facts["reopened"] == ["", 0]
    assert facts["read_again"] == [0, 0]


def test_keypoints_and_corrections_are_of_the_chosen_performer(facts: dict[str, Any]):
    assert facts["whose_px"] == [0.0, 0.0]
    assert facts["listed"] == [4, 0]
    assert facts["files"] == ["corrections_2.json"]


def test_only_the_corrected_performer_is_solved_again(facts: dict[str, Any]):
    assert facts["changed"] == [False, True]


def test_performers_are_exchanged_and_joined_by_hand(facts: dict[str, Any]):
    exchanged, joined = facts["identities"]
    assert (exchanged["video"], exchanged["first"], exchanged["second"]) == (1, 1, 2)
    assert exchanged["start_s"] == pytest.approx(1.0, abs=0.02)
    assert exchanged["end_s"] is None
    assert (joined["video"], joined["person"]) == (1, 1)
    assert facts["who"] == [["1 and 2 exchanged", "31, video 1"], ["Left out: is 1", "31, video 1"]]
    assert facts["left_who"] == [1, 1]


def test_people_who_were_left_out_are_shown(facts: dict[str, Any]):
    assert facts["n_left_out"] == 1


def test_who_is_not_there_cannot_be_named(facts: dict[str, Any]):
    assert "give two performers" in facts["nobody_else"]
    assert "nobody who was left out" in facts["nobody_there"]


def test_a_clip_is_made_of_the_chosen_performer(facts: dict[str, Any]):
    assert facts["clip_is_of"] == [False, True]
