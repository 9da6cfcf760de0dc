import os
import time
from pathlib import Path

import numpy as np
import pytest

from mvmocap_core.detection.parallel import detect_videos
from mvmocap_core.errors import Cancelled, InputError, MocapError
from mvmocap_core.progress import silent
from tests.core.detection.fakes import FakeDetector


def run(folder, names, progress=silent, ranges=None):
    videos = [Path(name) for name in names]
    detector = FakeDetector(folder)
    return detect_videos(videos, detector=detector, ranges=ranges, progress=progress)


def is_running(folder, stem):
    try:
        os.kill(int((folder / f"{stem}.pid").read_text()), 0)
    except (FileNotFoundError, ProcessLookupError):  # ended before or after it said its number
        return False
    except ValueError:  # ended while it said it
        return False
    return True


def test_results_come_in_the_order_of_the_videos_with_their_ranges(tmp_path):
    ranges = [(1.0, 2.0), (None, None), (3.0, None)]
    found = run(tmp_path, ["a.mp4", "b.mp4", "c.mp4"], ranges=ranges)
    times_s = [list(detections.times_s) for detections in found]
    assert times_s == [[1.0, 2.0], [0.0, 9.0], [3.0, 9.0]]
    assert found[0].keypoints_2d_px.shape == (2, 1, 33, 2)


def test_each_video_has_its_own_process(tmp_path):
    run(tmp_path, ["a.mp4", "b.mp4"])
    numbers = {(tmp_path / f"{stem}.pid").read_text() for stem in "ab"}
    assert len(numbers | {str(os.getpid())}) == 3


def test_progress_reaches_one_and_never_falls(tmp_path):
    told = []
    run(tmp_path, ["a.mp4", "b.mp4"], progress=lambda fraction, text: told.append((fraction, text)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert any("Half of" in text for _, text in told)


def test_a_detectors_own_error_comes_through_as_it_was(tmp_path):
    with pytest.raises(InputError, match="film it again") as error:
        run(tmp_path, ["hangs.mp4", "fails.mp4"])
    assert error.value.reason == "no_good"
    assert not is_running(tmp_path, "hangs")


@pytest.mark.parametrize(
    ("name", "words"), [("crashes.mp4", "the defect's own words"), ("aborts.mp4", "native words")]
)
def test_a_dead_process_is_one_clear_error_with_its_last_words(tmp_path, name, words):
    with pytest.raises(MocapError) as error:
        run(tmp_path, ["hangs.mp4", name])
    assert error.value.reason == "detector_crashed"
    assert name in str(error.value)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert not is_running(tmp_path, "hangs")


def test_cancelling_ends_every_process_at_once(tmp_path):
    def cancel(fraction, text):
        if (tmp_path / "hangs1.pid").exists() and (tmp_path / "hangs2.pid").exists():
            raise Cancelled

    begin = time.monotonic()
    with pytest.raises(Cancelled):
        run(tmp_path, ["hangs1.mp4", "hangs2.mp4"], progress=cancel)
    assert time.monotonic() - begin < 60  # and not the ten minutes that they would take
    assert not is_running(tmp_path, "hangs1")
    assert not is_running(tmp_path, "hangs2")


def test_nothing_of_the_detectors_chatter_reaches_the_terminal(tmp_path, capfd):
    run(tmp_path, ["a.mp4"])
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_no_videos_give_no_detections(tmp_path):
    assert run(tmp_path, []) == []


def test_a_child_sees_what_this_process_can_import(tmp_path):
    (found,) = run(tmp_path, ["a.mp4"])
    assert np.isnan(found.keypoints_2d_px).all()
