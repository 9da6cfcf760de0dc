"""One clock for all videos of a take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mvmocap_core.detection.detections import Track
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.sync.audio import SoundMatch, match_sound
from mvmocap_core.sync.drift import motion_drift
from mvmocap_core.sync.match import BAD_COST, N_RIVALS, MotionMatch, match_motion
from mvmocap_core.sync.timeline import CERTAIN, Timeline

if TYPE_CHECKING:
    from mvmocap_core.video.audio import Sound

SAME_S = 0.06
"""Sound and motion say the same when they differ by less: sound may travel 20 m."""
_DISPUTED = 0.4
_UNKNOWN_STD_S = 1.0


def estimate_timeline(tracks: Sequence[Track], sounds: Sequence[Sound | None]) -> Timeline:
    """Offsets of all videos against the first, by sound where it tells, else by motion.

    A video that nothing dates (nobody moves, no sound in common) gets offset 0, agreement 0 and
    a standard deviation of a second: what was filmed of a still person needs no more. Where
    several offsets fit, the standard deviation is that of the best alone: ask `agreement`.

    Args:
        tracks: one of each video, the same performer.
        sounds: one of each video; None where there is none.

    Raises:
        ValueError: not one sound entry for each track, or no track.
        UnsolvableError: a video shows other moments than the first one does (no_overlap).
    """
    if not tracks or len(tracks) != len(sounds):
        raise ValueError(f"{len(tracks)} tracks and {len(sounds)} sounds; one of each a video")
    rows = [(0.0, 0.0, 0.0, "reference", 1.0)]
    rivals_s, rivals_odds = np.full((2, len(tracks), N_RIVALS), np.nan)
    for view in range(1, len(tracks)):
        row, rivals = _date(tracks[0], tracks[view], sounds[0], sounds[view], view)
        rows.append(row)
        for k, (rival_s, odds) in enumerate(rivals):
            rivals_s[view, k], rivals_odds[view, k] = rival_s, odds
    offset_s, drift_ppm, std_s, method, agreement = zip(*rows, strict=True)
    return Timeline(
        offset_s=np.array(offset_s),
        drift_ppm=np.array(drift_ppm),
        offset_std_s=np.array(std_s),
        method=np.array(method),
        agreement=np.array(agreement),
        rivals_s=rivals_s,
        rivals_odds=rivals_odds,
    )


def _date(
    first: Track, second: Track, sound: Sound | None, other_sound: Sound | None, view: int
) -> tuple[tuple[float, float, float, str, float], tuple[tuple[float, float], ...]]:
    """Offset, drift, standard deviation, method and agreement of one video; and its rivals.

    Of these, offsets and log odds.
    """
    heard = match_sound(sound, other_sound) if sound and other_sound else None
    hints_s = (heard.offset_s, *heard.others_s) if heard else ()
    seen = match_motion(first, second, hints_s)
    if heard is not None:
        dated = _by_sound(heard, seen, hints_s)
        if dated is not None:
            return dated, ()
    if seen is None:
        return (0.0, 0.0, _UNKNOWN_STD_S, "motion", 0.0), ()
    if seen.cost > BAD_COST and seen.agreement == 0.0:
        raise UnsolvableError(
            f"video {view + 1} does not seem to show the same moments as video 1; give videos of "
            "one performance that overlap by at least two seconds.",
            reason="no_overlap",
        )
    drift_ppm, offset_s = motion_drift(first, second, seen.offset_s) or (0.0, seen.offset_s)
    return (offset_s, drift_ppm, seen.std_s, "motion", seen.agreement), seen.rivals


def _by_sound(
    heard: SoundMatch, seen: MotionMatch | None, hints_s: tuple[float, ...]
) -> tuple[float, float, float, str, float] | None:
    """What sound says, if it is certain or names the offset that motion found too."""
    drift_ppm, std_s = heard.drift_ppm, heard.std_s
    if heard.certainty >= CERTAIN:
        agreement = heard.certainty
        if _is_disputed(heard, seen):
            agreement *= _DISPUTED
            if seen is not None and seen.agreement > heard.certainty:
                return seen.offset_s, 0.0, seen.std_s, "motion", agreement
        return heard.offset_s, drift_ppm, std_s, "audio", agreement
    if seen is None or not heard.is_sharp:
        return None
    same = [hint for hint in hints_s if abs(hint - seen.offset_s) < 3.0 * seen.std_s + std_s]
    if not same:
        return None
    nearest = min(same, key=lambda hint: abs(hint - seen.offset_s))
    return nearest, drift_ppm, std_s, "audio", max(heard.certainty, seen.agreement)


def _is_disputed(heard: SoundMatch, seen: MotionMatch | None) -> bool:
    if seen is None or seen.agreement < CERTAIN:
        return False
    return abs(seen.offset_s - heard.offset_s) > SAME_S + 3.0 * seen.std_s
