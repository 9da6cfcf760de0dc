import numpy as np
import pytest

from mvmocap_core.group.reconcile import reconcile, regain
from mvmocap_core.people.tracks import exchanged_frames, without_frames
from mvmocap_core.sync.epipolar_lines import EpipolarLines
from tests.core.performance import perform

OFFSET_S = 0.1
UNSEEN_S = (1.4, 1.6)


@pytest.fixture(scope="module")
def duet():
    """Two people (P) of (V), a metre apart, who do different things."""
    people = []
    for k, x_m in enumerate((-0.5, 0.5)):
        place = np.eye(4)
        place[0, 3] = x_m
        truth = perform(
            noise_px=1.5, duration_s=3.0, fps=(30.0, 25.0), offset_s=OFFSET_S, place=place,
            later_s=3.0 * k,
        )  # fmt: skip
        people.append(truth.tracks)
    return people


def between(track, start_s, end_s=np.inf):
    return (track.times_s >= start_s) & (track.times_s < end_s)


def mistaken(duet, view, start_s):
    """The two change names in a view, after nobody was seen there for a moment."""
    people = [list(person) for person in duet]
    hidden = [without_frames(p[view], between(p[view], *UNSEEN_S)) for p in people]
    pair = exchanged_frames(*hidden, between(hidden[0], start_s))
    people[0][view], people[1][view] = pair
    return people, hidden


def same(track, expected):
    return np.array_equal(track.keypoints_2d_px, expected.keypoints_2d_px, equal_nan=True)


@pytest.mark.parametrize("view", [0, 1])
def test_who_changed_names_out_of_sight_is_found_by_the_other_view(duet, view):
    people, right = mistaken(duet, view, 1.6)
    held, filmed = reconcile(people, people, OFFSET_S)
    for person in range(2):
        assert same(filmed[person][view], right[person])
        assert same(held[person][view], right[person])
        assert same(filmed[person][1 - view], duet[person][1 - view])


def test_who_is_right_stays(duet):
    _, filmed = reconcile(duet, duet, OFFSET_S)
    assert all(
        same(track, expected)
        for own, truth in zip(filmed, duet, strict=True)
        for track, expected in zip(own, truth, strict=True)
    )


def test_a_piece_is_joined_to_the_person_on_whose_lines_it_lies(duet):
    people = [list(person) for person in duet]
    for person in range(2):  # both are out of sight, so that the place alone does not tell
        people[person][0] = without_frames(duet[person][0], between(duet[person][0], 1.0, 1.5))
    piece = without_frames(duet[1][0], ~between(duet[1][0], 1.2, 1.3))
    filmed = regain(people, people, [[(piece, piece)], []], OFFSET_S)
    seen = [np.isfinite(person[0].keypoints_2d_px[..., 0]).all(axis=1) for person in filmed]
    assert seen[1][between(piece, 1.2, 1.3)].all()
    assert not seen[0][between(piece, 1.2, 1.3)].any()


def test_pieces_of_both_views_are_joined_together(duet):
    people, pieces = [list(person) for person in duet], []
    for view in range(2):
        offset_s = OFFSET_S * view
        during = between(duet[0][view], 2.5 - offset_s)
        people[0][view] = without_frames(duet[0][view], during)
        pieces.append([(without_frames(duet[0][view], ~during),) * 2])
    filmed = regain(people, people, pieces, OFFSET_S)
    assert all(same(filmed[0][view], duet[0][view]) for view in range(2))


def test_somebody_else_is_not_joined(duet):
    people = [[without_frames(t, between(t, 1.0, 1.5)) for t in duet[0]], list(duet[1])]
    stranger = without_frames(duet[1][0], ~between(duet[1][0], 1.1, 1.4))
    filmed = regain(people, people, [[(stranger, stranger)], []], OFFSET_S)
    assert same(filmed[0][0], people[0][0])


def test_lines_tell_the_same_person_from_another(duet):
    lines = EpipolarLines.of(duet[0][0], duet[0][1], OFFSET_S)
    assert lines is not None
    own, weight = lines.costs(duet[0][0], duet[0][1])
    other, _ = lines.costs(duet[0][0], duet[1][1])
    shared = weight > 0
    assert own[shared].mean() < 0.5
    assert other[shared].mean() > 1.0
    nobody = without_frames(duet[0][0], np.ones(len(duet[0][0].times_s), bool))
    assert EpipolarLines.of(nobody, duet[0][1], OFFSET_S) is None
    assert not lines.costs(nobody, duet[0][1])[1].any()
