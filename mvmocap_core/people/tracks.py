"""Follows people through one video and picks the performer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mvmocap_core.detection.detections import Detections, Track

CONFIDENT = 0.5
DUPLICATE_DISTANCE = 0.15  # of a person's size: two slots on one person
STEP_DISTANCE = 0.15  # of a person's size: how far anybody moves between two frames ...
STEP_DISTANCE_PER_S = 6.0  # ... and with time, at a run
MAX_STEP_DISTANCE = 1.0
MAX_GAP_S = 1.0
SIZE_RATIO = 2.0  # the performer does not become this much larger or smaller out of sight


def select_performer(detections: Detections) -> Track:
    """Follow everybody, merge doubles, and return whoever is longest, largest and clearest.

    Slots of a frame are not identities: people are followed by where they are. A performer who
    leaves the picture and comes back is one performer, as long as nobody else was followed at
    that time under the same name.

    Returns a track on the same times, NaN and confidence 0 where the performer is absent. It is
    absent everywhere if nobody was found.
    """
    people = PeopleInFrames(detections)
    paths = _follow(people)
    slots = np.full(len(detections.times_s), -1)
    for path in _performer(paths):
        slots[path.frames] = path.slots
    return track_of_slots(detections, slots)


class PeopleInFrames:
    """Who is in each frame, without doubles.

    positions: (F, P, 33, 2) pixels, NaN where not confident. sizes: (F, P) pixels.
    weights:   (F, P) mean confidence. is_there: (F, P) bool.
    looks:     (F, P, N) see `Detections.appearance`; None where nobody looked.
    """

    def __init__(self, detections: Detections) -> None:
        keypoints, confidence = detections.keypoints_2d_px, detections.confidence
        is_found = np.isfinite(keypoints).all(axis=-1) & (confidence > 0)
        is_clear = is_found & (confidence >= CONFIDENT)
        # Somebody who is nowhere clear is still followed, by what there is.
        is_used = np.where(is_clear.any(axis=-1, keepdims=True), is_clear, is_found)
        self.times_s = detections.times_s
        self.looks = detections.appearance
        self.positions = np.where(is_used[..., None], keypoints, np.nan)
        low = np.where(is_used[..., None], keypoints, np.inf).min(axis=-2)
        high = np.where(is_used[..., None], keypoints, -np.inf).max(axis=-2)
        self.is_there = is_used.any(axis=-1)
        extent = np.where(self.is_there[..., None], high - low, 0.0)
        self.sizes = np.maximum(np.hypot(extent[..., 0], extent[..., 1]), 1.0)
        self.weights = np.where(is_found, confidence, 0.0).mean(axis=-1)
        self._remove_doubles()

    def _remove_doubles(self) -> None:
        n_slots = self.is_there.shape[1]
        for first in range(n_slots):
            for second in range(first + 1, n_slots):
                size = np.minimum(self.sizes[:, first], self.sizes[:, second])
                distance = mean_distance(self.positions[:, first], self.positions[:, second])
                is_double = distance < DUPLICATE_DISTANCE * size
                is_first_worse = self.weights[:, first] < self.weights[:, second]
                self.is_there[is_double & is_first_worse, first] = False
                self.is_there[is_double & ~is_first_worse, second] = False


@dataclass(slots=True, eq=False)
class _Path:
    """One person from frame to frame."""

    frames: list[int] = field(default_factory=list[int])
    slots: list[int] = field(default_factory=list[int])
    sizes: list[float] = field(default_factory=list[float])
    score: float = 0.0

    def add(self, people: PeopleInFrames, frame: int, slot: int) -> None:
        size = float(people.sizes[frame, slot])
        self.frames.append(frame)
        self.slots.append(slot)
        self.sizes.append(size)
        self.score += size * float(people.weights[frame, slot])


def _follow(people: PeopleInFrames) -> list[_Path]:
    """Link each frame's people to the nearest paths seen within `MAX_GAP_S`."""
    paths: list[_Path] = []
    active: list[_Path] = []
    for frame in range(len(people.times_s)):
        slots = np.flatnonzero(people.is_there[frame])
        active = [path for path in active if _gap_s(people, path, frame) <= MAX_GAP_S]
        free = set(slots.tolist())
        for path, slot in _links(people, active, frame, slots):
            path.add(people, frame, slot)
            free.discard(slot)
        for slot in sorted(free):
            path = _Path()
            path.add(people, frame, slot)
            paths.append(path)
            active.append(path)
    return paths


def _gap_s(people: PeopleInFrames, path: _Path, frame: int) -> float:
    return float(people.times_s[frame] - people.times_s[path.frames[-1]])


