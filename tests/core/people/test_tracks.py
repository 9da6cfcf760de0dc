import numpy as np
import pytest

from mvmocap_core.detection.detections import Detections
from mvmocap_core.people.tracks import select_performer

N_FRAMES = 90
TIMES_S = np.arange(N_FRAMES) / 30.0
NONE = np.full((N_FRAMES, 33, 2), np.nan)


def person(x_px, *, height_px=400.0, seed=0):
    """(F, 33, 2): a fixed pose whose middle is at x_px, (F,) or one number."""
    shape = np.random.default_rng(seed).uniform(-0.5, 0.5, (33, 2)) * [0.4, 1.0] * height_px
    middle = np.stack(np.broadcast_arrays(x_px, 500.0, TIMES_S)[:2], axis=-1)
    return shape + middle[:, None]


def detections(*people, confidence=0.9, times_s=TIMES_S):
    keypoints = np.stack(people, axis=1)
    is_found = np.isfinite(keypoints).all(axis=-1)
    level = np.broadcast_to(np.reshape(confidence, (1, -1, 1)), is_found.shape)
    return Detections(
        times_s=times_s,
        keypoints_2d_px=keypoints,
        confidence=np.where(is_found, level, 0.0),
        world_landmarks_m=np.full((*is_found.shape, 3), np.nan),
        image_size=np.array([1920, 1080]),
    )


def shuffled(first, second, seed=1):
    """Two slots that people change at random."""
    swap = np.random.default_rng(seed).random(N_FRAMES) < 0.5
    swap = swap[:, None, None]
    return np.where(swap, second, first), np.where(swap, first, second)


def test_one_person_is_taken_as_found():
    alone = person(np.linspace(300, 900, N_FRAMES))
    track = select_performer(detections(alone, NONE))
    np.testing.assert_array_equal(track.keypoints_2d_px, alone)
    np.testing.assert_array_equal(track.times_s, TIMES_S)
    assert (track.confidence == 0.9).all()


def test_the_larger_person_is_followed_through_changing_slots():
    near = person(np.linspace(300, 600, N_FRAMES))
    far = person(np.linspace(1500, 1400, N_FRAMES), height_px=150.0, seed=2)
    track = select_performer(detections(*shuffled(near, far)))
    np.testing.assert_array_equal(track.keypoints_2d_px, near)


def test_the_one_who_is_there_longer_wins():
    stays = person(500.0, height_px=300.0)
    passes = person(1500.0, height_px=400.0, seed=3)
    passes[30:] = np.nan
    track = select_performer(detections(*shuffled(stays, passes)))
    np.testing.assert_array_equal(track.keypoints_2d_px, stays)


def test_two_slots_on_one_person_are_one_with_the_clearer_kept():
    alone = person(np.linspace(300, 900, N_FRAMES))
    double = alone + np.random.default_rng(4).normal(0, 3, alone.shape)
    for order, confidence in (((alone, double), [0.9, 0.6]), ((double, alone), [0.6, 0.9])):
        track = select_performer(detections(*order, confidence=confidence))
        np.testing.assert_array_equal(track.keypoints_2d_px, alone)


def test_a_short_loss_is_bridged_and_stays_empty():
    alone = person(np.linspace(300, 600, N_FRAMES))
    alone[40:50] = np.nan
    track = select_performer(detections(NONE, alone))
    np.testing.assert_array_equal(track.keypoints_2d_px, alone)
    assert (track.confidence[40:50] == 0).all()


def test_coming_back_elsewhere_is_the_same_performer():
    leaves = person(500.0)
    leaves[30:] = np.nan
    returns = person(1500.0)
    returns[:70] = np.nan
    track = select_performer(detections(leaves, returns))
    assert np.isfinite(track.keypoints_2d_px[:30]).all()
    assert np.isfinite(track.keypoints_2d_px[70:]).all()
    assert np.isnan(track.keypoints_2d_px[30:70]).all()


def test_a_small_figure_seen_while_the_performer_is_away_is_somebody_else():
    leaves = person(500.0)
    leaves[60:] = np.nan
    poster = person(1500.0, height_px=100.0, seed=5)
    poster[:70] = np.nan
    track = select_performer(detections(leaves, poster))
    assert np.isnan(track.keypoints_2d_px[60:]).all()


@pytest.mark.parametrize("fps", [6.0, 240.0])
def test_the_frame_rate_does_not_matter(fps):
    times_s = np.arange(N_FRAMES) / fps
    walker = person(300 + 400 * np.minimum(times_s, 3.0))
    other = person(1700.0, height_px=200.0, seed=6)
    track = select_performer(detections(*shuffled(walker, other), times_s=times_s))
    np.testing.assert_array_equal(track.keypoints_2d_px, walker)


def test_nobody_gives_an_empty_track():
    track = select_performer(detections(NONE, NONE))
    assert np.isnan(track.keypoints_2d_px).all()
    assert (track.confidence == 0).all()


def test_no_frames_give_no_track():
    empty = Detections(
        times_s=np.zeros(0),
        keypoints_2d_px=np.zeros((0, 2, 33, 2)),
        confidence=np.zeros((0, 2, 33)),
        world_landmarks_m=np.zeros((0, 2, 33, 3)),
        image_size=np.array([640, 480]),
    )
    assert select_performer(empty).keypoints_2d_px.shape == (0, 33, 2)
