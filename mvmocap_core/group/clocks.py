"""One clock for the videos of several performers."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.detection.detections import Track
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.group.matching import (
    COST_GAIN,
    MOTION_GAIN,
    NEARBY_S,
    seconds_shared,
    together,
)
from mvmocap_core.sync.epipolar import EpipolarScore
from mvmocap_core.sync.given import complete_timeline
from mvmocap_core.sync.match import UNRELATED_COST
from mvmocap_core.sync.motion import motion_candidates
from mvmocap_core.sync.timeline import CERTAIN, Timeline
from mvmocap_core.video.audio import Sound

_SAME_S = 0.15
_REACH_S = 0.06
_ROUGH_STD_S = 0.03
_OVERLAP_GAIN, _LEAST_S = 4.1, 0.1
"""Log odds of an offset for the log of the seconds in common, as in `sync.match`."""
_STD_SCALE, _STD_FLOOR_S = 1.3, 0.002
"""Leaving out stretches of time tells somewhat too little; see `sync.match`."""


def common_timeline(
    people: Sequence[Sequence[Track]],
    sounds: Callable[[], Sequence[Sound | None]],
    given_s: np.ndarray,
    matched_s: float | None,
) -> Timeline:
    """The time line of everybody's tracks (P) of (V).

    It is that of the performer whom the views share longest, unless movements alone tell it: then
    the offset at which all performers were told apart weighs in, everybody's keypoints refine it,
    and everybody tells how likely its rivals are.

    sounds, given_s: see `complete_timeline`, which raises. matched_s: the second view's offset at
    which the views agreed on who is who; None where that was not asked.
    """
    if len(people) == 1 or matched_s is None:
        return complete_timeline(people[0], sounds, given_s)
    lead = max(people, key=lambda tracks: seconds_shared(tracks[0], tracks[1], matched_s))
    timeline = _of_lead(lead, sounds, given_s, matched_s)
    if str(timeline.method[1]) != "motion":
        return timeline
    score = EpipolarScore(*together(people))
    timeline = replace(timeline, rivals_odds=_everybodys_odds(people, timeline, score))
    start_s = float(timeline.offset_s[1])
    offset_s, std_s = score.refine(start_s, reach_s=_REACH_S)
    std_s = float(np.hypot(_STD_SCALE * std_s, _STD_FLOOR_S))
    before_s = float(timeline.offset_std_s[1])
    if not np.isfinite(std_s) or std_s > before_s:
        return timeline
    trust, trust_before = std_s**-2, before_s**-2
    mean_s = (trust * offset_s + trust_before * start_s) / (trust + trust_before)
    return replace(
        timeline,
        offset_s=np.array([0.0, mean_s]),
        offset_std_s=np.array([timeline.offset_std_s[0], (trust + trust_before) ** -0.5]),
    )


def _of_lead(
    lead: Sequence[Track],
    sounds: Callable[[], Sequence[Sound | None]],
    given_s: np.ndarray,
    matched_s: float,
) -> Timeline:
    """One performer's time line; everybody's offset where that performer alone names another."""
    try:
        timeline = complete_timeline(lead, sounds, given_s)
    except UnsolvableError:  # the performer's movements alone fit at no offset
        rivals_s = np.full((2, 1), np.nan)
    else:
        found_s = float(timeline.offset_s[1])
        if str(timeline.method[1]) != "motion" or abs(found_s - matched_s) <= _SAME_S:
            return timeline
        rivals_s = np.array([[np.nan], [found_s]])
    return Timeline(
        offset_s=np.array([0.0, matched_s]),
        drift_ppm=np.zeros(2),
        offset_std_s=np.array([0.0, _ROUGH_STD_S]),
        method=np.array(["reference", "motion"]),
        agreement=np.array([1.0, 0.5 * CERTAIN]),
        rivals_s=rivals_s,
        rivals_odds=0.0 * rivals_s,
    )


def _everybodys_odds(
    people: Sequence[Sequence[Track]], timeline: Timeline, score: EpipolarScore
) -> np.ndarray:
    """(2, N) log odds of the rivals against the time line's offset; NaN where there is none.

    score: of everybody `together`. A rival at which one performer's movement looks alike has to
    agree with the others' too.
    """
    moving = [motion_candidates(first, second) for first, second in people]

    def log_odds(offset_s: float) -> float:
        costs = np.nan_to_num([score.cost(offset_s + s) for s in NEARBY_S], nan=UNRELATED_COST)
        evidence = sum(
            max((c.evidence for c in each if abs(c.offset_s - offset_s) < _SAME_S), default=0.0)
            for each in moving
        )
        shared_s = np.mean([seconds_shared(first, second, offset_s) for first, second in people])
        overlap = float(np.log(max(shared_s, _LEAST_S)))
        cost = len(people) * float(costs.min())
        return MOTION_GAIN * evidence - COST_GAIN * cost + _OVERLAP_GAIN * overlap

    here = log_odds(float(timeline.offset_s[1]))
    odds = np.full_like(timeline.rivals_s, np.nan)
    for number, rival_s in enumerate(timeline.rivals_s[1]):
        if np.isfinite(rival_s):
            odds[1, number] = log_odds(float(rival_s)) - here
    return odds
