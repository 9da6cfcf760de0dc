"""How well a rig follows a motion, from where its bones are. Plain numpy, no Blender."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from blender_addon.armature import quaternions as quat
from blender_addon.armature.pose import bones_above
from blender_addon.armature.resample import sample_motion
from blender_addon.armature.rest_pose import rest_positions_m
from blender_addon.armature.retarget import RigMotion, world_turns
from blender_addon.armature.rig import Rig
from mvmocap_core.motion.clip import MotionClip

SIDES = ("left", "right")
_LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
_TRUNK = ("pelvis", "spine_3", "head")
_IN_REACH = 0.995


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What a rig's bones do over F frames, by joint, in the world.

    heads_m: (F, 3). turns: (F, 3, 3) from the rest pose. rest_m: (3,) heads in the rest pose.
    """

    heads_m: Mapping[str, np.ndarray]
    turns: Mapping[str, np.ndarray]
    rest_m: Mapping[str, np.ndarray]


class Source:
    """The motion that the rig was to follow."""

    def __init__(self, clip: MotionClip) -> None:
        motion = sample_motion(clip)
        names = [str(name) for name in clip.joint_names]
        rest = rest_positions_m(clip)
        turns = quat.to_rotmats(world_turns(clip, motion.rotations_quat_wxyz))
        self.heads_m = {name: clip.positions_m[:, j] for j, name in enumerate(names)}
        self.turns = {name: turns[:, j] for j, name in enumerate(names)}
        self.rest_m = {name: rest[j] for j, name in enumerate(names)}


