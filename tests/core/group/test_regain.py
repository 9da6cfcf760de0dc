from dataclasses import replace

import numpy as np

from mvmocap_core.group.regain import regain
from mvmocap_core.people.tracks import without_frames
from tests.core.group.duet import OFFSET_S, between, cut_out, same


def single_frames(track):
    """Every frame of a track as a piece."""
    seen = np.flatnonzero(track.confidence.max(axis=1) > 0)
    pieces = [without_frames(track, np.arange(len(track.times_s)) != frame) for frame in seen]
    return [(piece, piece) for piece in pieces]


def test_a_piece_is_joined_to_the_person_on_whose_lines_it_lies(duet):
    # both are out of sight, so that the place alone does not tell
    people = [[cut_out(person[0], 1.0, 1.5)[0], person[1]] for person in duet]
    _, piece = cut_out(duet[1][0], 1.2, 1.3)
    filmed = regain(people, people, [[(piece, piece)], []], OFFSET_S)
    seen = [np.isfinite(person[0].keypoints_2d_px[..., 0]).all(axis=1) for person in filmed]
    assert seen[1][between(piece, 1.2, 1.3)].all()
    assert not seen[0][between(piece, 1.2, 1.3)].any()


def test_pieces_of_both_views_are_joined_together(duet):
    views = [cut_out(track, 2.5 - OFFSET_S * view) for view, track in enumerate(duet[0])]
    people = [[whole for whole, _ in views], duet[1]]
    filmed = regain(people, people, [[(piece, piece)] for _, piece in views], OFFSET_S)
    assert all(same(filmed[0][view], duet[0][view]) for view in range(2))


def test_who_was_lost_frame_by_frame_in_both_views_is_joined_again(duet):
    views = [cut_out(track, 1.2, 1.6) for track in duet[0]]
    people = [[whole for whole, _ in views], duet[1]]
    filmed = regain(people, people, [single_frames(piece) for _, piece in views], OFFSET_S)
    assert all(same(filmed[0][view], duet[0][view]) for view in range(2))


def test_two_who_were_lost_at_once_get_each_their_own(duet):
    cut = [cut_out(person[1], 1.2, 1.5) for person in duet]
    people = [[person[0], whole] for person, (whole, _) in zip(duet, cut, strict=True)]
    left = [each for _, piece in reversed(cut) for each in single_frames(piece)]
    filmed = regain(people, people, [[], left], OFFSET_S)
    assert all(same(filmed[person][1], duet[person][1]) for person in range(2))


def test_somebody_else_is_not_joined(duet):
    people = [[cut_out(track, 1.0, 1.5)[0] for track in duet[0]], duet[1]]
    _, stranger = cut_out(duet[1][0], 1.1, 1.4)
    filmed = regain(people, people, [[(stranger, stranger)], []], OFFSET_S)
    assert same(filmed[0][0], people[0][0])


def test_nobody_is_joined_by_lines_of_another_time(duet):
    """The second view shows somebody when the first one did not film any more."""
    end = int((duet[0][0].times_s < 2.0).sum())
    firsts = [until(person[0], end) for person in duet]
    lost, piece = cut_out(duet[1][1], 2.2)
    people = [[firsts[0], duet[0][1]], [firsts[1], lost]]
    filmed = regain(people, people, [[], [(piece, piece)]], OFFSET_S)
    assert same(filmed[1][1], lost)


def until(track, end):
    names = ("times_s", "keypoints_2d_px", "confidence", "world_landmarks_m")
    return replace(track, **{name: getattr(track, name)[:end] for name in names})
