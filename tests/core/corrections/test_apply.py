import numpy as np
import pytest

from mvmocap_core.corrections.apply import (
    FADE_S,
    JOIN_S,
    apply,
    apply_to_track,
    settled_sides,
)
from mvmocap_core.corrections.corrections import (
    Corrections,
    HiddenLandmark,
    MovedKeypoint,
    SideState,
    ViewCorrections,
)
from mvmocap_core.detection.detections import LANDMARK_NAMES, Track

FPS = 30.0
LEFT, RIGHT = LANDMARK_NAMES.index("left_wrist"), LANDMARK_NAMES.index("right_wrist")
LEFT_KNEE = LANDMARK_NAMES.index("left_knee")


@pytest.fixture
def track() -> Track:
    """Four seconds; landmark l is at (10 l + 20 t, 100 + l), confidence 0.5."""
    times_s = np.arange(120) / FPS
    landmarks = np.arange(33)
    x = 10.0 * landmarks + 20.0 * times_s[:, None]
    y = np.broadcast_to(100.0 + landmarks, x.shape)
    return Track(
        times_s=times_s,
        keypoints_2d_px=np.stack([x, y], axis=-1),
        confidence=np.full((120, 33), 0.5),
        world_landmarks_m=np.zeros((120, 33, 3)),
        image_size=np.array([640, 480]),
    )


def moved(track, *moves, landmark="left_wrist", hidden=()):
    """The left wrist's keypoints and confidence after moves of (frame, dx, dy)."""
    index = LANDMARK_NAMES.index(landmark)
    places = tuple(
        MovedKeypoint(landmark, float(track.times_s[f]), *(track.keypoints_2d_px[f, index] + d))
        for f, *d in moves
    )
    made = apply_to_track(ViewCorrections(moved=places, hidden=hidden), track)
    return made.keypoints_2d_px[:, index], made.confidence[:, index]


def test_no_corrections_leave_the_tracks_as_they_are(track):
    assert apply(Corrections(), [track, track]) == [track, track]


def test_moved_keypoint_is_where_it_was_put_with_full_confidence(track):
    points, confidence = moved(track, (60, 5.0, -7.0))
    np.testing.assert_allclose(
        points[60], track.keypoints_2d_px[60, LEFT] + [5.0, -7.0], atol=1e-12
    )
    assert confidence[60] == 1.0


def test_neighbours_follow_less_and_less(track):
    points, _ = moved(track, (60, 8.0, 0.0))
    pull = points[:, 0] - track.keypoints_2d_px[:, LEFT, 0]
    reach = round(FADE_S * FPS)
    assert np.all(np.diff(pull[60 - reach : 61]) >= 0)
    assert 0 < pull[57] < 8.0
    np.testing.assert_array_equal(np.flatnonzero(pull), np.arange(61 - reach, 60 + reach))


def test_two_close_places_move_everything_between_them(track):
    points, confidence = moved(track, (40, 8.0, 0.0), (60, 8.0, 0.0))
    np.testing.assert_allclose(points[40:61, 0] - track.keypoints_2d_px[40:61, LEFT, 0], 8.0)
    np.testing.assert_allclose(confidence[40:61], 1.0)


def test_two_distant_places_do_not_touch_the_middle(track):
    far = round(JOIN_S * FPS) + 2
    points, _ = moved(track, (30, 8.0, 0.0), (30 + far, 8.0, 0.0))
    assert points[30 + far // 2, 0] == track.keypoints_2d_px[30 + far // 2, LEFT, 0]


def test_places_bridge_where_the_landmark_is_hidden(track):
    hidden = (HiddenLandmark("left_wrist", 1.0, 3.0),)
    points, confidence = moved(track, (45, 0.0, 0.0), (60, 0.0, 0.0), hidden=hidden)
    assert np.isfinite(points[45:61]).all()
    assert (confidence[45:61] == 1.0).all()
    assert np.isnan(points[35:44]).all()
    np.testing.assert_allclose(points[52], track.keypoints_2d_px[52, LEFT], atol=1e-9)


def test_place_is_known_even_where_nothing_was_ever_found(track):
    track.keypoints_2d_px[:, LEFT] = np.nan
    track.confidence[:, LEFT] = 0.0
    made = apply_to_track(ViewCorrections(moved=(MovedKeypoint("left_wrist", 1.0, 7, 9),)), track)
    np.testing.assert_array_equal(made.keypoints_2d_px[30, LEFT], [7.0, 9.0])
    assert np.isnan(made.keypoints_2d_px[:30, LEFT]).all()


def test_of_two_places_at_one_frame_the_later_holds(track):
    places = (MovedKeypoint("left_wrist", 1.0, 1, 1), MovedKeypoint("left_wrist", 1.001, 2, 2))
    made = apply_to_track(ViewCorrections(moved=places), track)
    np.testing.assert_array_equal(made.keypoints_2d_px[30, LEFT], [2.0, 2.0])


def test_hidden_landmark_is_missing_in_its_range_alone(track):
    made = apply_to_track(ViewCorrections(hidden=(HiddenLandmark("left_wrist", 1.0, 2.0),)), track)
    gone = np.isnan(made.keypoints_2d_px).all(axis=-1)
    np.testing.assert_array_equal(np.flatnonzero(gone[:, LEFT]), np.arange(30, 61))
    np.testing.assert_array_equal(made.confidence[:, LEFT] == 0, gone[:, LEFT])
    assert gone.sum() == 31
    assert np.isfinite(track.keypoints_2d_px).all()  # what was given stays


@pytest.mark.parametrize(
    ("part", "wrists", "knees"),
    [("whole", True, True), ("upper", True, False), ("lower", False, True)],
)
def test_swapped_part_is_exchanged(track, part, wrists, knees):
    sides = (SideState(part, 1.0, 2.0, is_swapped=True),)
    made = apply_to_track(ViewCorrections(sides=sides), track)
    is_changed = (made.keypoints_2d_px[45] != track.keypoints_2d_px[45]).any(axis=-1)
    assert (is_changed[LEFT], is_changed[LEFT_KNEE]) == (wrists, knees)
    np.testing.assert_array_equal(made.keypoints_2d_px[10], track.keypoints_2d_px[10])


def test_the_corrections_word_holds_against_what_was_found(track):
    found = np.zeros((120, 2), bool)
    found[30:90] = True
    sides = (SideState("whole", 0.0, 2.0, is_swapped=False), SideState("upper", 1.5, 1.6, True))
    settled = settled_sides(ViewCorrections(sides=sides), track.times_s, found)
    assert not settled[30:45].any()
    np.testing.assert_array_equal(settled[46], [True, False])
    assert settled[61:90].all()


def test_moved_keypoint_is_of_the_performers_own_side(track):
    found = np.ones((120, 2), bool)
    places = (MovedKeypoint("left_wrist", 2.0, 5.0, 6.0),)
    made = apply(Corrections((ViewCorrections(moved=places),)), [track], [found])[0]
    np.testing.assert_array_equal(made.keypoints_2d_px[60, LEFT], [5.0, 6.0])
    np.testing.assert_array_equal(made.keypoints_2d_px[60, RIGHT], track.keypoints_2d_px[60, LEFT])
