"""Follows everybody through one video.

First short pieces that are certain: from frame to frame, by an assignment of all to all (Kuhn
1955), with motion extrapolated. Then whole tracks: of all ways to chain the pieces, the cheapest,
by how far a body had to go, how it is posed, how tall it is and how its clothes look at either end
of the gap. That is the min-cost flow of Zhang et al. (CVPR 2008) with every piece kept.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from mvmocap_core.detection.detections import Detections, Track
from mvmocap_core.people.tracks import (
    PeopleInFrames,
    mean_distance,
    seconds_there,
    track_of_slots,
    without_frames,
)

PIECE_GAP_S = 0.12
PIECE_SLACK = 0.05  # of a person's size: the detector's noise
PIECE_SPEED = 2.0  # sizes a second, beside what was extrapolated
LONE_SPEED = 5.0  # likewise, in a somersault, of somebody whom nobody is near
_LONE_SIZES = 1.0  # so far is everybody else, and whoever was lost lately and may be back
_LOST_S = 0.5
VELOCITY_S = 0.25
MIN_PIECE_S = 0.08
MIN_TRACK_S = 0.3
LINK_GAP_S = 3.0
LINK_COST = 14.0
"""A chain ends rather than pay more: five standard deviations in one thing alone."""
_REACH = (0.06, 0.35)  # standard deviation of a place in sizes: at once, and more with each second
_GROWTH = (0.3, 1.0)  # of the log of the size, likewise
_EXTRAPOLATED_S = 0.4
_LOOKS = 0.2
"""Standard deviation of how one person's clothes look. Turning and walking through the light,
people of four rendered clips wander by 0.1 to 0.3; two of them are 0.3 to 1 apart."""
_MOST_BY_LOOKS = 8.0


@dataclass(slots=True, eq=False)
class _Piece:
    """One person through frames that follow closely."""

    frames: list[int] = field(default_factory=list[int])
    slots: list[int] = field(default_factory=list[int])


def follow_everybody(detections: Detections) -> list[Track]:
    """A track of everybody who is seen for `MIN_TRACK_S`, who is seen most and largest first.

    Slots of a frame are not identities. A person who leaves and comes back after `LINK_GAP_S`, or
    elsewhere, has two tracks.
    """
    people = PeopleInFrames(detections)
    return _tracks(detections, people, _pieces(people), is_cut=False)


def follow_and_cut(detections: Detections) -> tuple[list[Track], list[Track]]:
    """What `follow_everybody` gives, and the same cut in doubt.

    Where a person could be taken for somebody near, the latter end, and others begin.
    """
    people = PeopleInFrames(detections)
    pieces = _pieces(people)
    whole, cut = (_tracks(detections, people, pieces, is_cut=is_cut) for is_cut in (False, True))
    return whole, cut


def _tracks(
    detections: Detections, people: PeopleInFrames, pieces: Sequence[_Piece], *, is_cut: bool
) -> list[Track]:
    """Of everybody who is seen for long enough, see `follow_everybody` and `_chains`."""
    chains = _chains(people, pieces, is_cut=is_cut)
    chains = [chain for chain in chains if _seen_s(people, chain) >= MIN_TRACK_S]
    chains.sort(key=lambda chain: -_prominence(people, chain))
    return [_track(detections, chain) for chain in chains]


def _track(detections: Detections, piece: _Piece) -> Track:
    slots = np.full(len(detections.times_s), -1)
    slots[piece.frames] = piece.slots
    return track_of_slots(detections, slots)


def fragments(detections: Detections, performers: Sequence[Track]) -> list[Track]:
    """Tracks of whoever is none of the performers, followed for `MIN_TRACK_S` at the least."""
    left = []
    for track in follow_everybody(detections):
        is_taken = np.zeros(len(track.times_s), dtype=bool)
        for performer in performers:
            is_taken |= (performer.keypoints_2d_px == track.keypoints_2d_px).any(axis=(1, 2))
        own = without_frames(track, is_taken)
        if seconds_there(own) >= MIN_TRACK_S:
            left.append(own)
    return left


def pieces_left(detections: Detections, performers: Sequence[Track]) -> list[Track]:
    """Who is in no performer's track, however short, as far as frames follow each other closely."""
    people = PeopleInFrames(detections)
    for performer in performers:
        same = detections.keypoints_2d_px == performer.keypoints_2d_px[:, None]
        people.is_there &= ~same.any(axis=(2, 3))
    return [_track(detections, piece) for piece in _pieces(people, min_s=0.0)]


