from pathlib import Path

import numpy as np
import pytest

from mvmocap_core.errors import InputError
from mvmocap_core.given_facts import gather_facts
from mvmocap_core.known_cameras.camera import KnownCamera
from mvmocap_core.options import SolveOptions
from mvmocap_core.video.frames import VideoInfo


def info(name, size=(1920, 1080)):
    return VideoInfo(Path(name), size, 0, 30.0, 5.0, 150, False, None)


INFOS = [info("a.mp4"), info("b.mp4", (1080, 1920))]


def no_board(video):
    pytest.fail(f"{video} is no checkerboard")


def test_nothing_is_known_by_default():
    facts = gather_facts(SolveOptions(), INFOS, no_board)
    assert facts.names(0) == facts.names(1) == []


def test_focal_length_is_that_of_the_longer_side():
    facts = gather_facts(SolveOptions(focal_35mm=(27.0,)), INFOS, no_board)
    np.testing.assert_allclose(facts.focal_px, 1440.0)


def test_one_of_two_focal_lengths_may_be_unknown():
    facts = gather_facts(SolveOptions(focal_35mm=(None, 27.0)), INFOS, no_board)
    np.testing.assert_allclose(facts.focal_px, [np.nan, 1440.0])


@pytest.mark.parametrize(
    "options",
    [
        {"offset_s": (0.1, 0.2)},
        {"focal_35mm": (26.0, 26.0, 26.0)},
        {"checkerboard": ("board.mp4",)},
    ],
)
def test_another_number_of_facts_than_videos_is_refused(options):
    with pytest.raises(InputError, match="one for each"):
        gather_facts(SolveOptions(**options), INFOS, no_board)


def test_boards_give_the_lenses_in_the_order_of_the_videos():
    def measure(video):
        focal_px = 1500.0 if video.name == "first.mp4" else 1400.0
        size = (1920, 1080) if video.name == "first.mp4" else (1080, 1920)
        K = np.array([[focal_px, 0, size[0] / 2], [0, focal_px, size[1] / 2], [0, 0, 1.0]])
        return KnownCamera(video.stem, K, np.zeros(4), np.array(size, dtype=float), None)

    options = SolveOptions(checkerboard=("first.mp4", "second.mp4"))
    facts = gather_facts(options, INFOS, measure)
    assert facts.K[:, 0, 0].tolist() == [1500.0, 1400.0]
    assert facts.has_lens.all()
    assert not facts.has_poses
