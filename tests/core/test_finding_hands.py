from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.hand_acting import act, sightings
from mvmocap_core import finding_hands
from mvmocap_core.detection.hands import HandSightings
from mvmocap_core.finding_hands import find_hands
from mvmocap_core.motion.fingers import hands_seen
from mvmocap_core.progress import silent
from mvmocap_core.stages import Stages
from mvmocap_core.storage import save_arrays, to_arrays
from mvmocap_core.take import open_take

VIDEOS = [Path("a.mp4"), Path("b.mp4")]


@pytest.fixture(scope="module")
def acted():
    return act(5, hand_px=80.0, duration_s=1.0)


@pytest.fixture
def looked(acted, monkeypatch):
    """Videos that were looked into, by a detector that sees the acted hands."""
    random, asked = np.random.default_rng(0), []
    seen = [sightings(acted, view, random, noise=0.0, depth_noise=0.0) for view in (0, 1)]

    def read(videos, reader, found, *, progress):
        assert found is HandSightings
        asked.extend(videos)
        progress(1.0, "found")
        results = [seen[VIDEOS.index(video)] for video in videos]
        for video, each in zip(videos, results, strict=True):
            save_arrays(reader.targets[video], to_arrays(each))
        return results

    monkeypatch.setattr(finding_hands, "read_videos", read)
    return asked


def find(acted, folder, hashes, progress=silent):
    stages = Stages(progress, has_hands=True)
    clip = acted.body
    with open_take(folder) as take:
        found = find_hands([clip], VIDEOS, hashes, [clip.times_s] * 2, acted.timeline, take, stages)
    return found[0], stages


def test_what_was_seen_is_kept_and_only_changed_videos_are_looked_into_again(
    acted, looked, tmp_path
):
    first, stages = find(acted, tmp_path, ["1", "2"])
    assert [seen.mean() for seen in hands_seen(first)] == [1.0, 1.0]
    assert looked == VIDEOS
    assert stages.reused == []
    again, stages = find(acted, tmp_path, ["1", "2"])
    assert looked == VIDEOS
    assert stages.reused == ["hands"]
    np.testing.assert_array_equal(again.positions_m, first.positions_m)
    find(acted, tmp_path, ["1", "another"])
    assert looked == [*VIDEOS, VIDEOS[1]]


def test_a_body_that_moved_elsewhere_is_looked_at_anew(acted, looked, tmp_path):
    find(acted, tmp_path, ["1", "2"])
    moved = replace(acted, body=replace(acted.body, K=acted.body.K * [[1.1], [1.1], [1.0]]))
    find(moved, tmp_path, ["1", "2"])
    assert looked == [*VIDEOS, *VIDEOS]


def test_progress_goes_through_looking_and_fitting(acted, looked, tmp_path):
    told = []
    find(acted, tmp_path, ["1", "2"], lambda fraction, text: told.append((fraction, text)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert any("Fitting" in text for _, text in told)
