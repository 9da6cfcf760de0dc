"""Spread the twist of arms and legs along their bones, as skin needs it. Plain numpy.

The performer's forearm turns about itself as a whole. A character's forearm is best left unturned
at the elbow and turned with the hand at the wrist: by twist bones where there are some, else by
half. An upper arm and a thigh follow the elbow and the knee, and their twist bones hold back at the
other end.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from . import quaternions as quat
from .rig import Rig

_SIDES = ("left", "right")
_UPPER = (("clavicle", "shoulder", "elbow"), ("pelvis", "hip", "knee"))
_LOWER = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
_SHARE_OF_FOREARM = 0.5
"""What a forearm without twist bones takes of the hand's twist."""
_NEAR = 0.12
"""A twist bone's head is that near to the line of its limb, over the limb's length."""
_UNSURE_COSINE = 0.25
"""Of half the bend: nearer to a bend of 180 degrees, a twist is no longer known."""


@dataclass(frozen=True, slots=True)
class _Twisted:
    """Bones along a limb's bone. shares: by bone, 0 as its beginning turns, 1 as its end."""

    shares: dict[int, float]
    has_inner: bool


def spread_twist(
    rig: Rig, bones: Mapping[str, int], turned: Mapping[int, np.ndarray]
) -> dict[int, np.ndarray]:
    """(F, 4) axes in the world of the bones whose twist changes. What they carry stays where it is.

    bones:  bone indices by joint names; turned: (F, 4) axes in the world of bones that turn.
    """
    rests = quat.from_rotmats(rig.rotmats)
    turns = {bone: quat.multiply(axes, quat.conjugate(rests[bone]))
             for bone, axes in turned.items()}  # fmt: skip
    spread: dict[int, np.ndarray] = {}
    for side in _SIDES:
        for kinds, is_lower in [(k, False) for k in _UPPER] + [(k, True) for k in _LOWER]:
            before, start, end = (bones.get(_joint(side, kind), -1) for kind in kinds)
            if min(start, end) < 0:
                continue
            along = _unit(rig.heads_m[end] - rig.heads_m[start])
            above = turns.get(before, _nearest_above(rig, start, turns))
            limb = _twist_bones(rig, start, end, set(bones.values()))
            own = _twist_rad(above, turns[start], along)
            if is_lower:
                onward = _twist_rad(turns[start], turns[end], along)
                moved = _lower(limb, start, own, onward, is_arm=kinds[-1] == "wrist")
            else:
                moved = _upper(limb, start, own)
            for bone, angle in moved.items():
                turn = quat.multiply(turns[start], _about(along, angle))
                spread[bone] = quat.multiply(turn, rests[bone])
    return spread


def _upper(limb: _Twisted, start: int, own: np.ndarray) -> dict[int, np.ndarray]:
    """(F,) angles by which bones turn back: the nearer to the trunk, the more."""
    angles = {bone: (share - 1.0) * own for bone, share in limb.shares.items()}
    return {**angles, start: -own} if limb.has_inner else angles


def _lower(
    limb: _Twisted, start: int, own: np.ndarray, onward: np.ndarray, *, is_arm: bool
) -> dict[int, np.ndarray]:
    """(F,) angles by which bones turn on: the nearer to the hand or foot, the more."""
    if not is_arm:
        return {bone: share * onward for bone, share in limb.shares.items()}
    whole = own + onward
    first = 0.0 if limb.shares else _SHARE_OF_FOREARM
    angles = {bone: share * whole - own for bone, share in limb.shares.items()}
    return {**angles, start: first * whole - own}


def _twist_bones(rig: Rig, start: int, end: int, mapped: set[int]) -> _Twisted:
    """Deforming bones that lie along the limb's bone: beside it, or between it and the next."""
    path = rig.path_up(end)
    inner = path[1 : path.index(start)][::-1] if start in path else []
    way = rig.heads_m[end] - rig.heads_m[start]
    shares = {bone: number / len(inner) for number, bone in enumerate(inner, start=1)}
    for bone in _below(rig, start, stop=mapped | set(inner)):
        share = float((rig.heads_m[bone] - rig.heads_m[start]) @ way / (way @ way))
        shares[bone] = min(max(share, 0.0), 1.0)
    found = {bone: share for bone, share in shares.items() if _is_twist_bone(rig, bone, start, way)}
    return _Twisted(found, bool(inner) and all(bone in found for bone in inner))


def _nearest_above(rig: Rig, bone: int, turns: Mapping[int, np.ndarray]) -> np.ndarray:
    """(F, 4) or (4,) the turn of the first bone above that turns."""
    turning = (turns[above] for above in rig.path_up(bone)[1:] if above in turns)
    return next(turning, np.array([1.0, 0.0, 0.0, 0.0]))


def _below(rig: Rig, start: int, *, stop: set[int]) -> list[int]:
    """Children, and theirs, but for those in `stop`."""
    found: list[int] = []
    waiting = [child for child in rig.children[start] if child not in stop]
    while waiting:
        bone = waiting.pop()
        found.append(bone)
        waiting += [child for child in rig.children[bone] if child not in stop]
    return found


def _is_twist_bone(rig: Rig, bone: int, start: int, way: np.ndarray) -> bool:
    """On the limb's line and named so: armour, muscles and weapons lie along limbs too."""
    name = rig.names[bone].casefold()
    if not (rig.is_deforming[bone] and rig.is_free[bone] and ("twist" in name or "roll" in name)):
        return False
    offset = rig.heads_m[bone] - rig.heads_m[start]
    share = float(offset @ way / (way @ way))
    off_m = float(np.linalg.norm(offset - share * way))
    return off_m < _NEAR * float(np.linalg.norm(way)) and -0.1 < share < 1.1


def _twist_rad(above: np.ndarray, turn: np.ndarray, along: np.ndarray) -> np.ndarray:
    """(F,) how far `turn` is turned about `along` (3,) against `above`; less where unsure."""
    relative = quat.multiply(quat.conjugate(above), turn)
    relative = relative * np.where(relative[:, :1] < 0, -1.0, 1.0)
    about = relative[:, 1:] @ along
    angle = 2.0 * np.arctan2(about, relative[:, 0])
    angle = (angle + np.pi) % (2.0 * np.pi) - np.pi
    return angle * np.clip(np.hypot(about, relative[:, 0]) / _UNSURE_COSINE, 0.0, 1.0)


def _about(along: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
    """(F, 4) turns by (F,) angles about an axis (3,)."""
    half = 0.5 * angle_rad[:, None]
    return np.concatenate([np.cos(half), np.sin(half) * along], axis=1)


def _joint(side: str, kind: str) -> str:
    return kind if kind == "pelvis" else f"{side}_{kind}"


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
