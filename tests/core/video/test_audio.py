import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.video.audio import SOUND_RATE_HZ, read_sound

EVEN = np.arange(90) / 30.0


def click_times_s(sound):
    loud = np.flatnonzero(np.abs(sound.samples) > 0.3) / sound.rate_hz + sound.start_s
    return loud[np.concatenate([[True], np.diff(loud) > 0.1])]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize("sound_start_s", [0.0, 0.3])
def test_clicks_are_heard_when_they_were_made(film, name, sound_start_s):
    sound = read_sound(film(name, EVEN, sound_start_s=sound_start_s))
    assert sound is not None
    clicks_s = click_times_s(sound)
    np.testing.assert_allclose(
        clicks_s, sound_start_s + 0.5 * np.arange(1, len(clicks_s) + 1), atol=4e-3
    )
    assert len(clicks_s) >= 4
    assert sound.samples.dtype == np.float32
    assert sound.rate_hz == SOUND_RATE_HZ


def test_the_clock_is_the_videos_even_where_the_picture_starts_late(film):
    sound = read_sound(film("late.mkv", EVEN + 1.0, sound_start_s=0.6))
    assert sound is not None
    assert sound.start_s == pytest.approx(-0.4, abs=0.03)
    assert click_times_s(sound)[0] == pytest.approx(0.1, abs=4e-3)


def test_a_silent_film_has_no_sound(film):
    assert read_sound(film("a.mp4", EVEN)) is None


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError):
        read_sound(tmp_path / "none.mp4")
