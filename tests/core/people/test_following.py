"""Everybody is followed through crossings, losses and changing slots."""

from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.people.following import (
    LONE_SPEED,
    PIECE_SLACK,
    PIECE_SPEED,
    follow_and_cut,
    follow_everybody,
)
from tests.core.people.test_tracks import NONE, TIMES_S, detections, person, shuffled


def same_as(track, truth):
    seen = track.confidence.max(axis=1) > 0
    return np.array_equal(track.keypoints_2d_px[seen], truth[seen])


def test_two_who_cross_keep_who_they_are():
    right = person(np.linspace(400, 1400, len(TIMES_S)))
    left = person(np.linspace(1400, 400, len(TIMES_S)), seed=2)
    tracks = follow_everybody(detections(*shuffled(right, left)))
    assert len(tracks) == 2
    for truth in (right, left):
        assert sum(same_as(track, truth) for track in tracks) == 1
    assert all((track.confidence.max(axis=1) > 0).mean() > 0.9 for track in tracks)


def test_who_is_hidden_at_the_crossing_comes_out_as_before():
    right = person(np.linspace(400, 1400, len(TIMES_S)))
    left = person(np.linspace(1400, 400, len(TIMES_S)), seed=2)
    left[38:53] = np.nan
    tracks = follow_everybody(detections(*shuffled(right, left)))
    assert len(tracks) == 2
    assert all(same_as(track, right) or same_as(track, left) for track in tracks)


@pytest.mark.parametrize("is_passing", [True, False])
def test_clothes_tell_who_comes_out_where_movement_does_not(is_passing):
    """Two alike in pose and size meet, are out of sight for a second, and part."""
    way = np.concatenate([np.linspace(400, 690, 30), np.full(30, 700), np.linspace(710, 1000, 30)])
    first, second = person(way), person(1400.0 - way)
    for each in (first, second):
        each[28:62] = np.nan
    red, blue = np.eye(24, dtype=np.float32)[[0, 5]]
    is_before = (TIMES_S < 1.5)[:, None]
    looks = [np.where(is_before | is_passing, *pair) for pair in ((red, blue), (blue, red))]
    found = replace(detections(first, second), appearance=np.stack(looks, axis=1))
    tracks = follow_everybody(found)
    assert len(tracks) == 2
    assert any(same_as(track, first) for track in tracks) == is_passing


def test_tracks_are_cut_where_two_could_be_taken_for_each_other():
    way = np.concatenate([np.linspace(400, 690, 30), np.full(30, 700), np.linspace(710, 1000, 30)])
    meet = [person(way), person(1400.0 - way, seed=2)]
    for each in meet:
        each[28:62] = np.nan
    alone = person(1700.0, seed=3)
    alone[28:62] = np.nan
    whole, cut = follow_and_cut(detections(*meet, alone))
    assert (len(whole), len(cut)) == (3, 5)
    for tracks in (whole, cut):  # who was away, with nobody near, is still one
        assert sum(same_as(track, alone) and track.confidence[-1].any() for track in tracks) == 1


def test_the_larger_and_longer_seen_comes_first():
    near, far = person(500.0), person(1500.0, height_px=150.0, seed=2)
    brief = person(1000.0, seed=3)
    brief[20:] = np.nan
    tracks = follow_everybody(detections(far, brief, near))
    assert same_as(tracks[0], near)
    assert len(tracks) == 3


def test_a_flash_is_nobody():
    flash = person(1500.0, seed=2)
    flash[2:] = np.nan
    assert len(follow_everybody(detections(person(500.0), flash))) == 1


def test_nobody_gives_no_track():
    assert follow_everybody(detections(NONE, NONE)) == []


def test_who_was_lost_for_longer_does_not_take_the_place_of_who_is_seen():
    stays = person(np.full(len(TIMES_S), 700.0))
    passes = person(np.linspace(500, 900, len(TIMES_S)), seed=2)
    passes[40:43] = np.nan
    stays[43] = np.nan
    tracks = follow_everybody(detections(*shuffled(stays, passes)))
    assert len(tracks) == 2
    assert all(same_as(track, stays) or same_as(track, passes) for track in tracks)


def test_who_moves_too_fast_to_be_foreseen_is_followed_where_nobody_else_is():
    shaken = person(700.0 + 32.0 * (-1.0) ** np.arange(len(TIMES_S)))
    steps = np.linalg.norm(np.diff(shaken, axis=0), axis=-1).mean()
    size = np.linalg.norm(np.ptp(shaken[0], axis=0))
    assert PIECE_SLACK + PIECE_SPEED / 30.0 < steps / size < PIECE_SLACK + LONE_SPEED / 30.0
    (track,) = follow_everybody(detections(shaken, NONE))
    assert same_as(track, shaken)
    assert (track.confidence.max(axis=1) > 0).all()


def test_who_comes_back_is_not_taken_for_who_was_beside():
    """One is out of sight for a moment; as they are seen again, the other is not any more."""
    first, second = person(700.0), person(780.0)
    first[40:50] = np.nan
    second[50:] = np.nan
    tracks = follow_everybody(detections(first, second))
    assert any(same_as(track, second) for track in tracks)