def _pieces(people: PeopleInFrames, min_s: float = MIN_PIECE_S) -> list[_Piece]:
    pieces: list[_Piece] = []
    recent: list[_Piece] = []
    for frame, now_s in enumerate(people.times_s):
        recent = [p for p in recent if now_s - people.times_s[p.frames[-1]] <= _LOST_S]
        ages_s = [now_s - people.times_s[p.frames[-1]] for p in recent]
        active = [p for p, s in zip(recent, ages_s, strict=True) if s <= PIECE_GAP_S]
        lost = [p for p, s in zip(recent, ages_s, strict=True) if s > PIECE_GAP_S]
        slots = np.flatnonzero(people.is_there[frame])
        free = set(slots.tolist())
        for piece, slot in _next(people, active, lost, frame, slots):
            piece.frames.append(frame)
            piece.slots.append(slot)
            free.discard(slot)
        for slot in sorted(free):
            pieces.append(_Piece([frame], [slot]))
            recent.append(pieces[-1])
    return [piece for piece in pieces if _span_s(people, piece) >= min_s]


def _next(
    people: PeopleInFrames,
    active: Sequence[_Piece],
    lost: Sequence[_Piece],
    frame: int,
    slots: np.ndarray,
) -> list[tuple[_Piece, int]]:
    """Which piece goes on in which slot. lost: those that ended lately."""
    if not active or len(slots) == 0:
        return []
    distance = np.full((len(active), len(slots)), np.inf)
    for row, piece in enumerate(active):
        expected, size = _extrapolated(people, piece, people.times_s[frame])
        away = mean_distance(expected[None], people.positions[frame, slots])
        distance[row] = away / np.maximum(size, people.sizes[frame, slots])
    last_s = np.array([people.times_s[piece.frames[-1]] for piece in active])
    gap_s = (people.times_s[frame] - last_s)[:, None]
    is_near = distance <= PIECE_SLACK + PIECE_SPEED * gap_s
    is_lone = _is_lone(distance) & _is_clear_of(people, lost, frame, slots)
    is_near |= (distance <= PIECE_SLACK + LONE_SPEED * gap_s) & is_lone
    # Not over the limit, which would favour who was lost for longer.
    cost = np.where(is_near, distance, np.inf)
    return [(active[row], int(slots[column])) for row, column in _assigned(cost, 1.0)]


def _is_lone(distance: np.ndarray) -> np.ndarray:
    """(R, C) bool: all others of the row and of the column are `_LONE_SIZES` away."""
    others = np.full_like(distance, np.inf)
    for row, column in np.ndindex(*distance.shape):
        beside = [np.delete(distance[row], column), np.delete(distance[:, column], row)]
        others[row, column] = np.concatenate(beside).min(initial=np.inf)
    return others >= _LONE_SIZES


def _is_clear_of(
    people: PeopleInFrames, lost: Sequence[_Piece], frame: int, slots: np.ndarray
) -> np.ndarray:
    """(C,) bool: none of the pieces ended near who is in the slot."""
    here = people.positions[frame, slots]
    is_clear = np.ones(len(slots), dtype=bool)
    for piece in lost:
        end = people.positions[piece.frames[-1], piece.slots[-1]]
        size = np.maximum(people.sizes[frame, slots], _typical_size(people, piece, -1))
        is_clear &= mean_distance(end[None], here) > _LONE_SIZES * size
    return is_clear


def _assigned(cost: np.ndarray, most: float) -> list[tuple[int, int]]:
    """Pairs of rows and columns of the cheapest assignment; none dearer than `most`."""
    rows, columns = linear_sum_assignment(np.minimum(cost, 1.001 * most))
    return [(r, c) for r, c in zip(rows, columns, strict=True) if cost[r, c] <= most]


def _extrapolated(people: PeopleInFrames, piece: _Piece, time_s: float) -> tuple[np.ndarray, float]:
    """Landmarks (33, 2) of the piece's end nearer to `time_s`, moved on there; and its size."""
    end = -1 if time_s >= people.times_s[piece.frames[-1]] else 0
    frame, slot = piece.frames[end], piece.slots[end]
    ahead_s = time_s - people.times_s[frame]
    ahead_s = float(np.clip(ahead_s, -_EXTRAPOLATED_S, _EXTRAPOLATED_S))
    velocity = _velocity(people, piece, end)
    return people.positions[frame, slot] + ahead_s * velocity, _typical_size(people, piece, end)


def _velocity(people: PeopleInFrames, piece: _Piece, end: int) -> np.ndarray:
    """(2,) pixels a second of the whole body at the last (-1) or first (0) frame."""
    near = _near_end(people, piece, end, VELOCITY_S)
    start_s, end_s = (people.times_s[piece.frames[k]] for k in near[[0, -1]])
    span_s = end_s - start_s
    if span_s < 0.5 * VELOCITY_S:
        return np.zeros(2)
    first, last = (people.positions[piece.frames[k], piece.slots[k]] for k in near[[0, -1]])
    moved = last - first
    shared = np.isfinite(moved).all(axis=1)
    return np.median(moved[shared], axis=0) / span_s if shared.any() else np.zeros(2)


