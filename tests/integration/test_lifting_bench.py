"""The lifting bench hides what it says, when it says."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import lifting_hidden
from benchmarks.clips import SCORED, SCORED_LANDMARKS, virtual_clip
from benchmarks.lifting_hidden import HARMS, harmed, score_footage
from benchmarks.motion_capture import MotionCapture
from benchmarks.synthetic import Difficulty, SyntheticTake, make_take
from mvmocap_core.detection.detections import LANDMARK_NAMES

WRIST, KNEE = LANDMARK_NAMES.index("left_wrist"), LANDMARK_NAMES.index("left_knee")


@pytest.fixture
def take() -> SyntheticTake:
    t = np.arange(150) / 30.0
    rest = np.random.default_rng(0).uniform([-0.4, -0.2, 0.0], [0.4, 0.2, 1.8], (33, 3))
    sway = 0.1 * np.sin(2 * np.pi * t[:, None, None] + np.arange(99).reshape(33, 3))
    motion = MotionCapture("sway", 0, 30.0, rest + sway)
    return make_take(np.random.default_rng(1), motion, Difficulty(outlier_share=0.0))


def test_the_arm_is_hidden_from_both_views_at_the_same_moment(take: SyntheticTake):
    tracks, start_s, end_s = harmed(take, "arm")
    assert end_s - start_s == pytest.approx(0.5)
    for track, offset_s in zip(tracks, (0.0, take.offset_s), strict=True):
        hidden = (track.times_s + offset_s >= start_s) & (track.times_s + offset_s < end_s)
        assert hidden.any()
        assert (track.confidence[hidden, WRIST] == 0.0).all()
        assert np.isnan(track.world_landmarks_m[hidden, WRIST]).all()
        assert np.isfinite(track.keypoints_2d_px[hidden, KNEE]).mean() > 0.9
        assert np.isfinite(track.keypoints_2d_px[~hidden, WRIST]).mean() > 0.9


def test_the_second_view_loses_everything_for_a_while_and_the_first_nothing(take: SyntheticTake):
    tracks, start_s, end_s = harmed(take, "view")
    assert tracks[0] is take.tracks[0]
    clock_s = tracks[1].times_s + take.offset_s
    lost = (clock_s >= start_s) & (clock_s < end_s)
    assert lost.any()
    assert (tracks[1].confidence[lost] == 0.0).all()
    assert np.array_equal(tracks[1].confidence[~lost], take.tracks[1].confidence[~lost])


def test_nothing_hidden_is_the_take_itself(take: SyntheticTake):
    tracks, _, _ = harmed(take, "nothing")
    assert tracks == list(take.tracks)


def test_footage_is_scored_where_it_was_harmed_after_one_similarity_over_the_rest(
    take: SyntheticTake, monkeypatch
):
    times_s = take.tracks[0].times_s
    truth_m = take.truth_joints_m
    clip = virtual_clip(
        "sway", "virtual", take.tracks, take.cameras, take.offset_s, truth_m[:, SCORED_LANDMARKS]
    )

    def solve_tracks(tracks, sounds, options, **_):  # noqa: ANN001, ANN202
        wrong = np.zeros(truth_m.shape)
        if options.method == "volume":
            _, start_s, end_s = harmed(take, "arm")
            wrong[(times_s >= start_s) & (times_s < end_s), WRIST] = [0.1, 0.0, 0.0]
        points = 0.5 * (truth_m + wrong) + 3.0
        motion = SimpleNamespace(
            times_s=times_s, landmarks_m=points, positions_m=points[:, SCORED_LANDMARKS],
            joint_names=np.array(SCORED), error_m=np.full((len(points), len(SCORED)), 0.06),
        )  # fmt: skip
        return SimpleNamespace(motion=motion)

    monkeypatch.setattr(lifting_hidden, "solve_tracks", solve_tracks)
    rows = score_footage(clip, ("geometry", "volume"))
    assert [row.harm for row in rows] == list(HARMS)
    for row in rows:
        assert row.by_method_mm["geometry"] == pytest.approx(0.0, abs=1e-6)
        assert row.in_radius["geometry"] == 1.0
    assert rows[2].by_method_mm["volume"] == pytest.approx(50.0)
    assert rows[2].in_radius["volume"] == 0.5  # the elbow
