import numpy as np
import pytest

from mvmocap_core.group.reconcile import reconcile
from mvmocap_core.people.tracks import exchanged_frames, without_frames
from mvmocap_core.sync.epipolar_lines import EpipolarLines
from tests.core.group.duet import OFFSET_S, between, same

UNSEEN_S = (1.4, 1.6)


def mistaken(duet, view, start_s):
    """The two change names in a view, after nobody was seen there for a moment."""
    people = [list(person) for person in duet]
    hidden = [without_frames(p[view], between(p[view], *UNSEEN_S)) for p in people]
    pair = exchanged_frames(*hidden, between(hidden[0], start_s))
    people[0][view], people[1][view] = pair
    return people, hidden


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