def _chains(people: PeopleInFrames, pieces: Sequence[_Piece], *, is_cut: bool) -> list[_Piece]:
    """The pieces, chained where one person explains two of them best.

    is_cut: not where another link of either piece would have been possible as well.
    """
    if not pieces:
        return []
    cost = np.array([[_link_cost(people, a, b) for b in pieces] for a in pieces])
    after = dict(_assigned(cost, LINK_COST))
    if is_cut:
        is_possible = cost <= LINK_COST
        is_sure = {a: is_possible[a].sum() + is_possible[:, b].sum() == 2 for a, b in after.items()}
        after = {a: b for a, b in after.items() if is_sure[a]}
    chains = []
    for first in set(range(len(pieces))) - set(after.values()):
        chain, at = _Piece(), first
        while True:
            chain.frames += pieces[at].frames
            chain.slots += pieces[at].slots
            if at not in after:
                break
            at = after[at]
        chains.append(chain)
    return chains


def _link_cost(people: PeopleInFrames, before: _Piece, after: _Piece) -> float:
    """Negative log likelihood of one person being both, against being at the same place at once."""
    end_s, start_s = people.times_s[before.frames[-1]], people.times_s[after.frames[0]]
    gap_s = float(start_s - end_s)
    if not 0.0 < gap_s <= LINK_GAP_S:
        return np.inf
    onward, size = _extrapolated(people, before, start_s)
    backward, next_size = _extrapolated(people, after, end_s)
    start = people.positions[after.frames[0], after.slots[0]]
    end = people.positions[before.frames[-1], before.slots[-1]]
    distance = 0.5 * (mean_distance(onward, start) + mean_distance(backward, end))
    reach = _REACH[0] + _REACH[1] * gap_s
    growth = _GROWTH[0] + _GROWTH[1] * gap_s
    away = float(distance) / max(size, next_size) / reach
    grown = float(np.log(_typical_size(people, after, 0) / _typical_size(people, before, -1)))
    spread = 2.0 * np.log(reach / _REACH[0]) + np.log(growth / _GROWTH[0])
    looks = _looks_cost(people, before, after)
    return float(0.5 * (away**2 + (grown / growth) ** 2) + spread + looks)


def _looks_cost(people: PeopleInFrames, before: _Piece, after: _Piece) -> float:
    """Negative log likelihood of the clothes being one person's; 0 where nothing is told."""
    if people.looks is None:
        return 0.0
    last, first = (
        _look(people.looks, people, piece, end) for piece, end in ((before, -1), (after, 0))
    )
    is_known = np.isfinite(last) & np.isfinite(first)
    if not is_known.any():
        return 0.0
    apart = float(np.square(last - first)[is_known].sum() / is_known.mean())
    return min(0.5 * apart / _LOOKS**2, _MOST_BY_LOOKS)


def _look(looks: np.ndarray, people: PeopleInFrames, piece: _Piece, end: int) -> np.ndarray:
    """(N,) mean of how the clothes look near one end; NaN where they are not seen."""
    near = _near_end(people, piece, end, 2.0 * VELOCITY_S)
    looks = np.array([looks[piece.frames[k], piece.slots[k]] for k in near])
    is_known = np.isfinite(looks)
    total = np.where(is_known, looks, 0.0).sum(axis=0)
    return np.where(is_known.any(axis=0), total / np.maximum(is_known.sum(axis=0), 1), np.nan)


def _typical_size(people: PeopleInFrames, piece: _Piece, end: int) -> float:
    """Median near one end: a single frame may lack the legs."""
    near = _near_end(people, piece, end, 2.0 * VELOCITY_S)
    return float(np.median([people.sizes[piece.frames[k], piece.slots[k]] for k in near]))


def _near_end(people: PeopleInFrames, piece: _Piece, end: int, reach_s: float) -> np.ndarray:
    """Which of a piece's frames are near its last (-1) or first (0)."""
    frames = piece.frames
    end_s = people.times_s[frames[end]]
    # Only those that can be: a piece may be the whole take, and this is asked in every frame.
    if end == 0:
        last = int(np.searchsorted(people.times_s, end_s + reach_s)) + 1
        start, stop = 0, bisect_right(frames, last)
    else:
        first = int(np.searchsorted(people.times_s, end_s - reach_s)) - 1
        start, stop = bisect_left(frames, first), len(frames)
    apart_s = np.abs(people.times_s[frames[start:stop]] - end_s)
    return start + np.flatnonzero(apart_s <= reach_s)


def _span_s(people: PeopleInFrames, piece: _Piece) -> float:
    return float(people.times_s[piece.frames[-1]] - people.times_s[piece.frames[0]])


def _seen_s(people: PeopleInFrames, piece: _Piece) -> float:
    steps = np.diff(people.times_s)
    frame_s = float(np.median(steps)) if len(steps) else 0.0
    return len(piece.frames) * frame_s


def _prominence(people: PeopleInFrames, piece: _Piece) -> float:
    frames, slots = np.array(piece.frames), np.array(piece.slots)
    return float((people.sizes[frames, slots] * people.weights[frames, slots]).sum())
