"""Which of two sides is the left one: by names, else by where the feet point."""

from collections.abc import Sequence

import numpy as np

from ..rig import Rig
from .chains import Fit
from .names import NameReading

_LOOKS_TO_FRONT = np.array([0.0, -1.0, 0.0])


def left_side(
    rig: Rig,
    readings: Sequence[NameReading],
    legs: tuple[Fit, Fit],
    arms: tuple[Fit, Fit],
    up: np.ndarray,
) -> tuple[tuple[int, int], float]:
    """Index (0 or 1) of the left one of both legs and of both arms, and how sure that is.

    up: (3,) unit, from the hips to the shoulders.
    """
    front, front_certainty = _front(rig, legs, up)
    to_left = np.cross(up, front)
    by_place = tuple(_leftmost(rig, fits, to_left) for fits in (legs, arms))
    by_name = tuple(_named_left(readings, fits) for fits in (legs, arms))
    if None in by_name:
        return (by_place[0], by_place[1]), front_certainty
    is_contradicted = by_name != by_place and front_certainty > 0.9
    return (int(by_name[0] or 0), int(by_name[1] or 0)), 0.5 if is_contradicted else 0.99


def _named_left(readings: Sequence[NameReading], fits: tuple[Fit, Fit]) -> int | None:
    """The side that most names call left; None when they do not say."""
    votes = [
        sum((readings[bone].side == "left") - (readings[bone].side == "right")
            for bone in fit.bones.values())
        for fit in fits
    ]  # fmt: skip
    return None if votes[0] == votes[1] else int(votes[1] > votes[0])


def _leftmost(rig: Rig, fits: tuple[Fit, Fit], to_left: np.ndarray) -> int:
    places = [float(rig.heads_m[list(fit.bones.values())].mean(axis=0) @ to_left) for fit in fits]
    return int(places[1] > places[0])


def _front(rig: Rig, legs: tuple[Fit, Fit], up: np.ndarray) -> tuple[np.ndarray, float]:
    """(3,) where the feet point, and how sure that is; Blender's front without feet."""
    way = np.zeros(3)
    for fit in legs:
        ankle = fit.bones["ankle"]
        tips = [rig.heads_m[bone] for bone in _below(rig, ankle)]
        if not tips and _tails_lie_on_children(rig):
            tips = [rig.tails_m[ankle]]
        if tips:
            way += np.mean(tips, axis=0) - rig.heads_m[ankle]
    way -= (way @ up) * up
    foot_m = float(np.linalg.norm(way))
    shank_m = sum(
        float(np.linalg.norm(rig.heads_m[fit.bones["ankle"]] - rig.heads_m[fit.bones["knee"]]))
        for fit in legs
    )
    if foot_m > 0.15 * shank_m:
        return way / foot_m, 0.97
    front = _LOOKS_TO_FRONT - (_LOOKS_TO_FRONT @ up) * up
    return front / max(float(np.linalg.norm(front)), 1e-9), 0.6


def _below(rig: Rig, bone: int) -> list[int]:
    found = list(rig.children[bone])
    for one in found:
        found.extend(rig.children[one])
    return found


def _tails_lie_on_children(rig: Rig) -> bool:
    """Whether tails show where bones go: they do not after an import from FBX."""
    parents = [bone for bone, children in enumerate(rig.children) if children]
    lengths = np.linalg.norm(rig.tails_m - rig.heads_m, axis=1)
    hits = sum(
        min(np.linalg.norm(rig.heads_m[child] - rig.tails_m[bone]) for child in rig.children[bone])
        < 0.1 * lengths[bone]
        for bone in parents
    )
    return hits > 0.5 * len(parents)
