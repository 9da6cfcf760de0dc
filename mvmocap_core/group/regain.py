"""What following lost of performers, given back to them by what the other view saw.

Who moves faster than can be foreseen while others are near, or was out of sight, is followed in
pieces, and pieces of a frame or two are nobody's. One view cannot tell whose they are. Once it is
known who is who, the epipolar lines that everybody shares tell.
"""

from collections.abc import Sequence

import numpy as np

from mvmocap_core.detection.detections import Track
from mvmocap_core.geometry.interpolation import nearest_samples
from mvmocap_core.group.matching import merged
from mvmocap_core.group.reconcile import MIN_WEIGHT, body_size, shared_lines
from mvmocap_core.people.tracks import is_there, mean_distance
from mvmocap_core.sync.epipolar_lines import EpipolarLines

_MOST_COST = 1.0
"""Epipolar cost above which a piece is somebody else. Of pieces of 72 virtual takes, those of the
same person cost 0.06 to 0.8 but where few frames have told the lines, those of others 1.3 to 3.9.
"""
_REACH, _REACH_PER_S = 0.5, 4.0
"""Sizes of the body that somebody may move out of sight: at once, and more with each second."""
_ROUNDS = 6

Piece = tuple[Track, Track]
"""Some frames of somebody in a view, as seen by a camera held still and as filmed."""


def regain(
    still: Sequence[Sequence[Track]],
    people: Sequence[Sequence[Track]],
    left: Sequence[Sequence[Piece]],
    offset_s: float,
) -> list[list[Track]]:
    """The tracks (P) of two views, as filmed, with pieces that were left over of them.

    still, people: see `reconcile`. left: of each view pieces of nobody.
    A piece is joined to a person who is not seen there meanwhile, if it is near where they were
    seen and lies on their lines, of the other view's track or of pieces left over there. What is
    joined tells lines of moments that were not known before, so this is repeated.
    """
    held, filmed = ([list(person) for person in each] for each in (still, people))
    left = [list(pieces) for pieces in left]
    for _ in range(_ROUNDS if any(left) else 0):
        lines = shared_lines(held, offset_s)
        claims = {} if lines is None else _claims(held, left, lines)
        if not claims:
            break
        for (view, k), (_, person) in claims.items():
            piece, as_filmed = left[view][k]
            held[person][view] = merged([held[person][view], piece])
            filmed[person][view] = merged([filmed[person][view], as_filmed])
        left = [
            [piece for k, piece in enumerate(pieces) if (view, k) not in claims]
            for view, pieces in enumerate(left)
        ]
    return filmed


def _claims(
    people: Sequence[Sequence[Track]], left: Sequence[Sequence[Piece]], lines: EpipolarLines
) -> dict[tuple[int, int], tuple[float, int]]:
    """Whose pieces are, by view and number: the cost, and the person whom it is least for."""
    claims: dict[tuple[int, int], tuple[float, int]] = {}
    for person, own in enumerate(people):
        offers = [(0, k) for k in _offers(own[0], left[0])]
        offers += [(1, k) for k in _offers(own[1], left[1])]
        whole = list(own)
        for view, k in offers:
            whole[view] = merged([whole[view], left[view][k][0]])
        costs, weights = lines.costs(whole[0], whole[1])
        for view, k in offers:
            rows = _rows(left[view][k][0], view, own[0].times_s, lines.offset_s)
            weight = float(weights[rows].sum())
            cost = float((costs * weights)[rows].sum()) / max(weight, MIN_WEIGHT)
            least, _ = claims.get((view, k), (_MOST_COST, person))
            if weight >= MIN_WEIGHT and cost < least:
                claims[view, k] = (cost, person)
    return claims


def _offers(own: Track, pieces: Sequence[Piece]) -> list[int]:
    """Which pieces of a view can be the person, all of them together; the nearest count first."""
    away = [_away(own, piece) for piece, _ in pieces]
    is_taken = np.zeros(len(own.times_s), dtype=bool)
    chosen: list[int] = []
    for k in np.argsort(away, kind="stable").tolist():
        is_seen = is_there(pieces[k][0])
        if away[k] <= 1.0 and not (is_seen & is_taken).any():
            is_taken |= is_seen
            chosen.append(k)
    return chosen


def _away(own: Track, piece: Track) -> float:
    """How far a piece is from where the person was seen before and after, over what is possible.

    inf where the person is seen meanwhile, or never.
    """
    is_seen, is_piece = is_there(own), is_there(piece)
    frames, seen = np.flatnonzero(is_piece), np.flatnonzero(is_seen)
    if (is_seen & is_piece).any() or not len(seen):
        return np.inf
    before, after = seen[seen < frames[0]][-1:], seen[seen > frames[-1]][:1]
    most = 0.0
    for own_frame, frame in [*((k, frames[0]) for k in before), *((k, frames[-1]) for k in after)]:
        gap_s = abs(float(own.times_s[own_frame] - piece.times_s[frame]))
        here, there = own.keypoints_2d_px[own_frame], piece.keypoints_2d_px[frame]
        size = max(float(body_size(here)), float(body_size(there)))
        reach = size * (_REACH + _REACH_PER_S * gap_s)
        most = max(most, float(mean_distance(here, there)) / reach)
    return most


def _rows(piece: Track, view: int, times_s: np.ndarray, offset_s: float) -> np.ndarray:
    """The first view's frames, at `times_s` (F,), nearest to a piece's while it filmed."""
    frames_s = piece.times_s[is_there(piece)] + offset_s * view
    rows = nearest_samples(times_s, frames_s)
    is_filmed = np.abs(times_s[rows] - frames_s) <= np.median(np.diff(times_s))
    return np.unique(rows[is_filmed])
