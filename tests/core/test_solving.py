from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core import solving
from mvmocap_core.calibration.given import nothing_given
from tests.core.body.test_solve import perfect_calibration
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
