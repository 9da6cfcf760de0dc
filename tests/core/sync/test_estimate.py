"""Which source decides, and how far it is trusted."""

import numpy as np
import pytest

from mvmocap_core.errors import UnsolvableError
from mvmocap_core.sync.estimate import estimate_timeline
from mvmocap_core.video.audio import Sound
from tests.core.sync.walkers import Performer, even_times, film

RATE_HZ = 16000


def _noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=12 * RATE_HZ) * np.linspace(0.5, 1.5, 192000)


def _heard(scene: np.ndarray, start_s: float) -> Sound:
    begin = int(start_s * RATE_HZ)
    return Sound(scene[begin : begin + 6 * RATE_HZ].astype(np.float32), RATE_HZ, 0.0)


TRACKS = (
    film(Performer(1), even_times(30.0, 6.0), start_s=1.0),
    film(Performer(1), even_times(25.0, 6.0), start_s=2.2, azimuth_deg=80.0),
)


def test_first_video_is_the_reference():
    timeline = estimate_timeline(TRACKS, (None, None))
    assert timeline.offset_s[0] == 0.0
    assert timeline.offset_std_s[0] == 0.0
    assert list(timeline.method) == ["reference", "motion"]


def test_sound_decides_where_both_have_it():
    scene = _noise(1)
    timeline = estimate_timeline(TRACKS, (_heard(scene, 1.0), _heard(scene, 2.2)))
    assert timeline.method[1] == "audio"
    assert timeline.offset_s[1] == pytest.approx(1.2, abs=1e-4)
    assert timeline.agreement[1] > 0.9


@pytest.mark.parametrize("which", [0, 1])
def test_motion_decides_where_one_has_no_sound(which: int):
    sounds = [None, None]
    sounds[which] = _heard(_noise(1), 1.0)  # type: ignore[call-overload]
    timeline = estimate_timeline(TRACKS, sounds)
    assert timeline.method[1] == "motion"
    assert timeline.offset_s[1] == pytest.approx(1.2, abs=0.004)


def test_unrelated_sound_is_set_aside():
    timeline = estimate_timeline(TRACKS, (_heard(_noise(1), 1.0), _heard(_noise(2), 1.0)))
    assert timeline.method[1] == "motion"
    assert timeline.offset_s[1] == pytest.approx(1.2, abs=0.004)


def test_sound_that_contradicts_the_movement_lowers_the_agreement():
    scene = _noise(1)
    timeline = estimate_timeline(TRACKS, (_heard(scene, 1.0), _heard(scene, 3.0)))
    assert timeline.agreement[1] < 0.5


def test_third_video_is_dated_against_the_first():
    third = film(Performer(1), even_times(60.0, 4.0), start_s=0.5, azimuth_deg=-70.0)
    timeline = estimate_timeline((*TRACKS, third), (None, None, None))
    assert timeline.offset_s[1:] == pytest.approx([1.2, -0.5], abs=0.004)


def test_videos_of_different_performances_are_refused():
    other = film(Performer(9), even_times(30.0, 6.0), azimuth_deg=80.0)
    with pytest.raises(UnsolvableError, match="same moment") as caught:
        estimate_timeline((TRACKS[0], other), (None, None))
    assert caught.value.reason == "no_overlap"


def test_a_still_person_is_dated_without_certainty():
    still = Performer(2, amplitude=0.0)
    tracks = [
        film(still, even_times(30.0, 4.0), azimuth_deg=azimuth, noise_px=1.0, seed=seed)
        for seed, azimuth in enumerate((0.0, 80.0))
    ]
    timeline = estimate_timeline(tracks, (None, None))
    assert timeline.agreement[1] < 0.5


def test_one_sound_entry_for_each_track_is_required():
    with pytest.raises(ValueError, match="sounds"):
        estimate_timeline(TRACKS, (None,))
