from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core import solving
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.options import SolveOptions
from tests.core.body.test_solve import perfect_calibration
from tests.core.group.duet import OFFSET_S, cut_out, two_people
from tests.core.performance import perform


@pytest.fixture
def started(monkeypatch):
    """Starts a group's calibration; returns whose were tried, with which offsets and rivals."""
    truth = perform(duration_s=1.0, fps=(15.0, 15.0))
    timeline = replace(
        truth.timeline(),
        offset_s=np.array([0.0, 1.0]),
        agreement=np.array([1.0, 0.2]),
        rivals_s=np.array([[np.nan], [2.0]]),
        rivals_odds=np.array([[np.nan], [-0.1]]),
    )

    def start(*, agreement, margin, offset_s=2.04):
        tried = []

        def calibrate(tracks, timeline, **_):
            offers_s = [timeline.offset_s[1], *timeline.rivals_s[1]]
            tried.append((tracks, offers_s))
            return replace(
                perfect_calibration(truth),
                agreement=np.array([1.0, agreement]),
                margin=margin,
                offset_s=np.array([0.0, offset_s]),
            )

        monkeypatch.setattr(solving, "calibrate", calibrate)
        monkeypatch.setattr(solving, "calibrate_together", lambda people, *_, **__: None)
        solving.find_cameras(
            [["first", "first"], ["second", "second"]],
            timeline,
            [None, None],
            nothing_given(2),
            lambda *_: None,
        )
        return [(tracks[0], offers_s) for tracks, offers_s in tried]

    return start


def test_a_performer_whose_cameras_are_beyond_doubt_is_the_only_start(started):
    assert started(agreement=0.99, margin=1.0) == [("first", [1.0, 2.0])]


@pytest.mark.parametrize(("agreement", "margin"), [(0.6, 1.0), (0.99, 0.02)])
def test_where_one_is_in_doubt_another_starts_at_the_offset_that_was_chosen(
    started, agreement, margin
):
    assert started(agreement=agreement, margin=margin)[1:] == [("second", [2.0])]


def test_where_the_offset_is_in_doubt_another_chooses_again(started):
    assert started(agreement=0.3, margin=1.0)[1:] == [("second", [1.0, 2.0])]


def test_who_both_views_show_for_too_few_frames_is_not_solved():
    performer, other = two_people()
    leaver = [cut_out(track, 0.3)[0] for track in other]
    truth = perform(duration_s=1.0, fps=(15.0, 15.0))
    timeline = replace(truth.timeline(), offset_s=np.array([0.0, OFFSET_S]))
    well_seen_s = solving.seconds_well_seen(
        [performer, leaver], timeline, perfect_calibration(truth), SolveOptions(), 15.0
    )
    assert well_seen_s[0] > 2.5
    assert 0.0 < well_seen_s[1] < 0.3
    assert solving.who_is_solved(well_seen_s, 15.0) == [0]


def test_nobody_who_can_be_solved_is_refused():
    assert solving.who_is_solved([5 / 30.0, 4 / 30.0], 30.0) == [0]
    with pytest.raises(UnsolvableError) as caught:
        solving.who_is_solved([4 / 30.0, 0.0], 30.0)
    assert caught.value.reason == "body_not_seen"