def play_keys(
    rig: Rig, keys: RigMotion, bones: Collection[int]
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Axes (F, 4) and heads (F, 3) in the world that Blender makes of keys, by bone.

    bones: those of interest, of a rig without constraints whose bones all inherit rotation.
    """
    rests = quat.from_rotmats(rig.rotmats)
    n_frames = len(next(iter(keys.rotations_quat_wxyz.values())))
    axes: dict[int, np.ndarray] = {}
    heads: dict[int, np.ndarray] = {}
    for bone in bones_above(rig, bones):
        parent = int(rig.parents[bone])
        turn, head = np.tile([1.0, 0.0, 0.0, 0.0], (n_frames, 1)), rig.heads_m[bone]
        if parent >= 0:
            turn = quat.multiply(axes[parent], quat.conjugate(rests[parent]))
            arm = np.tile(head - rig.heads_m[parent], (n_frames, 1))
            head = heads[parent] + quat.rotate(turn, arm)
        carried = quat.multiply(turn, rests[bone])
        way = rig.scale * keys.locations.get(bone, np.zeros((n_frames, 3)))
        heads[bone] = head + quat.rotate(carried, way)
        local = keys.rotations_quat_wxyz.get(bone)
        axes[bone] = carried if local is None else quat.multiply(carried, local)
    return axes, heads


def played_by_keys(rig: Rig, keys: RigMotion, bone_map: Mapping[str, str]) -> Played:
    """The same, by joint. bone_map: bone names by joint names."""
    bones = {joint: rig.index[name] for joint, name in bone_map.items()}
    axes, heads = play_keys(rig, keys, bones.values())
    rests = quat.from_rotmats(rig.rotmats)
    turns = {j: quat.multiply(axes[b], quat.conjugate(rests[b])) for j, b in bones.items()}
    return Played(
        heads_m={joint: heads[bone] for joint, bone in bones.items()},
        turns={joint: quat.to_rotmats(turn) for joint, turn in turns.items()},
        rest_m={joint: rig.heads_m[bone] for joint, bone in bones.items()},
    )


def score_directions(source: Source, played: Played) -> dict[str, float]:
    """Worst angles over all frames, in degrees.

    limbs_deg: from joint to joint of arms and legs. trunk_deg: turns of pelvis, chest and head.
    soles_deg: tilt of the feet.
    """
    facing = _facing(played.rest_m)
    limbs = [
        _angle_deg(
            played.heads_m[f"{side}_{end}"] - played.heads_m[f"{side}_{start}"],
            source.heads_m[f"{side}_{end}"] - source.heads_m[f"{side}_{start}"],
        ).max()
        for side in SIDES for start, end in _LIMBS
    ]  # fmt: skip
    trunk = [
        _turn_deg(played.turns[joint], source.turns[joint] @ facing).max()
        for joint in _TRUNK if joint in played.turns
    ]  # fmt: skip
    soles = [
        _angle_deg(played.turns[joint][..., 2], source.turns[joint][..., 2]).max()
        for joint in ("left_ankle", "right_ankle")
    ]
    return {
        "limbs_deg": float(max(limbs)),
        "trunk_deg": float(max(trunk)),
        "soles_deg": float(max(soles)),
    }


def score_places(source: Source, played: Played, floor_m: float) -> dict[str, float]:
    """Worst distances over all frames in per cent of the rig's height, where a limb can reach.

    feet_pct:  of the point of the sole below the ankle, from the performer's times the scale.
    hands_pct: of the wrist.
    far_pct:   share of the hands' frames that are out of reach.
    height_m:  of the rig's head joint over the floor.
    """
    scale = _leg_m(played.rest_m) / _leg_m(source.rest_m)
    height_m = float(played.rest_m["head"][2]) - floor_m
    feet, hands, far = [0.0], [0.0], []
    for side in SIDES:
        ours = _sole(played.heads_m, played.turns, played.rest_m, f"{side}_ankle", floor_m)
        theirs = scale * _sole(source.heads_m, source.turns, source.rest_m, f"{side}_ankle", 0.0)
        reach = _is_in_reach(played, f"{side}_hip", f"{side}_knee", f"{side}_ankle",
                             theirs - ours)  # fmt: skip
        feet.append(np.linalg.norm(ours - theirs, axis=1)[reach].max(initial=0.0))
        off = scale * source.heads_m[f"{side}_wrist"] - played.heads_m[f"{side}_wrist"]
        reach = _is_in_reach(played, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist", off)
        hands.append(np.linalg.norm(off, axis=1)[reach].max(initial=0.0))
        far.append(1.0 - reach.mean())
    return {
        "feet_pct": 100.0 * float(max(feet)) / height_m,
        "hands_pct": 100.0 * float(max(hands)) / height_m,
        "far_pct": 100.0 * float(np.mean(far)),
        "height_m": height_m,
    }


def score_knees(played: Played) -> float:
    """Share in per cent of the knees that bend over 5 degrees the wrong way."""
    facing = _facing(played.rest_m)
    bad = []
    for side in SIDES:
        thigh = played.heads_m[f"{side}_knee"] - played.heads_m[f"{side}_hip"]
        shank = played.heads_m[f"{side}_ankle"] - played.heads_m[f"{side}_knee"]
        left = (played.turns[f"{side}_hip"] @ facing.T)[..., 0]
        sine = np.sum(np.cross(thigh, shank) * left, axis=-1)
        sine /= np.linalg.norm(thigh, axis=-1) * np.linalg.norm(shank, axis=-1)
        bad.append(np.mean(sine < -np.sin(np.radians(5.0))))
    return 100.0 * float(np.mean(bad))


def _sole(
    heads_m: Mapping[str, np.ndarray], turns: Mapping[str, np.ndarray],
    rest_m: Mapping[str, np.ndarray], ankle: str, floor_m: float,
) -> np.ndarray:  # fmt: skip
    """(F, 3) the point that is on the floor below the ankle in the rest pose."""
    down = np.array([0.0, 0.0, floor_m - rest_m[ankle][2]])
    return heads_m[ankle] + turns[ankle] @ down


def _is_in_reach(played: Played, root: str, middle: str, end: str, off_m: np.ndarray) -> np.ndarray:
    """(F,) bool: whether the limb is long enough for its end to be `off_m` (F, 3) further."""
    rest = played.rest_m
    length = np.linalg.norm(rest[middle] - rest[root]) + np.linalg.norm(rest[end] - rest[middle])
    wanted = played.heads_m[end] + off_m - played.heads_m[root]
    return np.linalg.norm(wanted, axis=1) < _IN_REACH * length


def _facing(rest_m: Mapping[str, np.ndarray]) -> np.ndarray:
    """(3, 3) the turn about z that brings the rig's left to +x."""
    left = rest_m["left_hip"] - rest_m["right_hip"]
    quarters = np.round(np.arctan2(left[1], left[0]) / (np.pi / 2))
    c, s = np.cos(quarters * np.pi / 2), np.sin(quarters * np.pi / 2)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def _leg_m(rest_m: Mapping[str, np.ndarray]) -> float:
    lengths = [
        np.linalg.norm(rest_m[f"{side}_{a}"] - rest_m[f"{side}_{b}"])
        for side in SIDES for a, b in (("hip", "knee"), ("knee", "ankle"))
    ]  # fmt: skip
    return 0.5 * float(np.sum(lengths))


def _angle_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    cosine = np.sum(a * b, axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


def _turn_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    trace = np.einsum("fij,fij->f", a, b)
    return np.degrees(np.arccos(np.clip(0.5 * (trace - 1.0), -1.0, 1.0)))
