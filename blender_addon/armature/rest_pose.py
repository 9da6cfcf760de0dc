"""Where the bones of a clip's skeleton lie in its rest pose. Plain numpy, no Blender."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.finger_names import FINGER_NAMES

_SIDES = {"left_": ".L", "right_": ".R"}
_SHORTEST_BONE_M = 1e-4  # Blender deletes bones that are shorter


@dataclass(frozen=True, slots=True)
class _Leaf:
    """Tail of a bone without a child joint.

    length: times the length of the parent bone; direction: None goes on as the parent bone.
    """

    length: float
    direction: tuple[float, float, float] | None = None


_LEAVES = {
    "head": _Leaf(1.7, (0.0, 0.0, 1.0)),
    "wrist": _Leaf(0.74),
    "toe": _Leaf(0.4, (0.0, -1.0, 0.0)),
}
_FINGER_LEAF, _OTHER_LEAF = _Leaf(0.8), _Leaf(0.6)
_PALM_WAY, _THUMB_WAY = np.array([0.0, 0.0, -1.0]), np.array([0.0, 0.85, -0.53])
"""Where fingertips go when fingers and thumbs of the rest pose bend."""


@dataclass(frozen=True, slots=True, eq=False)
class RestBone:
    """One bone of the rest pose: a T-pose facing -Y, metres, Z up, lowest joint at 0.

    parent:  index of the parent bone, -1 for the root. Parents come before children.
    head, tail: (3,) metres.
    rotmat:  (3, 3) columns are the bone's x, y (head to tail) and z axes in the armature.
    is_connected: the head lies on the parent's tail.
    """

    name: str
    parent: int
    head: np.ndarray
    tail: np.ndarray
    rotmat: np.ndarray
    is_connected: bool


def bone_name(joint_name: str) -> str:
    """Blender's name for a joint: `left_wrist` becomes `wrist.L`, so that mirroring works."""
    for prefix, suffix in _SIDES.items():
        if joint_name.startswith(prefix):
            return joint_name.removeprefix(prefix) + suffix
    return joint_name


def rest_bones(clip: MotionClip) -> list[RestBone]:
    """One bone for each joint of the clip, in the clip's order."""
    parents = [int(parent) for parent in clip.joint_parents]
    names = [str(name) for name in clip.joint_names]
    heads = rest_positions_m(clip)
    main_children = _main_children(names, parents, heads)
    bones: list[RestBone] = []
    for joint, parent in enumerate(parents):
        tail = _tail(joint, names[joint], parent, main_children[joint], heads)
        is_connected = parent >= 0 and main_children[parent] == joint
        is_connected = is_connected and bool(np.allclose(bones[parent].tail, heads[joint]))
        rotmat = bone_axes(tail - heads[joint], _bends_towards(names[joint]))
        bone = RestBone(bone_name(names[joint]), parent, heads[joint], tail, rotmat, is_connected)
        bones.append(bone)
    return bones


def rest_positions_m(clip: MotionClip) -> np.ndarray:
    """(J, 3) joints of the T-pose, pelvis over the origin, lowest joint at z = 0."""
    positions = np.zeros((len(clip.joint_parents), 3))
    for joint, parent in enumerate(clip.joint_parents):
        if parent >= 0:
            positions[joint] = positions[parent] + clip.rest_offsets_m[joint]
    positions[:, 2] -= positions[:, 2].min()
    return positions


def bone_axes(direction: np.ndarray, bends_towards: np.ndarray | None = None) -> np.ndarray:
    """(3, 3) rest axes of a bone along `direction` (3,), the same on both sides of the body.

    Knees, elbows, fingers and the spine bend about their x axis: bones in the body's plane of
    symmetry keep x to the left, bones that point sideways keep z to the front.

    bends_towards: (3,) where a turn about x takes its tail, instead.
    """
    y = direction / np.linalg.norm(direction)
    if bends_towards is not None:
        x = np.cross(y, bends_towards)
        x /= np.linalg.norm(x)
    elif abs(y[0]) > max(abs(y[1]), abs(y[2])):
        x = np.cross(y, np.array([0.0, -1.0, 0.0]))
    else:
        x = np.array([1.0, 0.0, 0.0])
    z = np.cross(x, y)
    z /= np.linalg.norm(z)
    return np.stack([np.cross(y, z), y, z], axis=1)


def _bends_towards(name: str) -> np.ndarray | None:
    """(3,) for the joint of a finger, None for others."""
    if name not in FINGER_NAMES:
        return None
    return _THUMB_WAY if "thumb" in name else _PALM_WAY


def _main_children(
    names: Sequence[str], parents: Sequence[int], heads: np.ndarray
) -> list[int | None]:
    """For each joint the child that its bone points at; None at a leaf."""
    children: list[list[int]] = [[] for _ in parents]
    for joint, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(joint)
    return [_main_child(joint, children, names, parents, heads) for joint in range(len(parents))]


def _main_child(
    joint: int,
    children: list[list[int]],
    names: Sequence[str],
    parents: Sequence[int],
    heads: np.ndarray,
) -> int | None:
    """The child in the middle of the body, then the one that goes straight on."""
    candidates = [c for c in children[joint] if _length(heads[c] - heads[joint])]
    if not candidates:
        return None
    central = [c for c in candidates if bone_name(names[c]) == names[c]]
    candidates = central or candidates
    if parents[joint] < 0:
        return candidates[0]
    onward = heads[joint] - heads[parents[joint]]
    return max(candidates, key=lambda c: _cosine(heads[c] - heads[joint], onward))


def _tail(joint: int, name: str, parent: int, child: int | None, heads: np.ndarray) -> np.ndarray:
    if child is not None:
        return heads[child]
    onward = heads[joint] - heads[parent] if parent >= 0 else np.zeros(3)
    length = _length(onward) or 0.1
    kind = name.removeprefix("left_").removeprefix("right_")
    leaf = _LEAVES.get(kind, _FINGER_LEAF if name in FINGER_NAMES else _OTHER_LEAF)
    direction = onward if leaf.direction is None else np.array(leaf.direction)
    if not _length(direction):
        direction = np.array([0.0, 0.0, 1.0])
    return heads[joint] + leaf.length * length * direction / np.linalg.norm(direction)


def _length(v: np.ndarray) -> float:
    """Length of v (3,); 0 for one too short for a bone."""
    length = float(np.linalg.norm(v))
    return length if length >= _SHORTEST_BONE_M else 0.0


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))
