"""Tracks of matched people put right by what the other view saw.

Following decides in each view by itself, where two who pass behind each other look alike. Once it
is known who is who over the whole take, the epipolar lines that everybody shares tell at every
moment: people who were exchanged in a view are exchanged back (the cheapest path, Viterbi 1967,
through both ways round in both views).
"""

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np

from mvmocap_core.detection.detections import NOISE_CORRELATION_S, Track
from mvmocap_core.group.matching import together
from mvmocap_core.people.tracks import exchanged_frames, is_there, mean_distance, without_frames
from mvmocap_core.sync.epipolar_lines import EpipolarLines

_INDEPENDENT = 4.0
"""Landmarks of one body that err on their own."""
_STEP, _STEP_PER_S = 0.06, 0.35
"""Standard deviation of a place in sizes of the body: at once, and more with each second."""
_EXCHANGE_COST, _FAR_COST = 3.0, 30.0
"""For two to change names at a frame, at the least and at the most."""
_ROUNDS = 2
_STRETCHES = 4
MIN_WEIGHT = 4.0
"""Of landmarks that both views see, for lines to say anything of a body."""


def reconcile(
    still: Sequence[Sequence[Track]], people: Sequence[Sequence[Track]], offset_s: float
) -> tuple[list[list[Track]], list[list[Track]]]:
    """The tracks (P) of two views with those exchanged back who were taken for each other.

    still: as seen by cameras held still, which decide; people: the same as filmed. Returns both.
    """
    held, filmed = ([list(person) for person in each] for each in (still, people))
    for _ in range(_ROUNDS if len(held) > 1 else 0):
        lines = _agreed_lines(held, offset_s)
        if lines is None:
            break
        changes = [
            _exchange((held, filmed), i, j, lines) for i, j in combinations(range(len(held)), 2)
        ]
        if not any(changes):
            break
    return held, filmed


def _agreed_lines(tracks: Sequence[Sequence[Track]], offset_s: float) -> EpipolarLines | None:
    """The lines of the whole take or of a stretch of it that explain most, whoever is who.

    Where two were taken for each other for half of a take, only a stretch has right names.
    """
    start_s, end_s = tracks[0][0].times_s[[0, -1]]
    edges_s = np.linspace(start_s, end_s, _STRETCHES + 1)
    parts = [tracks]
    for first_s, last_s in zip(edges_s[:-1], edges_s[1:], strict=True):
        ranges = [(first_s, last_s), (first_s - offset_s, last_s - offset_s)]
        parts.append([[_within(t, r) for t, r in zip(own, ranges, strict=True)] for own in tracks])
    every = [shared_lines(part, offset_s) for part in parts]
    found = [lines for lines in every if lines is not None]
    return min(found, key=lambda lines: _unexplained(tracks, lines), default=None)


def shared_lines(tracks: Sequence[Sequence[Track]], offset_s: float) -> EpipolarLines | None:
    """The lines of everybody's tracks (P) of two views; None where these share too little."""
    first, second = together(tracks)
    return EpipolarLines.of(first, second, offset_s)


def _within(track: Track, range_s: tuple[float, float]) -> Track:
    return without_frames(track, (track.times_s < range_s[0]) | (track.times_s > range_s[1]))


def _unexplained(tracks: Sequence[Sequence[Track]], lines: EpipolarLines) -> float:
    """Mean cost of the bodies of the first view, each taken for whom it is likest to."""
    total, n_seen = 0.0, 0
    for own in tracks:
        pairs = [lines.costs(own[0], other[1]) for other in tracks]
        costs = [np.where(weight >= MIN_WEIGHT, cost, np.inf) for cost, weight in pairs]
        best = np.min(costs, axis=0)
        total += float(best[np.isfinite(best)].sum())
        n_seen += int(np.isfinite(best).sum())
    return total / max(n_seen, 1)


def _exchange(
    tracks: tuple[list[list[Track]], list[list[Track]]], i: int, j: int, lines: EpipolarLines
) -> bool:
    """Exchange two people where that is likelier, in place; tells whether it was anywhere.

    tracks: (P) of two views, held still and as filmed.
    """
    first, second = tracks[0][i], tracks[0][j]
    moves = [_move_cost(first[0], second[0])]
    moves.append(_at_first(_move_cost(first[1], second[1]), first, lines.offset_s))
    states = _cheapest_states(_doubt(first, second, lines), np.stack(moves, axis=1))
    if not states.any():
        return False
    by_view = (states[:, 0], _at_second(states[:, 1], first, lines.offset_s))
    for each in tracks:
        for view, is_exchanged in enumerate(by_view):
            pair = exchanged_frames(each[i][view], each[j][view], is_exchanged)
            each[i][view], each[j][view] = pair
    return True