def _links(
    people: PeopleInFrames, active: list[_Path], frame: int, slots: np.ndarray
) -> list[tuple[_Path, int]]:
    """Pairs of a path and a slot, the nearest first, each used once."""
    if not active or slots.size == 0:
        return []
    lasts = np.array([path.frames[-1] for path in active])
    last_slots = np.array([path.slots[-1] for path in active])
    sizes = people.sizes[lasts, last_slots]
    gaps_s = people.times_s[frame] - people.times_s[lasts]
    distance = mean_distance(
        people.positions[lasts, last_slots][:, None], people.positions[frame, slots][None]
    )
    distance = distance / np.maximum(sizes[:, None], people.sizes[frame, slots][None])
    limits = np.minimum(STEP_DISTANCE + STEP_DISTANCE_PER_S * gaps_s, MAX_STEP_DISTANCE)
    distance[~(distance <= limits[:, None])] = np.inf
    links: list[tuple[_Path, int]] = []
    while np.isfinite(distance).any():
        row, column = np.unravel_index(int(distance.argmin()), distance.shape)
        links.append((active[row], int(slots[column])))
        distance[row, :] = np.inf
        distance[:, column] = np.inf
    return links


def mean_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(...) mean distance of the landmarks that both have; of the centres where none is shared.

    first, second: (..., 33, 2) pixels. inf where one of them has no landmark.
    """
    apart = np.linalg.norm(first - second, axis=-1)
    shared = np.isfinite(apart)
    mean = np.where(shared, apart, 0.0).sum(axis=-1) / np.maximum(shared.sum(axis=-1), 1)
    centres = np.linalg.norm(_centre(first) - _centre(second), axis=-1)
    return np.where(shared.any(axis=-1), mean, np.nan_to_num(centres, nan=np.inf))


def _centre(positions: np.ndarray) -> np.ndarray:
    is_known = np.isfinite(positions)
    count = is_known.sum(axis=-2)
    total = np.where(is_known, positions, 0.0).sum(axis=-2)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _performer(paths: list[_Path]) -> list[_Path]:
    """The best path, and the others that can be the same person at other times."""
    chosen: list[_Path] = []
    for path in sorted(paths, key=lambda path: -path.score):
        if not chosen or (_is_apart(path, chosen) and _is_same_size(path, chosen)):
            chosen.append(path)
    return chosen


def _is_apart(path: _Path, others: list[_Path]) -> bool:
    return all(
        path.frames[-1] < other.frames[0] or path.frames[0] > other.frames[-1] for other in others
    )


def _is_same_size(path: _Path, others: list[_Path]) -> bool:
    """Compared with the chosen path next to it in time."""
    nearest = min(
        others,
        key=lambda other: min(
            abs(other.frames[0] - path.frames[-1]), abs(path.frames[0] - other.frames[-1])
        ),
    )
    ratio = float(np.median(path.sizes) / np.median(nearest.sizes))
    return 1.0 / SIZE_RATIO <= ratio <= SIZE_RATIO


def track_of_slots(detections: Detections, slots: np.ndarray) -> Track:
    """The track of whoever is in slot `slots` (F,) of each frame; absent where it is -1."""
    rows = np.arange(len(slots))
    is_there = slots >= 0
    return Track(
        times_s=detections.times_s,
        keypoints_2d_px=np.where(
            is_there[:, None, None], detections.keypoints_2d_px[rows, slots], np.nan
        ),
        confidence=np.where(is_there[:, None], detections.confidence[rows, slots], 0.0),
        world_landmarks_m=np.where(
            is_there[:, None, None], detections.world_landmarks_m[rows, slots], np.nan
        ),
        image_size=detections.image_size,
    )


def is_there(track: Track) -> np.ndarray:
    """(F,) bool: frames that show anything of the person."""
    return track.confidence.max(axis=1) > 0


def seconds_there(track: Track) -> float:
    """For how long the person is seen."""
    return float(is_there(track).sum()) * float(np.median(np.diff(track.times_s)))


def without_frames(track: Track, is_absent: np.ndarray) -> Track:
    """The track with nobody in the frames (F,) where it says so."""
    return replace(
        track,
        keypoints_2d_px=np.where(is_absent[:, None, None], np.nan, track.keypoints_2d_px),
        confidence=np.where(is_absent[:, None], 0.0, track.confidence),
        world_landmarks_m=np.where(is_absent[:, None, None], np.nan, track.world_landmarks_m),
    )


def exchanged_frames(first: Track, second: Track, is_exchanged: np.ndarray) -> tuple[Track, Track]:
    """Two tracks of one video with each other's body in the frames (F,) where it says so."""
    pair, other = (first, second), is_exchanged.astype(int)
    return gathered(pair, other), gathered(pair, 1 - other)


def gathered(tracks: Sequence[Track], whose: np.ndarray) -> Track:
    """One track of a video out of several; whose: (F,) which of them each frame is taken from."""
    own = tracks[int(whose[0])]
    if (whose == whose[0]).all():
        return own
    rows = np.arange(len(whose))
    return replace(
        own,
        keypoints_2d_px=np.stack([t.keypoints_2d_px for t in tracks])[whose, rows],
        confidence=np.stack([t.confidence for t in tracks])[whose, rows],
        world_landmarks_m=np.stack([t.world_landmarks_m for t in tracks])[whose, rows],
    )
