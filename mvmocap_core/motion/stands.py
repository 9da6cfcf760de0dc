"""Where heels and toes stand while they touch the floor, and how a sliding one goes along it."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.motion.smoothing import penalised
from mvmocap_core.motion.spans import spans

HEEL, TOE = 0, 1
_STAY_MS = 0.005
"""Metres times seconds: a foot that stands aside by less than twice that did not step aside."""
_DOUBT_M = 0.02
"""Distance from its path beyond which a frame counts less and less."""
_LEAVE_M, _LEAVE_RADII = 0.05, 1.6
"""Way from its path at which a point leaves it, whatever the contact says: more where the foot may
be off by more, three standard deviations of that."""
_WEIGHTS = (0.2, 2.0)
"""Least and most, before they are squared, of a frame whose error is not the usual one."""
_STILL_M = 1e-4
_ROLL_S = 1.0 / 30.0
_STEPS, _ROUNDS = 30, 20


@dataclass(slots=True, eq=False)
class _Stand:
    """One point on the floor from frame `start` up to `stop`; path_m: (stop - start, 2)."""

    start: int
    stop: int
    path_m: np.ndarray


def standing_places(
    points_m: np.ndarray, contacts: np.ndarray, error_m: np.ndarray, length_m: float, fps: float
) -> np.ndarray:
    """(F, 2, 2) where heel and toe stand on the floor, NaN where they do not.

    points_m: (F, 2, 2) heel and toe across the floor; contacts: (F, 2) bool.
    error_m:  (F,) how far off the foot may be; frames count the less.
    length_m: from the heel to the toe of a foot that stands on both, across the floor.
    A point stands still, or goes along where it truly slides.
    """
    stands = [
        [
            stand
            for start, stop in spans(contacts[:, point])
            if (stand := _stand(points_m[:, point], error_m, start, stop, fps)) is not None
        ]
        for point in range(2)
    ]
    _set_apart(stands, length_m)
    places = np.full(points_m.shape, np.nan)
    for point in range(2):
        for stand in stands[point]:
            places[stand.start : stand.stop, point] = stand.path_m
    return places


def held_part(contacts: np.ndarray, fps: float) -> np.ndarray:
    """Contacts (F, ...) without the moments in which points roll onto the floor and off it.

    Then they move as they were seen: held as well, they would drag the foot's swing along.
    """
    roll = round(_ROLL_S * fps)
    held = np.zeros_like(contacts)
    for point in np.ndindex(contacts.shape[1:]):
        for start, stop in spans(contacts[:, *point]):
            cut = min(roll, (stop - start - 1) // 2)
            first = start + (cut if start > 0 else 0)
            held[first : stop - (cut if stop < len(contacts) else 0), *point] = True
    return held


def still_path(points_m: np.ndarray, fps: float, weights: np.ndarray | float = 1.0) -> np.ndarray:
    """(F, C) path near the points that stands still but for few moves.

    Total variation (Rudin, Osher and Fatemi 1992) by reweighted least squares; points far off
    count less. weights: (F,) of the frames, about 1.
    """
    if len(points_m) < 2:
        return points_m.copy()
    path = np.broadcast_to(np.median(points_m, axis=0), points_m.shape).copy()
    weight = weights * _trust(points_m - path)
    give = np.full(len(points_m) - 1, _STAY_MS * fps / _STILL_M)
    for _ in range(_STEPS):
        path = penalised(points_m, weight, give, order=1)
        step = np.linalg.norm(np.diff(path, axis=0), axis=1)
        give = _STAY_MS * fps / np.maximum(step, _STILL_M)
        weight = weights * _trust(points_m - path)
    return path


def _trust(off_m: np.ndarray) -> np.ndarray:
    return _DOUBT_M / np.maximum(np.linalg.norm(off_m, axis=1), _DOUBT_M)


def _stand(
    points_m: np.ndarray, error_m: np.ndarray, start: int, stop: int, fps: float
) -> _Stand | None:
    """The longest part of a contact in which the point is near its path."""
    usual_m = np.median(error_m[start:stop])
    weights = np.clip(usual_m / error_m[start:stop], *_WEIGHTS) ** 2
    path = still_path(points_m[start:stop], fps, weights)
    leave_m = max(_LEAVE_M, _LEAVE_RADII * usual_m)
    near = np.linalg.norm(points_m[start:stop] - path, axis=1) < leave_m
    first, last = max(spans(near), key=lambda span: span[1] - span[0], default=(0, 0))
    return _Stand(start + first, start + last, path[first:last]) if last > first else None


def _set_apart(stands: list[list[_Stand]], length_m: float) -> None:
    """Move heels and toes that stand together to a foot's length from each other.

    Each stand moves as a whole: a toe that stays when the heel lifts stays where it is.
    """
    pairs = [
        (heel, toe)
        for heel in stands[HEEL]
        for toe in stands[TOE]
        if heel.start < toe.stop and toe.start < heel.stop
    ]
    for _ in range(_ROUNDS):  # a toe may stand together with several heels one after another
        for heel, toe in pairs:
            first, last = max(heel.start, toe.start), min(heel.stop, toe.stop)
            along = np.median(
                toe.path_m[first - toe.start : last - toe.start]
                - heel.path_m[first - heel.start : last - heel.start],
                axis=0,
            )
            now_m = max(float(np.linalg.norm(along)), 1e-9)
            change = 0.5 * (length_m - now_m) * along / now_m
            heel.path_m, toe.path_m = heel.path_m - change, toe.path_m + change
