"""One clock from everybody's movements."""

import numpy as np

from mvmocap_core.group import clocks
from mvmocap_core.sync.timeline import Timeline
from tests.core.group.duet import OFFSET_S

WRONG_S = OFFSET_S + 0.8


def test_an_offset_that_one_performer_names_has_to_agree_with_the_others(duet, monkeypatch):
    named = Timeline(
        offset_s=np.array([0.0, WRONG_S]),
        drift_ppm=np.zeros(2),
        offset_std_s=np.array([0.0, 0.005]),
        method=np.array(["reference", "motion"]),
        agreement=np.ones(2),
        rivals_s=np.full((2, 1), np.nan),
        rivals_odds=np.full((2, 1), np.nan),
    )
    monkeypatch.setattr(clocks, "complete_timeline", lambda *_: named)
    timeline = clocks.common_timeline(duet, list, np.array([0.0, np.nan]), OFFSET_S)
    assert abs(timeline.offset_s[1] - OFFSET_S) < 0.01
    assert timeline.rivals_s[1].tolist() == [WRONG_S]
    assert timeline.rivals_odds[1, 0] < -10.0
