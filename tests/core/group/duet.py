"""Two performers whose tracks are exact but for noise, and what may happen to tracks."""

import numpy as np

from mvmocap_core.people.tracks import without_frames
from tests.core.performance import perform

OFFSET_S = 0.1


def two_people():
    """Tracks (P) of (V) of two people, a metre apart, who do different things."""
    people = []
    for k, x_m in enumerate((-0.5, 0.5)):
        place = np.eye(4)
        place[0, 3] = x_m
        truth = perform(
            noise_px=1.5, duration_s=3.0, fps=(30.0, 25.0), offset_s=OFFSET_S, place=place,
            later_s=3.0 * k,
        )  # fmt: skip
        people.append(truth.tracks)
    return people


def between(track, start_s, end_s=np.inf):
    return (track.times_s >= start_s) & (track.times_s < end_s)


def cut_out(track, start_s, end_s=np.inf):
    """The track without the frames between, and these alone."""
    during = between(track, start_s, end_s)
    return without_frames(track, during), without_frames(track, ~during)


def same(track, expected):
    return np.array_equal(track.keypoints_2d_px, expected.keypoints_2d_px, equal_nan=True)
