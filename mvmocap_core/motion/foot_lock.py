"""Feet that stay where they stand.

After Kovar, Schreiner and Gleicher, "Footskate cleanup for motion capture editing" (2002): heels
and toes that stand are held at one place, what they are moved by fades in and out before and after,
the hips go along, and legs follow by inverse
kinematics. Bones keep their lengths.
"""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.geometry.shapes import check_shape
from mvmocap_core.motion.hips import hip_shift
from mvmocap_core.motion.leg import LegPose, reach
from mvmocap_core.motion.pose import JointMotion, forward
from mvmocap_core.motion.smoothing import smooth
from mvmocap_core.motion.spans import spans

HEEL, TOE = 0, 1
_BLEND_HZ = 1.6
"""How fast a held foot's displacement fades where it is not held: in about a fifth of a second."""
_HOLD = 1e5
"""Weight of a held frame beside a free one."""
_SLIDE_M = 0.07
"""Way within one contact beyond which the foot slides, and may."""
_SLIDE_FRAMES = 6
_LEAVE_M = 0.05
"""Way from its place at which a point leaves it, whatever the contact says."""
_PLAY_M = 1e-3
_FREE_WEIGHTS = (0.3, 0.3, 1.0)
_HELD_WEIGHT = 3e3
_KEEP_M2 = 1e-5
"""How much the foot keeps its own rotation about an axis that the points leave open."""
_ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """Which joints the legs are, and what stands on the floor.

    hips, knees, ankles: rows of the left and the right one.
    soles_m: (2, 2, 3) left/right foot, heel/toe, in the ankle's frame.
    rest_m:  (2,) height of heels and of toes above the floor that they stand on.
    """

    hips: tuple[int, int]
    knees: tuple[int, int]
    ankles: tuple[int, int]
    soles_m: np.ndarray
    rest_m: np.ndarray


def lock_feet(
    motion: JointMotion,
    parents: np.ndarray,
    rest_offsets_m: np.ndarray,
    legs: Legs,
    contacts: np.ndarray,
    *,
    fps: float,
) -> JointMotion:
    """Hold heels and toes in contact and keep feet out of the floor. contacts: (F, 2, 2) bool."""
    check_shape("contacts", contacts, (len(motion.root_m), 2, 2))
    positions, rotations = forward(motion, parents, rest_offsets_m)
    feet = [
        _placed_foot(
            positions[:, legs.ankles[side]],
            rotations[:, legs.ankles[side]],
            legs.soles_m[side],
            legs.rest_m,
            contacts[:, side],
            fps,
        )
        for side in range(2)
    ]
    shift = hip_shift(
        positions[:, legs.hips],
        positions[:, legs.ankles],
        np.stack([foot.ankle_m for foot in feet], axis=1),
        np.linalg.norm(rest_offsets_m[[legs.knees, legs.ankles]], axis=2).sum(axis=0),
        fps,
    )
    local = motion.local.copy()
    for side, foot in enumerate(feet):
        hip, knee, ankle = legs.hips[side], legs.knees[side], legs.ankles[side]
        hip_m = positions[:, hip] + shift
        before = LegPose(rotations[:, hip], rotations[:, knee])
        leg = reach(before, hip_m, foot.ankle_m, rest_offsets_m[knee], rest_offsets_m[ankle])
        local[:, hip] = _transposed(rotations[:, parents[hip]]) @ leg.thigh
        local[:, knee] = _transposed(leg.thigh) @ leg.shank
        local[:, ankle] = _transposed(leg.shank) @ foot.rotation
    return JointMotion(motion.root_m + shift, local)


@dataclass(slots=True, eq=False)
class _Stand:
    """One point on the floor from frame `start` up to `stop`, at `place` (2,)."""

    start: int
    stop: int
    place: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class _Foot:
    """ankle_m: (F, 3); rotation: (F, 3, 3) of the ankle, world."""

    ankle_m: np.ndarray
    rotation: np.ndarray


def _placed_foot(
    ankle_m: np.ndarray,
    rotation: np.ndarray,
    soles_m: np.ndarray,
    rest_m: np.ndarray,
    contacts: np.ndarray,
    fps: float,
) -> _Foot:
    """Where one foot should be. contacts: (F, 2) heel, toe."""
    points = ankle_m[:, None] + np.einsum("fab,pb->fpa", rotation, soles_m)
    places, held = _places(points, contacts, soles_m, rest_m)
    wanted = points.copy()
    for point in range(2):
        wanted[:, point, :2] += _faded(
            places[:, point, :2] - points[:, point, :2], held[:, point], fps
        )
    wanted[..., 2], low = _heights(points[..., 2], places[..., 2], held | contacts, rest_m, fps)
    wanted = np.concatenate([wanted, ankle_m[:, None]], axis=1)
    return _rigid(wanted, low, rotation, soles_m, fps)


