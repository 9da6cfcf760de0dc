"""The offset of two videos from motion and geometry together."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.detection.detections import Track
from mvmocap_core.sync.epipolar import EpipolarScore
from mvmocap_core.sync.motion import MIN_OVERLAP_S, Candidate, motion_candidates

UNRELATED_COST = 1.0
"""Epipolar cost of views that show different moments; the same moment costs 0.15 to 0.45."""
GOOD_COST = 0.5
BAD_COST = 0.8

_NEARBY_S = (-0.08, -0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06, 0.08)
_DISTINCT_S = 0.12
_MOTION_GAIN, _COST_GAIN, _OVERLAP_GAIN = 1.2, 28.0, 4.1
"""Log odds of an offset: a conditional logistic fit to 321 virtual takes of the
train and dev motions; those of "val" took no part."""
_CAUTION = 3.0
"""Odds are taken to this root: real detectors fail in ways that virtual ones do not."""
_LIKE_OVERLAP = 0.5
_WEAK_EVIDENCE = 3.0
_SCAN_STEP_S = 0.05
_MAX_SCAN = 400
_N_SCAN_KEPT = 6
N_RIVALS = 3
_REACH_S = 0.1
_MOTION_STD_S = 0.025
"""Of the top of the motion correlation, from virtual takes and real footage."""
_STD_SCALE = 1.3
_STD_FLOOR_S = 0.002
_SWAP_GAIN = 0.2
"""Of epipolar cost, for which frames of the second view may have left and right exchanged."""


@dataclass(frozen=True, slots=True)
class MotionMatch:
    """An offset on which movements and epipolar geometry agree.

    offset_s, std_s: of the second video on the first one's clock.
    agreement:       in [0, 1], 0 where another offset is as good.
    cost:            epipolar cost there, see `EpipolarScore`.
    overlap_s:       seconds filmed by both.
    rivals:          at most `N_RIVALS` other offsets and their log odds against this one, likeliest
                     first.
    """

    offset_s: float
    std_s: float
    agreement: float
    cost: float
    overlap_s: float
    rivals: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Scored:
    """A candidate at its best epipolar cost nearby; log_odds of it being the offset."""

    offset_s: float
    evidence: float
    overlap_s: float
    cost: float
    log_odds: float


def match_motion(
    first: Track, second: Track, hints_s: tuple[float, ...] = ()
) -> MotionMatch | None:
    """The best offset; None where the videos have no second in common at any offset.

    hints_s: offsets that another source proposes; they compete like any other.
    """
    found = _match(first, second, hints_s, EpipolarScore(first, second))
    if found is not None and found.cost > GOOD_COST:
        score = EpipolarScore(first, second, may_swap=True)
        swapped = _match(first, second, hints_s, score)
        if swapped is not None and swapped.cost < found.cost - _SWAP_GAIN:
            return swapped
    return found


def _match(
    first: Track, second: Track, hints_s: tuple[float, ...], score: EpipolarScore
) -> MotionMatch | None:
    candidates = motion_candidates(first, second)
    if not candidates or candidates[0].evidence < _WEAK_EVIDENCE:
        candidates += _scan(first, second, score)
    candidates += [
        Candidate(hint, 0.0, overlap)
        for hint in hints_s
        if (overlap := overlap_s(first, second, hint)) >= MIN_OVERLAP_S
    ]
    if not candidates:
        return None
    scored = [_scored(candidate, score) for candidate in candidates]
    best = max(scored, key=lambda each: each.log_odds)
    offset_s, std_s = _refine(best, candidates, score)
    return MotionMatch(
        offset_s=offset_s,
        std_s=std_s,
        agreement=_agreement(best, scored),
        cost=best.cost,
        overlap_s=best.overlap_s,
        rivals=_rivals(best, scored),
    )


def _refine(
    best: _Scored, candidates: list[Candidate], score: EpipolarScore
) -> tuple[float, float]:
    """Offset and standard deviation from geometry and movement, each by its certainty.

    Geometry cannot tell a performer who moves at one speed in one direction from a camera that
    stands elsewhere; movement of the limbs can.
    """
    offset_s, std_s = score.refine(best.offset_s, reach_s=_REACH_S)
    if std_s < 0.25 * _REACH_S:
        offset_s, std_s = score.refine(offset_s, reach_s=0.5 * _REACH_S)
    std_s = float(np.hypot(_STD_SCALE * std_s, _STD_FLOOR_S)) if np.isfinite(std_s) else _REACH_S
    moving = [candidate for candidate in candidates if candidate.evidence > 0.0]
    near = [each for each in moving if abs(each.offset_s - best.offset_s) < _REACH_S]
    if not near:
        return offset_s, std_s
    moved = max(near, key=lambda candidate: candidate.evidence)
    trust, motion_trust = std_s**-2, _MOTION_STD_S**-2
    fused_s = (trust * offset_s + motion_trust * moved.offset_s) / (trust + motion_trust)
    return float(fused_s), float((trust + motion_trust) ** -0.5)


def overlap_s(first: Track, second: Track, offset_s: float) -> float:
    """Seconds filmed by both videos when the second starts `offset_s` after the first."""
    start = max(first.times_s[0], second.times_s[0] + offset_s)
    end = min(first.times_s[-1], second.times_s[-1] + offset_s)
    return float(max(end - start, 0.0))


def _scored(candidate: Candidate, score: EpipolarScore) -> _Scored:
    offsets = candidate.offset_s + np.array(_NEARBY_S)
    costs = np.nan_to_num([score.cost(offset) for offset in offsets], nan=UNRELATED_COST)
    i = int(np.argmin(costs))
    return _Scored(
        offset_s=float(offsets[i]),
        evidence=candidate.evidence,
        overlap_s=candidate.overlap_s,
        cost=float(costs[i]),
        log_odds=_MOTION_GAIN * candidate.evidence
        - _COST_GAIN * float(costs[i])
        + _OVERLAP_GAIN * float(np.log(candidate.overlap_s)),
    )


def _scan(first: Track, second: Track, score: EpipolarScore) -> list[Candidate]:
    """Offsets at which geometry alone agrees best, for slow or small movements."""
    low = first.times_s[0] + MIN_OVERLAP_S - second.times_s[-1]
    high = first.times_s[-1] - MIN_OVERLAP_S - second.times_s[0]
    n_steps = int((high - low) / _SCAN_STEP_S)
    if not 1 < n_steps <= _MAX_SCAN:
        return []
    offsets = np.linspace(low, high, n_steps)
    seconds = np.array([overlap_s(first, second, offset) for offset in offsets])
    offsets, seconds = offsets[seconds >= MIN_OVERLAP_S], seconds[seconds >= MIN_OVERLAP_S]
    cost = np.array([score.cost(offset) for offset in offsets])
    gain = np.nan_to_num(seconds * (UNRELATED_COST - cost), nan=-np.inf)
    around = np.pad(gain, 1, constant_values=-np.inf)
    is_peak = (gain >= around[:-2]) & (gain >= around[2:]) & np.isfinite(gain)
    peaks = np.flatnonzero(is_peak)
    best = peaks[np.argsort(-gain[peaks])][:_N_SCAN_KEPT]
    return [Candidate(float(offsets[i]), 0.0, float(seconds[i])) for i in best]


def _rivals(best: _Scored, scored: list[_Scored]) -> tuple[tuple[float, float], ...]:
    """The likeliest offsets that differ from the best one and from each other, with log odds.

    None where not even the best one fits: there the right one may not be among them.
    """
    if best.cost > GOOD_COST:
        return ()
    chosen = [best]
    for each in sorted(scored, key=lambda each: -each.log_odds):
        if min(abs(each.offset_s - other.offset_s) for other in chosen) >= _DISTINCT_S:
            chosen.append(each)
    rivals = chosen[1 : N_RIVALS + 1]
    return tuple((each.offset_s, each.log_odds - best.log_odds) for each in rivals)


def _agreement(best: _Scored, scored: list[_Scored]) -> float:
    """How far the best is ahead of the best distinct one, and how well it fits at all."""
    others = [each for each in scored if abs(each.offset_s - best.offset_s) >= _DISTINCT_S]
    lead = min((_lead(best, other) for other in others), default=np.inf)
    ahead = 1.0 - np.exp(-max(lead, 0.0) / _CAUTION)
    fit = np.clip((BAD_COST - best.cost) / (BAD_COST - GOOD_COST), 0.0, 1.0)
    return float(ahead * fit)


def _lead(best: _Scored, other: _Scored) -> float:
    """Log odds of `best` against `other`, and no more than a like overlap would give.

    A movement that repeats fits as well a period later. That fewer seconds are then in common
    makes the later one less likely, but says nothing of which is right.
    """
    lead = best.log_odds - other.log_odds
    if other.overlap_s < _LIKE_OVERLAP * best.overlap_s:
        return lead
    rate = best.evidence / best.overlap_s - other.evidence / other.overlap_s
    seconds = min(best.overlap_s, other.overlap_s)
    return min(lead, _MOTION_GAIN * rate * seconds - _COST_GAIN * (best.cost - other.cost))
