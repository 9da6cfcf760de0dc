import numpy as np
import pytest

from mvmocap_core.corrections.corrections import (
    Corrections,
    FootContact,
    HiddenLandmark,
    MovedKeypoint,
    SideState,
    ViewCorrections,
)
from mvmocap_core.corrections.edit import (
    entries,
    hide_landmark,
    mark_contact,
    mark_sides,
    move_keypoint,
    show_landmark,
    with_followers,
    without,
)
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.errors import InputError


def test_moving_again_at_the_same_frame_replaces_the_place():
    first = move_keypoint(Corrections(), 1, MovedKeypoint("nose", 1.0, 10.0, 10.0))
    other = move_keypoint(first, 1, MovedKeypoint("nose", 2.0, 30.0, 10.0))
    again = move_keypoint(other, 1, MovedKeypoint("nose", 1.0005, 20.0, 10.0))
    assert [(m.time_s, m.x_px) for m in again.view(1).moved] == [(2.0, 30.0), (1.0005, 20.0)]
    assert first.view(0) == ViewCorrections()
    assert len(first.view(1).moved) == 1  # earlier corrections stay, for undo


def test_hiding_forgets_the_places_inside_the_range():
    placed = move_keypoint(Corrections(), 0, MovedKeypoint("nose", 1.0, 10.0, 10.0))
    placed = move_keypoint(placed, 0, MovedKeypoint("nose", 3.0, 10.0, 10.0))
    hidden = hide_landmark(placed, 0, HiddenLandmark("nose", 0.5, 1.5))
    assert [m.time_s for m in hidden.view(0).moved] == [3.0]
    assert hidden.view(0).hidden == (HiddenLandmark("nose", 0.5, 1.5),)


def test_showing_the_middle_leaves_both_ends_hidden():
    hidden = hide_landmark(Corrections(), 0, HiddenLandmark("nose", 1.0, 3.0))
    shown = show_landmark(hidden, 0, HiddenLandmark("nose", 1.9, 2.1))
    ends = [(each.start_s, each.end_s) for each in shown.view(0).hidden]
    assert len(ends) == 2
    assert ends[0][0] == 1.0
    assert 1.85 < ends[0][1] < 1.9
    assert 2.1 < ends[1][0] < 2.15
    assert ends[1][1] == 3.0


def test_showing_all_of_it_leaves_nothing_hidden_but_other_landmarks():
    hidden = hide_landmark(Corrections(), 0, HiddenLandmark("nose", 1.0, 3.0))
    hidden = hide_landmark(hidden, 0, HiddenLandmark("left_ear", 1.0, 3.0))
    shown = show_landmark(hidden, 0, HiddenLandmark("nose", 1.0, 3.0))
    assert [each.landmark for each in shown.view(0).hidden] == ["left_ear"]


def test_marks_are_kept_in_their_order():
    sides = [SideState("whole", 0.0, 1.0, True), SideState("upper", 0.5, 0.6, False)]
    corrections = mark_sides(mark_sides(Corrections(), 1, sides[0]), 1, sides[1])
    contact = FootContact(foot="left", point="heel", start_s=0.0, end_s=1.0, in_contact=True)
    assert mark_contact(corrections, contact).view(1).sides == tuple(sides)
    assert mark_contact(corrections, contact).contacts == (contact,)


def test_a_hand_goes_with_its_wrist_as_far_as_it_is_seen():
    keypoints_px = np.zeros((33, 2))
    keypoints_px[LANDMARK_NAMES.index("left_wrist")] = 10.0, 20.0
    keypoints_px[LANDMARK_NAMES.index("left_index")] = 15.0, 26.0
    keypoints_px[LANDMARK_NAMES.index("left_thumb")] = np.nan
    moved = MovedKeypoint("left_wrist", 1.0, 13.0, 18.0)
    places = {m.landmark: (m.x_px, m.y_px) for m in with_followers(moved, keypoints_px)}
    assert places == {
        "left_wrist": (13.0, 18.0), "left_index": (18.0, 24.0), "left_pinky": (3.0, -2.0),
    }  # fmt: skip


def test_a_landmark_that_was_not_found_comes_alone():
    moved = MovedKeypoint("left_ankle", 1.0, 13.0, 18.0)
    assert with_followers(moved, np.full((33, 2), np.nan)) == [moved]


def test_every_entry_can_be_taken_out_alone():
    contact = FootContact(foot="left", point="heel", start_s=0.0, end_s=1.0, in_contact=True)
    corrections = Corrections(
        (
            ViewCorrections(hidden=(HiddenLandmark("nose", 0.0, 1.0),)),
            ViewCorrections(
                (MovedKeypoint("nose", 1.0, 2.0, 3.0),), (), (SideState("whole", 0.0, 1.0, True),)
            ),
        ),
        (contact,),
    )
    listed = entries(corrections)
    assert [entry.view for entry in listed] == [0, 1, 1, None]
    for entry in listed:
        assert entries(without(corrections, entry)) == [e for e in listed if e is not entry]


def test_a_message_about_an_unknown_landmark_ends_in_one_full_stop():
    with pytest.raises(InputError, match=r"nose, .* and 29 more\.$"):
        HiddenLandmark("tail", 0.0, 1.0)
