"""Corrections put into effect on what the detector found."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.corrections.corrections import (
    Corrections,
    MovedKeypoint,
    ViewCorrections,
)
from mvmocap_core.detection.detections import LANDMARK_NAMES, Track
from mvmocap_core.detection.sides import exchange_sides

FADE_S = 0.25
"""How long before and after it a moved keypoint draws its neighbours along: a little longer than
the detector's noise lasts."""
JOIN_S = 1.0
"""Places of one landmark no further apart than this are joined, and all between is moved too."""

_HALVES = {"whole": slice(None), "upper": slice(0, 1), "lower": slice(1, 2)}


def apply(
    corrections: Corrections, tracks: Sequence[Track], swapped: Sequence[np.ndarray] | None = None
) -> list[Track]:
    """The tracks, one a video, as the corrections want them.

    swapped: for every track (F, 2) bool, where the detector exchanged left and right of the upper
    and the lower body, as far as is known. What the corrections say of it holds.

    A hidden landmark becomes NaN with confidence 0. A moved one has confidence 1 at its frame;
    its neighbours in time are moved by less and less, up to the next moved ones.
    """
    found = [None] * len(tracks) if swapped is None else swapped
    return [
        apply_to_track(corrections.view(view), track, found[view])
        for view, track in enumerate(tracks)
    ]


def apply_to_track(
    corrections: ViewCorrections, track: Track, swapped: np.ndarray | None = None
) -> Track:
    """One track as the corrections want it, see `apply`."""
    known = np.zeros((len(track.times_s), 2), bool) if swapped is None else swapped
    states = settled_sides(corrections, track.times_s, known)
    if states.any():
        track = exchange_sides(track, states)
    if not (corrections.moved or corrections.hidden):
        return track
    keypoints, confidence = track.keypoints_2d_px.copy(), track.confidence.copy()
    for hidden in corrections.hidden:
        frames = within(track.times_s, hidden.start_s, hidden.end_s)
        index = LANDMARK_NAMES.index(hidden.landmark)
        keypoints[frames, index], confidence[frames, index] = np.nan, 0.0
    for landmark in {moved.landmark for moved in corrections.moved}:
        index = LANDMARK_NAMES.index(landmark)
        places = _places(corrections.moved, landmark, track.times_s)
        keypoints[:, index], confidence[:, index] = _moved(
            track.times_s, keypoints[:, index], confidence[:, index], places
        )
    return replace(track, keypoints_2d_px=keypoints, confidence=confidence)


def settled_sides(
    corrections: ViewCorrections, times_s: np.ndarray, swapped: np.ndarray
) -> np.ndarray:
    """(F, 2) bool: `swapped` with the word of the corrections where they say something."""
    settled = swapped.copy()
    for side in corrections.sides:
        frames = within(times_s, side.start_s, side.end_s)
        settled[frames, _HALVES[side.part]] = side.is_swapped
    return settled


def within(times_s: np.ndarray, start_s: float, end_s: float) -> np.ndarray:
    """(F,) bool: the frames of a range, and at the least the one nearest to its middle."""
    half_s = 0.5 * float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    inside = (times_s >= start_s - 0.5 * half_s) & (times_s <= end_s + 0.5 * half_s)
    middle_s = 0.5 * (start_s + end_s)
    nearest = nearest_frame(times_s, middle_s)
    inside[nearest] |= abs(times_s[nearest] - middle_s) <= 1.01 * half_s
    return inside


def nearest_frame(times_s: np.ndarray, time_s: float) -> int:
    """Index of the frame nearest to a time."""
    return int(np.abs(times_s - time_s).argmin())


def _places(
    moved: Sequence[MovedKeypoint], landmark: str, times_s: np.ndarray
) -> dict[int, tuple[float, float]]:
    """Where the landmark is, by frame in rising order; of two at one frame the later holds."""
    named = [each for each in moved if each.landmark == landmark]
    places = {nearest_frame(times_s, each.time_s): (each.x_px, each.y_px) for each in named}
    return dict(sorted(places.items()))


def _moved(
    times_s: np.ndarray,
    keypoints: np.ndarray,
    confidence: np.ndarray,
    places: dict[int, tuple[float, float]],
) -> tuple[np.ndarray, np.ndarray]:
    """One landmark (F, 2) with its confidence (F,), drawn to its places."""
    frames, wanted = np.array(list(places)), np.array(list(places.values()))
    is_found = np.isfinite(keypoints).all(axis=1)
    smooth = np.stack(
        [
            np.interp(times_s, times_s[is_found], keypoints[is_found, axis])
            if is_found.any()
            else np.interp(times_s, times_s[frames], wanted[:, axis])
            for axis in (0, 1)
        ],
        axis=1,
    )
    share, is_joined = _shares(times_s, frames)
    drawn = smooth + share @ (wanted - smooth[frames])
    drawn[frames] = wanted
    use = is_found | is_joined
    surest = confidence + (1.0 - confidence) * np.clip(share.sum(axis=1), 0.0, 1.0)
    return np.where(use[:, None], drawn, np.nan), np.where(use, surest, 0.0)


def _shares(times_s: np.ndarray, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much (F, K) of each of K places' offsets the frames take; which (F,) are joined."""
    at_s = times_s[frames]
    gaps_s = np.diff(at_s)
    reach_s = np.where(gaps_s <= JOIN_S, gaps_s, FADE_S)
    before_s, after_s = np.concatenate([[FADE_S], reach_s]), np.concatenate([reach_s, [FADE_S]])
    away_s = times_s[:, None] - at_s
    near = np.clip(1.0 - np.where(away_s < 0, -away_s / before_s, away_s / after_s), 0.0, 1.0)
    is_joined = np.zeros(len(times_s), dtype=bool)
    is_joined[frames] = True
    for first, last, gap_s in zip(frames[:-1], frames[1:], gaps_s, strict=True):
        is_joined[first : last + 1] |= gap_s <= JOIN_S
    return near * near * (3.0 - 2.0 * near), is_joined
