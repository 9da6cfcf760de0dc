"""Who of one video is who in the other, before any camera or clock is known.

Two people who are the same move alike at one offset of the clocks, and their keypoints lie on the
epipolar lines of one fundamental matrix, which everybody in the picture shares. So an offset and a
first pair are tried, and other pairs join as long as the lines of all together explain more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from mvmocap_core.detection.detections import Track
from mvmocap_core.geometry.interpolation import nearest_samples
from mvmocap_core.group.movement import mobility, movement
from mvmocap_core.people.tracks import gathered, is_there
from mvmocap_core.sync.epipolar import EpipolarScore
from mvmocap_core.sync.motion import motion_candidates

MAX_TRACKS = 8
"""Of one view; further ones are short or small."""
_MAX_SEEDS = 3
_CANDIDATES_A_PAIR = 6
_MAX_HYPOTHESES = 8
NEARBY_S = (-0.06, -0.03, 0.0, 0.03, 0.06)
MOTION_GAIN, COST_GAIN = 1.2, 28.0
"""Log odds of an offset for each unit of evidence and of epipolar cost, as in `sync.match`."""
_MOBILE = 0.5
_UNRELATED = 0.8
"""Epipolar cost above which a pair is no pair; the same person costs 0.15 to 0.45."""
_OPEN = 0.5
_MIN_SHARED_S = 0.3
_GAP_S = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """One person. tracks: of each view; members: of which of the given tracks they were merged.

    shared_s: for how many seconds all views see the person.
    """

    tracks: tuple[Track, ...]
    members: tuple[tuple[int, ...], ...]
    shared_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """Everybody whom both views see, and where the second view's clock starts on the first's.

    evidence: seconds that this explains, times how well, less what it leaves open.
    """

    people: list[Matched]
    offset_s: float
    evidence: float


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """Pairs of tracks at an offset. gain: seconds that they explain, times how well."""

    pairs: tuple[tuple[int, int], ...]
    offset_s: float
    gain: float


def match_people(
    first: Sequence[Track], second: Sequence[Track], hints_s: Sequence[float] = ()
) -> Match:
    """People seen by both views, from everybody's tracks in each.

    hints_s: likely offsets of the second view's clock; with none, movements propose them.
    A person who left a picture and came back, and was followed as two, is one again where the
    other view saw them all the time. Who is seen by one view alone is left out.
    """
    views = (list(first[:MAX_TRACKS]), list(second[:MAX_TRACKS]))
    mobile = [mobility([movement(track) for track in tracks]) for tracks in views]
    found = [_grown(views, seed) for seed in _seeds(views, mobile, hints_s)]
    if not found:
        return Match([], 0.0, 0.0)
    best = max(found, key=lambda grown: _evidence(views, mobile, grown))
    return Match(_people(views, best), best.offset_s, _evidence(views, mobile, best))


def together(tracks: Sequence[Sequence[Track]]) -> list[Track]:
    """One track for each view from those of several people, (P, V): one after the other.

    The people's times are shifted alike in all views, so offsets between the views stay: sync may
    take the result for one performer whose shape changes.
    """
    spacing_s = _GAP_S + 2.0 * max(
        float(track.times_s[-1]) for person in tracks for track in person
    )
    n_views = len(tracks[0])
    return [_joined([person[view] for person in tracks], spacing_s) for view in range(n_views)]


def _joined(tracks: Sequence[Track], spacing_s: float) -> Track:
    return Track(
        times_s=np.concatenate([t.times_s + k * spacing_s for k, t in enumerate(tracks)]),
        keypoints_2d_px=np.concatenate([t.keypoints_2d_px for t in tracks]),
        confidence=np.concatenate([t.confidence for t in tracks]),
        world_landmarks_m=np.concatenate([t.world_landmarks_m for t in tracks]),
        image_size=tracks[0].image_size,
    )


def _seeds(
    views: tuple[list[Track], list[Track]],
    mobile: Sequence[np.ndarray],
    hints_s: Sequence[float],
) -> list[_Hypothesis]:
    """Single pairs at likely offsets, the likeliest few, of people who move.

    mobile: `mobility` of each view's tracks.
    """
    found: list[tuple[float, _Hypothesis]] = []
    for i, j in product(*(np.flatnonzero(m > _MOBILE)[:_MAX_SEEDS].tolist() for m in mobile)):
        a, b = views[0][i], views[1][j]
        score = EpipolarScore(a, b)
        moving = motion_candidates(a, b)[:_CANDIDATES_A_PAIR] if not hints_s else []
        offers = [(c.offset_s, c.evidence) for c in moving] + [(hint, 0.0) for hint in hints_s]
        for offset_s, evidence in offers:
            near = [(_cost(score, offset_s + step), offset_s + step) for step in NEARBY_S]
            cost, at_s = min(near)
            gain = _gain(seconds_shared(a, b, at_s), cost)
            odds = MOTION_GAIN * evidence - COST_GAIN * cost
            found.append((odds, _Hypothesis(((i, j),), at_s, gain)))
    found.sort(key=lambda each: -each[0])
    return [hypothesis for _, hypothesis in found[:_MAX_HYPOTHESES]]


def _grown(views: tuple[list[Track], list[Track]], seed: _Hypothesis) -> _Hypothesis:
    """The seed and every further pair that its epipolar lines explain."""
    grown = seed
    while True:
        trials = [
            _with_pair(views, grown, pair)
            for pair in product(range(len(views[0])), range(len(views[1])))
            if _may_join(views, grown, pair)
        ]
        best = max(trials, key=lambda trial: trial.gain, default=grown)
        if best.gain <= grown.gain:
            return grown
        grown = best


def _evidence(
    views: tuple[list[Track], list[Track]], mobile: Sequence[np.ndarray], grown: _Hypothesis
) -> float:
    """The gain, less what is left open, both as far as it is of people who move.

    Who stands agrees with any offset. Who is seen by both views at once and is nobody there speaks
    against it.
    """

    def seconds(i: int, j: int) -> tuple[float, float]:
        shared_s = seconds_shared(views[0][i], views[1][j], grown.offset_s)
        return shared_s, shared_s * float(min(mobile[0][i], mobile[1][j]))

    whole_s, moving_s = np.sum([seconds(i, j) for i, j in grown.pairs], axis=0)
    free = [
        [k for k in range(len(views[view])) if all(pair[view] != k for pair in grown.pairs)]
        for view in range(2)
    ]
    open_s = sum(max((seconds(i, j)[1] for j in free[1]), default=0.0) for i in free[0])
    return float(grown.gain * moving_s / max(whole_s, 1e-9)) - _OPEN * open_s


def _may_join(
    views: tuple[list[Track], list[Track]], grown: _Hypothesis, pair: tuple[int, int]
) -> bool:
    """Both are unused, or one is and the other's person is away from that view meanwhile."""
    if seconds_shared(views[0][pair[0]], views[1][pair[1]], grown.offset_s) < _MIN_SHARED_S:
        return False
    used = [{p[view] for p in grown.pairs} for view in range(2)]
    is_used = [pair[view] in used[view] for view in range(2)]
    if all(is_used):
        return False
    for view in range(2):
        if is_used[view]:
            other = 1 - view
            taken = [p[other] for p in grown.pairs if p[view] == pair[view]]
            if any(_are_together(views[other][pair[other]], views[other][k]) for k in taken):
                return False
    return True


