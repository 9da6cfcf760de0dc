"""Feet that stay where they stand.

After Kovar, Schreiner and Gleicher, "Footskate cleanup for motion capture editing" (2002): heels
and toes that stand are held at one place, what they are moved by fades in and out before and after,
the hips go along, and legs follow by inverse kinematics. Bones keep their lengths.
"""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.geometry.shapes import check_shape
from mvmocap_core.motion.hips import hip_shift
from mvmocap_core.motion.leg import LegPose, reach
from mvmocap_core.motion.pose import JointMotion, forward
from mvmocap_core.motion.smoothing import smooth
from mvmocap_core.motion.stands import HEEL, TOE, held_part, standing_places

_BLEND_HZ = 1.6
"""How fast a held foot's displacement fades where it is not held: in about a fifth of a second."""
_RAISE_HZ = 4.0
"""The same for a foot that is raised out of the floor: mostly a toe that points for a moment."""
_LIFTED_M = 0.01
"""Height above its rest beyond which a point in contact is truly lifted a little."""
_YIELD_M = 0.005
"""Depth below its rest that a foot may go as it rolls over heel and toe."""
_PLAY_M = 3e-4
_HOLD = 1e5
"""Weight of a held frame beside a free one."""
_FREE_WEIGHTS = (0.3, 0.3, 1.0)
_HELD_WEIGHT, _LOW_WEIGHT = 100.0, 30.0
"""Of a point that stands, and of one that is kept out of the floor."""
_KEEP_M2 = 1e-5
"""How much the foot keeps its own rotation about an axis that the points leave open."""
_ROUNDS = 3
_FRONT = np.array([0.0, -1.0, 0.0])


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """Which joints the legs are, and what stands on the floor.

    hips, knees, ankles: rows of the left and the right one.
    soles_m: (2, 2, 3) left/right foot, heel/toe, in the ankle's frame.
    rest_m:  (2, 2) height of each foot's heel and toe above the floor that it stands on.
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
    error_m: np.ndarray,
    *,
    fps: float,
) -> JointMotion:
    """Hold heels and toes in contact and keep feet out of the floor.

    contacts: (F, 2, 2) bool. error_m: (F, 2) how far off the left and the right foot may be.
    """
    check_shape("contacts", contacts, (len(motion.root_m), 2, 2))
    positions, rotations = forward(motion, parents, rest_offsets_m)
    feet = [
        _placed_foot(
            positions[:, legs.ankles[side]],
            rotations[:, legs.ankles[side]],
            legs.soles_m[side],
            legs.rest_m[side],
            contacts[:, side],
            error_m[:, side],
            fps,
        )
        for side in range(2)
    ]
    moved = hip_shift(
        positions[:, legs.hips],
        positions[:, legs.ankles],
        np.stack([foot.ankle_m for foot in feet], axis=1),
        np.linalg.norm(rest_offsets_m[[legs.knees, legs.ankles]], axis=2).sum(axis=0),
        rotations[:, 0, :, 2],
        fps,
    )
    root_m = motion.root_m + moved.shift_m
    local = _rolled(motion.local, parents, moved.lift_m / rest_offsets_m[legs.hips[0], 0])
    for side, foot in enumerate(feet):
        hip, knee, ankle = legs.hips[side], legs.knees[side], legs.ankles[side]
        hip_m = root_m + local[:, 0] @ rest_offsets_m[hip]
        before = LegPose(rotations[:, hip], rotations[:, knee])
        leg = reach(before, hip_m, foot.ankle_m, rest_offsets_m[knee], rest_offsets_m[ankle])
        local[:, hip] = _transposed(local[:, 0]) @ leg.thigh
        local[:, knee] = _transposed(leg.thigh) @ leg.shank
        local[:, ankle] = _transposed(leg.shank) @ foot.rotation
    return JointMotion(root_m, local)


def _rolled(local: np.ndarray, parents: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
    """The pelvis rolled so that its left goes up (F,); what it carries stays turned as it was."""
    roll = rotvec_to_rotmat(angle_rad[:, None] * _FRONT)
    rolled = local.copy()
    rolled[:, 0] = local[:, 0] @ roll
    for joint in np.flatnonzero(parents == 0):
        rolled[:, joint] = _transposed(roll) @ local[:, joint]
    return rolled


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
    error_m: np.ndarray,
    fps: float,
) -> _Foot:
    """Where one foot should be. contacts: (F, 2) heel, toe; error_m: (F,)."""
    held = held_part(contacts, fps)
    points = ankle_m[:, None] + np.einsum("fab,pb->fpa", rotation, soles_m)
    length_m = float(np.linalg.norm(soles_m[TOE] - soles_m[HEEL]))
    across_m = float(np.sqrt(max(length_m**2 - (rest_m[TOE] - rest_m[HEEL]) ** 2, 0.0)))
    places = standing_places(points[..., :2], held, error_m, across_m, fps)
    wanted = points.copy()
    for point in range(2):
        is_placed = np.isfinite(places[:, point, 0])
        wanted[:, point, :2] += _faded(
            places[:, point] - points[:, point, :2], is_placed, fps, _BLEND_HZ
        )
    lowest_m = rest_m - np.where(contacts, 0.0, _YIELD_M)
    wanted[..., 2], low = _heights(points[..., 2], held, rest_m, lowest_m, fps)
    wanted = np.concatenate([wanted, ankle_m[:, None]], axis=1)
    return _rigid(wanted, held, low, rotation, soles_m, fps)


def _faded(displacement: np.ndarray, held: np.ndarray, fps: float, blend_hz: float) -> np.ndarray:
    """(F, C) displacements: as given where held, elsewhere fading to none and back."""
    known = np.where(held[:, None], displacement, 0.0)
    # The second order bends gently into a hold without swinging far past it, as the third would.
    return smooth(known, np.where(held, _HOLD, 1.0), cutoff_hz=blend_hz, fps=fps, order=2)


def _heights(
    heights: np.ndarray, held: np.ndarray, rest_m: np.ndarray, lowest_m: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Heights of heel and toe (F, 2): at rest where they are held, nowhere under `lowest_m` (F, 2).

    Also says which points are held at that height, (F, 2) bool.
    """
    wanted, low = np.empty_like(heights), held.copy()
    for point in range(2):
        standing, low_m = held[:, point], lowest_m[:, point]
        excess_m = np.maximum(heights[:, point] - rest_m[point] - _LIFTED_M, 0.0)
        lift_m = (rest_m[point] + excess_m - heights[:, point])[:, None]
        put = heights[:, point] + _faded(lift_m, standing, fps, _BLEND_HZ)[:, 0]
        raised, sunk = put, np.zeros_like(standing)
        for _ in range(_ROUNDS):
            sunk |= ~standing & (raised < low_m + _PLAY_M)
            missing_m = np.where(standing, 0.0, low_m - put)[:, None]
            raised = put + _faded(missing_m, sunk | standing, fps, _RAISE_HZ)[:, 0]
        wanted[:, point], low[:, point] = np.maximum(raised, low_m), standing | sunk
    return wanted, low


def _rigid(
    wanted: np.ndarray,
    held: np.ndarray,
    low: np.ndarray,
    rotation: np.ndarray,
    soles_m: np.ndarray,
    fps: float,
) -> _Foot:
    """The foot that is nearest to `wanted` (F, 3, 3): heel, toe and ankle.

    held, low: (F, 2) heel and toe stand, or must not be deeper. Such points count for all, else the
    ankle for most: it is seen better than what it carries.
    """
    body = np.concatenate([soles_m, np.zeros((1, 3))])
    weight = np.tile(_FREE_WEIGHTS, (len(wanted), 1))
    for point in range(2):
        wins = np.log(np.where(held[:, point], _HELD_WEIGHT, _LOW_WEIGHT) / _FREE_WEIGHTS[point])
        weight[:, point] *= np.exp(_faded(wins[:, None], low[:, point], fps, _BLEND_HZ)[:, 0])
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