def _places(
    points: np.ndarray, contacts: np.ndarray, soles_m: np.ndarray, rest_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(F, 2, 3) where heel and toe stand, NaN where neither does, and which are held, (F, 2).

    A point stands at its median place, at its rest height. Heel and toe that stand at the same
    time are a foot's length apart.
    """
    places = np.full(points.shape, np.nan)
    held = np.zeros(contacts.shape, dtype=bool)
    standing: list[list[_Stand]] = [[], []]
    for point in range(2):
        for start, stop in spans(contacts[:, point]):
            places[start:stop, point, 2] = rest_m[point]
            stand = _stand(points[:, point, :2], start, stop)
            if stand is not None:
                standing[point].append(stand)
    length_m = float(np.linalg.norm(soles_m[TOE] - soles_m[HEEL]))
    across_m = float(np.sqrt(max(length_m**2 - (rest_m[TOE] - rest_m[HEEL]) ** 2, 0.0)))
    _set_apart(standing, points, across_m)
    for point, stands in enumerate(standing):
        for stand in stands:
            places[stand.start : stand.stop, point, :2] = stand.place
            held[stand.start : stand.stop, point] = True
    return places, held


def _stand(path_m: np.ndarray, start: int, stop: int) -> _Stand | None:
    """Where a point stands from `start` to `stop`: the part of it that is near its median place.

    None where it slides.
    """
    if _slides(path_m[start:stop]):
        return None
    place = np.median(path_m[start:stop], axis=0)
    distance = np.linalg.norm(path_m[start:stop] - place, axis=1)
    middle = int(np.argmin(distance))
    for first, last in spans(distance < _LEAVE_M):
        if first <= middle < last:
            return _Stand(start + first, start + last, place)
    return None


def _slides(path_m: np.ndarray) -> bool:
    if len(path_m) < _SLIDE_FRAMES:
        return False
    third = len(path_m) // 3
    way_m = np.median(path_m[-third:], axis=0) - np.median(path_m[:third], axis=0)
    return bool(np.linalg.norm(way_m) > _SLIDE_M)


def _set_apart(standing: list[list[_Stand]], points: np.ndarray, across_m: float) -> None:
    """Move places of heels and toes that stand together to a foot's length from each other."""
    pairs = [
        (heel, toe)
        for heel in standing[HEEL]
        for toe in standing[TOE]
        if heel.start < toe.stop and toe.start < heel.stop
    ]
    for heel, toe in pairs:  # the direction of the foot while it was flat
        together = slice(max(heel.start, toe.start), min(heel.stop, toe.stop))
        middle = 0.5 * (heel.place + toe.place)
        along = np.median(points[together, TOE, :2] - points[together, HEEL, :2], axis=0)
        half = 0.5 * across_m * along / max(float(np.linalg.norm(along)), 1e-9)
        heel.place, toe.place = middle - half, middle + half
    for _ in range(20):  # a toe may stand together with several heels one after another
        for heel, toe in pairs:
            along = toe.place - heel.place
            length_m = max(float(np.linalg.norm(along)), 1e-9)
            change = 0.5 * (across_m - length_m) * along / length_m
            heel.place, toe.place = heel.place - change, toe.place + change


def _faded(displacement: np.ndarray, held: np.ndarray, fps: float) -> np.ndarray:
    """(F, C) displacements: as given where held, elsewhere fading to none and back."""
    known = np.where(held[:, None], displacement, 0.0)
    # The second order bends gently into a hold without swinging far past it, as the third would.
    return smooth(known, np.where(held, _HOLD, 1.0), cutoff_hz=_BLEND_HZ, fps=fps, order=2)


def _heights(
    heights: np.ndarray, places: np.ndarray, standing: np.ndarray, rest_m: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Heights of heel and toe (F, 2): at rest where they stand, nowhere below that.

    Also says which points are held at that height, (F, 2) bool.
    """
    wanted, low = np.empty_like(heights), standing.copy()
    for point in range(2):
        held, low_m = standing[:, point].copy(), rest_m[point]
        lift = (np.where(held, places[:, point], low_m) - heights[:, point])[:, None]
        raised = heights[:, point]
        for _ in range(_ROUNDS):
            raised = heights[:, point] + _faded(lift, held, fps)[:, 0]
            held |= raised < low_m - _PLAY_M
        wanted[:, point], low[:, point] = np.maximum(raised, low_m), held
    return wanted, low


def _rigid(
    wanted: np.ndarray, held: np.ndarray, rotation: np.ndarray, soles_m: np.ndarray, fps: float
) -> _Foot:
    """The foot that is nearest to `wanted` (F, 3, 3): heel, toe and ankle. held: (F, 2).

    Held points count for all, else the ankle for most: it is seen better than what it carries.
    """
    body = np.concatenate([soles_m, np.zeros((1, 3))])
    free = np.broadcast_to(np.log(_FREE_WEIGHTS), wanted.shape[:2]).copy()
    free[:, :2] = np.where(held, np.log(_HELD_WEIGHT), free[:, :2])
    stiff = np.where(held.any(axis=1), _HOLD, 1.0)
    weight = np.exp(smooth(free, stiff, cutoff_hz=2.0 * _BLEND_HZ, fps=fps, order=2))
    weight /= weight.sum(axis=1, keepdims=True)
    middle = np.einsum("fp,fpa->fa", weight, wanted)
    body_middle = weight @ body
    spread = np.einsum(
        "fp,fpa,fpb->fab",
        weight,
        wanted - middle[:, None],
        body[None] - body_middle[:, None],
    )
    turned = _nearest_rotation(spread + _KEEP_M2 * rotation)
    return _Foot(middle - np.einsum("fab,fb->fa", turned, body_middle), turned)


def _nearest_rotation(matrices: np.ndarray) -> np.ndarray:
    """(F, 3, 3) rotations nearest to matrices (Kabsch 1976)."""
    U, _, Vt = np.linalg.svd(matrices)
    U[:, :, 2] *= np.linalg.det(U @ Vt)[:, None]
    return U @ Vt


def _transposed(rotations: np.ndarray) -> np.ndarray:
    return rotations.transpose(0, 2, 1)