def _are_together(a: Track, b: Track) -> bool:
    return bool((is_there(a) & is_there(b)).any())


def _with_pair(
    views: tuple[list[Track], list[Track]], grown: _Hypothesis, pair: tuple[int, int]
) -> _Hypothesis:
    pairs = (*grown.pairs, pair)
    a, b = together([(views[0][i], views[1][j]) for i, j in pairs])
    cost = _cost(EpipolarScore(a, b), grown.offset_s)
    shared_s = sum(seconds_shared(views[0][i], views[1][j], grown.offset_s) for i, j in pairs)
    return _Hypothesis(pairs, grown.offset_s, _gain(shared_s, cost))


def _cost(score: EpipolarScore, offset_s: float) -> float:
    cost = score.cost(offset_s)
    return cost if np.isfinite(cost) else 2.0 * _UNRELATED


def _gain(shared_s: float, cost: float) -> float:
    return shared_s * (_UNRELATED - cost)


def seconds_shared(a: Track, b: Track, offset_s: float) -> float:
    """Seconds in which both views see somebody."""
    seen_s = a.times_s[is_there(a)]
    frame_s = float(np.median(np.diff(a.times_s)))
    other_s = b.times_s[is_there(b)] + offset_s
    apart = np.abs(other_s[nearest_samples(other_s, seen_s)] - seen_s)
    return float((apart < 0.1).sum() * frame_s)


def _people(views: tuple[list[Track], list[Track]], found: _Hypothesis) -> list[Matched]:
    """Pairs that share a track are one person."""
    groups: list[tuple[set[int], set[int]]] = []
    for i, j in found.pairs:
        for firsts, seconds in groups:
            if i in firsts or j in seconds:
                firsts.add(i)
                seconds.add(j)
                break
        else:
            groups.append(({i}, {j}))
    people = []
    for firsts, seconds in groups:
        a = merged([views[0][k] for k in sorted(firsts)])
        b = merged([views[1][k] for k in sorted(seconds)])
        members = (tuple(sorted(firsts)), tuple(sorted(seconds)))
        people.append(Matched((a, b), members, seconds_shared(a, b, found.offset_s)))
    return people


def merged(tracks: Sequence[Track]) -> Track:
    """Tracks of one person at different times of one view, as one."""
    whole = tracks[0]
    for part in tracks[1:]:
        whole = gathered((whole, part), is_there(part).astype(int))
    return whole
