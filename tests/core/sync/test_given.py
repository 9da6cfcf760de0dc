import numpy as np
import pytest

from mvmocap_core.sync.given import complete_timeline
from tests.core.performance import perform


def no_sound_wanted():
    pytest.fail("the sound is not needed")


def test_a_known_offset_is_not_looked_for():
    tracks = perform().tracks
    timeline = complete_timeline(tracks, no_sound_wanted, np.array([0.0, 12.5]))
    assert timeline.offset_s.tolist() == [0.0, 12.5]
    assert timeline.method.tolist() == ["reference", "given"]


def test_an_unknown_offset_is_estimated_beside_a_known_one():
    truth = perform()
    tracks = [*truth.tracks, truth.tracks[1]]
    timeline = complete_timeline(tracks, lambda: [None] * 3, np.array([0.0, 7.0, np.nan]))
    assert timeline.offset_s[1] == 7.0
    assert timeline.offset_s[2] == pytest.approx(truth.offset_s, abs=0.05)
    assert timeline.method.tolist() == ["reference", "given", "motion"]
