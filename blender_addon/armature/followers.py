"""Bones that no joint is mapped to but that go along: targets and poles of a rig's own IK."""

from collections.abc import Mapping, Sequence

import numpy as np

from . import quaternions as quat
from .bone_presets import Follower
from .pose import Pose
from .rig import Rig

_LIMBS = {"elbow": ("shoulder", "wrist"), "knee": ("hip", "ankle")}
_STRAIGHT = 0.002
"""Of a limb's length: nearer to its line, the middle joint does not tell where the pole is."""


def place_followers(
    rig: Rig, bones: Mapping[str, int], pose: Pose, followers: Sequence[Follower]
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Axes (F, 4) and heads (F, 3) in the world of the followers that the rig has, by bone.

    A follower is carried by its joint's bone as if it hung on it. A pole stays in the plane in
    which the limb bends, as far from the limb as in the rest pose.

    bones: bone indices by joint names.
    """
    turned: dict[int, np.ndarray] = {}
    moved: dict[int, np.ndarray] = {}
    rests = quat.from_rotmats(rig.rotmats)
    mapped = set(bones.values())
    for follower in followers:
        bone, carrier = rig.index.get(follower.bone, -1), bones.get(follower.joint, -1)
        if min(bone, carrier) < 0 or bone in mapped:
            continue
        turn = quat.multiply(pose.quats_wxyz[carrier], quat.conjugate(rests[carrier]))
        arm = np.broadcast_to(rig.heads_m[bone] - rig.heads_m[carrier], pose.heads_m[carrier].shape)
        if follower.is_pole:
            moved[bone] = _pole_m(follower.joint, bones, pose, arm)
        else:
            turned[bone] = quat.multiply(turn, rests[bone])
            moved[bone] = pose.heads_m[carrier] + quat.rotate(turn, arm)
    return turned, moved


def _pole_m(joint: str, bones: Mapping[str, int], pose: Pose, arm: np.ndarray) -> np.ndarray:
    """(F, 3) on the side to which the limb bends. arm: (F, 3) from the middle joint at rest."""
    side, _, kind = joint.partition("_")
    root, end = (pose.heads_m[bones[f"{side}_{other}"]] for other in _LIMBS[kind])
    middle = pose.heads_m[bones[joint]]
    along = _unit(end - root)
    length_m = np.linalg.norm(end - middle, axis=1) + np.linalg.norm(middle - root, axis=1)
    bend = middle - root
    bend = bend - np.sum(bend * along, axis=1, keepdims=True) * along
    is_straight = np.linalg.norm(bend, axis=1) < _STRAIGHT * length_m
    away = _unit(_held(_unit(bend), is_straight))
    return middle + np.linalg.norm(arm, axis=1, keepdims=True) * away


def _held(directions: np.ndarray, is_unknown: np.ndarray) -> np.ndarray:
    """(F, 3) with those of unknown frames taken from the known ones around them."""
    known = np.flatnonzero(~is_unknown)
    if not len(known):
        return directions
    frames = np.arange(len(directions))
    columns = [np.interp(frames, known, directions[known, axis]) for axis in range(3)]
    return np.stack(columns, axis=1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