def _doubt(first: Sequence[Track], second: Sequence[Track], lines: EpipolarLines) -> np.ndarray:
    """(F,) log likelihood, at the first view's frames, of the names as they are over exchanged.

    Each body in the first view has its say where the other view sees both people.
    """
    frame_s = float(np.median(np.diff(first[0].times_s)))
    share = _INDEPENDENT * min(frame_s / NOISE_CORRELATION_S, 1.0)
    gain = np.zeros(len(first[0].times_s))
    for own, other in ((first, second), (second, first)):
        named, weight = lines.costs(own[0], own[1])
        exchanged, other_weight = lines.costs(own[0], other[1])
        is_told = np.minimum(weight, other_weight) >= MIN_WEIGHT
        gain += np.where(is_told, share * (exchanged - named), 0.0)
    return gain


def _move_cost(first: Track, second: Track) -> np.ndarray:
    """(F,) what it costs that two change names between a frame and the one before it.

    How much further both would have gone between where they were last seen and are next.
    """
    before, after = ([seen(t) for t in (first, second)] for seen in (_last_seen, _next_seen))
    is_known = np.min([*before, *after], axis=0) >= 0
    moved, gap_s = np.zeros((2, 2, len(is_known))), np.zeros(len(is_known))
    for (i, own), (j, other) in product(enumerate((first, second)), repeat=2):
        here, there = own.keypoints_2d_px[before[i]], other.keypoints_2d_px[after[j]]
        size = np.fmax(body_size(here), body_size(there))
        moved[i, j] = np.where(is_known, mean_distance(here, there) / size, 0.0)
        gap_s = np.maximum(gap_s, other.times_s[after[j]] - own.times_s[before[i]])
    further = moved[0, 1] ** 2 + moved[1, 0] ** 2 - moved[0, 0] ** 2 - moved[1, 1] ** 2
    cost = 0.5 * further / (_STEP + _STEP_PER_S * gap_s) ** 2
    return np.where(is_known, np.clip(cost, _EXCHANGE_COST, _FAR_COST), _EXCHANGE_COST)


def _last_seen(track: Track) -> np.ndarray:
    """(F,) the last frame before each that shows the body; -1 where none does."""
    frames = np.where(is_there(track), np.arange(len(track.times_s)), -1)
    return np.concatenate([[-1], np.maximum.accumulate(frames)[:-1]])


def _next_seen(track: Track) -> np.ndarray:
    """(F,) the first frame from each on that shows the body; -1 where none does."""
    n_frames = len(track.times_s)
    frames = np.where(is_there(track), np.arange(n_frames), n_frames)
    following = np.minimum.accumulate(frames[::-1])[::-1]
    return np.where(following < n_frames, following, -1)


def body_size(points: np.ndarray) -> np.ndarray:
    """(...) pixels across the landmarks (..., 33, 2) of a body; NaN where there are none."""
    low = np.where(np.isfinite(points), points, np.inf).min(axis=-2)
    high = np.where(np.isfinite(points), points, -np.inf).max(axis=-2)
    extent = np.hypot(*np.moveaxis(high - low, -1, 0))
    return np.where(np.isfinite(extent), extent, np.nan)


def _at_first(costs: np.ndarray, tracks: Sequence[Track], offset_s: float) -> np.ndarray:
    """The second view's costs at the first one's frames."""
    times_s = tracks[1].times_s + offset_s
    rows = np.clip(np.searchsorted(times_s, tracks[0].times_s), 0, len(times_s) - 1)
    return costs[rows]


def _at_second(states: np.ndarray, tracks: Sequence[Track], offset_s: float) -> np.ndarray:
    """The first view's states at the second one's frames."""
    times_s = tracks[0].times_s
    rows = np.searchsorted(times_s, tracks[1].times_s + offset_s)
    return states[np.clip(rows, 0, len(times_s) - 1)]


def _cheapest_states(gain: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """(F, 2) bool: in which view two are exchanged, by the cheapest path through four states.

    gain: (F,) see `_doubt`. moves: (F, 2) cost of a change in each view before each frame. Who is
    exchanged in both views agrees with the lines as well: the path begins with the names as given.
    """
    states = np.array(list(product((False, True), repeat=2)))
    unequal = states[:, 0] != states[:, 1]
    change = (states[:, None] != states[None]).astype(float)
    total = np.where(unequal, gain[0], 0.0) + (change @ moves[0])[0]
    came_from = np.zeros((len(gain), 4), dtype=int)
    for frame in range(1, len(gain)):
        ways = total[:, None] + change @ moves[frame]
        came_from[frame] = ways.argmin(axis=0)
        total = ways.min(axis=0) + np.where(unequal, gain[frame], 0.0)
    path = np.zeros(len(gain), dtype=int)
    path[-1] = int(total.argmin())
    for frame in range(len(gain) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return states[path]
