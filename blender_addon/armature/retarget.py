"""Copy a motion's rotations onto a character's own armature, corrected for its rest pose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from mvmocap_core.motion.clip import MotionClip

from .keyframes import Channel, write_keyframes
from .resample import SampledMotion, continuous_signs
from .rest_pose import rest_positions_m

_STRAIGHT_LIMBS = ("shoulder", "elbow", "hip", "knee")
"""Joints whose bone may lie differently in the character's rest pose, as in an A-pose."""


@dataclass(frozen=True, slots=True, eq=False)
class TargetBone:
    """A bone of the character in its rest pose.

    parent: index among the bones, -1 for a root; parents come before children.
    joint:  index in the clip of the joint that it follows, None if it keeps its rest pose.
    head:   (3,) in the armature; rotmat: (3, 3) its axes there.
    inherits_rotation: turns with its parent.
    is_keyed: gets keys; a bone that a constraint makes a copy of a mapped one follows by itself.
    """

    name: str
    parent: int
    joint: int | None
    head: np.ndarray
    rotmat: np.ndarray
    inherits_rotation: bool = True
    is_keyed: bool = True


def retarget_motion(
    armature_object: bpy.types.Object,
    clip: MotionClip,
    motion: SampledMotion,
    bone_map: Mapping[str, str],
    *,
    frame_start: int = 1,
    action_name: str | None = None,
) -> int:
    """Key the mapped bones on every frame; the first of the motion is `frame_start`.

    The rest pose may be a T- or an A-pose and must face -Y. The root's path is scaled by the
    height of the hips over the floor, so that the feet reach it. Constraints and drivers of the
    character stay, and may overrule the keys. Returns the number of frames.

    bone_map:    bone names by joint names.
    action_name: of the new action; None names it after the armature.
    """
    bones = _target_bones(armature_object, clip, bone_map)
    matrix_world = np.array(armature_object.matrix_world)
    root = int(np.argmin(clip.joint_parents))
    channels: list[Channel] = []
    locals_ = local_rotmats(bones, motion.rotations_quat_wxyz, clip, matrix_world)
    for index, rotmats in locals_.items():
        bone = bones[index]
        armature_object.pose.bones[bone.name].rotation_mode = "QUATERNION"
        path = f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"]'
        quats = continuous_signs(rotmats_to_quats_wxyz(rotmats))
        channels.append(Channel(f"{path}.rotation_quaternion", quats, bone.name))
        if bone.joint == root and not _has_mapped_ancestor(bone, bones):
            location = _root_location(bone, bones, motion, clip, matrix_world)
            channels.append(Channel(f"{path}.location", location, bone.name))
    frames = frame_start + np.arange(len(motion.times_s))
    name = action_name or f"{armature_object.name} mvmocap"
    write_keyframes(armature_object, name, channels, frames)
    return len(frames)


def _has_mapped_ancestor(bone: TargetBone, bones: Sequence[TargetBone]) -> bool:
    while bone.parent >= 0:
        bone = bones[bone.parent]
        if bone.joint is not None:
            return True
    return False


def local_rotmats(
    bones: Sequence[TargetBone],
    rotations_quat_wxyz: np.ndarray,
    clip: MotionClip,
    matrix_world: np.ndarray,
) -> dict[int, np.ndarray]:
    """For each bone that gets keys, by its index, its rotation (F, 3, 3) in its own rest frame.

    rotations_quat_wxyz: (F, J, 4) local, as in the clip.
    matrix_world: (4, 4) of the armature object; scaled evenly, if at all.
    """
    A = matrix_world[:3, :3] / np.cbrt(np.linalg.det(matrix_world[:3, :3]))
    turned = _world_rotmats(rotations_quat_wxyz, clip)
    corrections = _rest_corrections(bones, clip, A)
    poses: dict[int, np.ndarray] = {}
    locals_: dict[int, np.ndarray] = {}
    for index in _needed_bones(bones):
        bone = bones[index]
        rest = bone.rotmat if bone.parent < 0 else bones[bone.parent].rotmat.T @ bone.rotmat
        above = np.eye(3)
        if bone.parent >= 0:
            parent = bones[bone.parent]
            above = poses[bone.parent] if bone.inherits_rotation else parent.rotmat
        if bone.joint is None:
            pose = np.broadcast_to(above @ rest, (len(turned), 3, 3))
        else:
            pose = A.T @ turned[:, bone.joint] @ corrections[bone.joint] @ A @ bone.rotmat
        poses[index] = pose
        if bone.joint is not None and bone.is_keyed:
            locals_[index] = np.swapaxes(above @ rest, -1, -2) @ pose
    return locals_


def _needed_bones(bones: Sequence[TargetBone]) -> list[int]:
    """Those that get keys and all above them, parents first: a face has a hundred others."""
    needed: set[int] = set()
    for index, bone in enumerate(bones):
        while bone.is_keyed and bone.joint is not None and index >= 0 and index not in needed:
            needed.add(index)
            index = bones[index].parent
    return sorted(needed)


def _rest_corrections(
    bones: Sequence[TargetBone], clip: MotionClip, A: np.ndarray
) -> list[np.ndarray]:
    """For each joint the turn (3, 3) from the character's rest pose into the clip's, world axes."""
    heads = {bone.joint: A @ bone.head for bone in bones if bone.joint is not None}
    parents = [int(parent) for parent in clip.joint_parents]
    corrections: list[np.ndarray] = []
    for joint, parent in enumerate(parents):
        side, _, kind = str(clip.joint_names[joint]).partition("_")
        children = [c for c, p in enumerate(parents) if p == joint and c in heads]
        if side not in ("left", "right") or kind in ("clavicle", "ankle", "toe"):
            corrections.append(np.eye(3))  # its own shape, not a pose
        elif kind in _STRAIGHT_LIMBS and joint in heads and children:
            source = heads[children[0]] - heads[joint]
            corrections.append(_rotmat_between(source, clip.rest_offsets_m[children[0]]))
        else:
            corrections.append(corrections[parent])
    return corrections


def _root_location(
    bone: TargetBone,
    bones: Sequence[TargetBone],
    motion: SampledMotion,
    clip: MotionClip,
    matrix_world: np.ndarray,
) -> np.ndarray:
    """(F, 3) location of the root's bone in its rest frame.

    What is carried over is the middle of the hips: a character's root bone may lie anywhere.
    """
    root = int(bone.joint or 0)
    pelvis_turns = quats_wxyz_to_rotmats(motion.rotations_quat_wxyz[:, root])
    hips = _hip_joints(bones, clip)
    heads = [other.head for other in bones if other.joint in hips and other.is_keyed]
    offset = np.mean([clip.rest_offsets_m[hip] for hip in hips], axis=0) if hips else np.zeros(3)
    middle = _in_world(np.mean(heads, axis=0) if heads else bone.head, matrix_world)
    clip_height = float(rest_positions_m(clip)[root, 2] + offset[2])
    scale = middle[2] / clip_height if middle[2] > 0 and clip_height > 0 else 1.0
    target = scale * (motion.root_m + pelvis_turns @ offset)
    target += pelvis_turns @ (_in_world(bone.head, matrix_world) - middle)
    inverse = np.linalg.inv(matrix_world)
    return (target @ inverse[:3, :3].T + inverse[:3, 3] - bone.head) @ bone.rotmat


def _hip_joints(bones: Sequence[TargetBone], clip: MotionClip) -> list[int]:
    """Both hips where the root joint carries them and both have a bone, else none."""
    names = [str(name) for name in clip.joint_names]
    hips = [names.index(name) for name in ("left_hip", "right_hip") if name in names]
    mapped = {bone.joint for bone in bones}
    is_usable = len(hips) == 2 and all(
        hip in mapped and clip.joint_parents[int(clip.joint_parents[hip])] < 0 for hip in hips
    )
    return hips if is_usable else []


def _in_world(point: np.ndarray, matrix_world: np.ndarray) -> np.ndarray:
    return matrix_world[:3, :3] @ point + matrix_world[:3, 3]


def _target_bones(
    armature_object: bpy.types.Object, clip: MotionClip, bone_map: Mapping[str, str]
) -> list[TargetBone]:
    names = [str(name) for name in clip.joint_names]
    joints = {bone: names.index(joint) for joint, bone in bone_map.items()}
    copies = _copied_bones(armature_object)
    order = {bone.name: i for i, bone in enumerate(armature_object.data.bones)}  # parents first
    return [
        TargetBone(
            name=bone.name,
            parent=order[bone.parent.name] if bone.parent else -1,
            joint=joints.get(bone.name, joints.get(copies.get(bone.name, ""))),
            head=np.array(bone.head_local),
            rotmat=np.array(bone.matrix_local.to_3x3()),
            inherits_rotation=bone.use_inherit_rotation,
            is_keyed=bone.name in joints,
        )
        for bone in armature_object.data.bones
    ]


def _copied_bones(armature_object: bpy.types.Object) -> dict[str, str]:
    """Bones that a constraint holds on another bone of the same rest pose, by their names."""
    bones = armature_object.data.bones
    copies: dict[str, str] = {}
    for pose_bone in armature_object.pose.bones:
        for constraint in pose_bone.constraints:
            if constraint.type != "COPY_TRANSFORMS" or constraint.target != armature_object:
                continue
            copied = bones.get(constraint.subtarget)
            if copied is None or constraint.mute or constraint.influence < 1.0:
                continue
            if np.allclose(copied.matrix_local, pose_bone.bone.matrix_local, atol=1e-4):
                copies.setdefault(pose_bone.name, copied.name)
    return copies


def _world_rotmats(quats_wxyz: np.ndarray, clip: MotionClip) -> np.ndarray:
    """(F, J, 3, 3) of the local rotations (F, J, 4)."""
    rotmats = quats_wxyz_to_rotmats(quats_wxyz)
    for joint, parent in enumerate(clip.joint_parents):
        if parent >= 0:
            rotmats[:, joint] = rotmats[:, parent] @ rotmats[:, joint]
    return rotmats


def quats_wxyz_to_rotmats(quats_wxyz: np.ndarray) -> np.ndarray:
    """(..., 4) unit quaternions -> (..., 3, 3). The core's needs SciPy, which Blender lacks."""
    w, x, y, z = np.moveaxis(quats_wxyz, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def rotmats_to_quats_wxyz(rotmats: np.ndarray) -> np.ndarray:
    """(F, 3, 3) -> (F, 4) unit quaternions: the largest eigenvector of Bar-Itzhack's matrix."""
    m = rotmats
    K = np.empty((len(m), 4, 4))
    skew = np.stack([m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]], 1)
    trace = np.trace(m, axis1=1, axis2=2)
    K[:, 0, 0] = trace
    K[:, 0, 1:] = K[:, 1:, 0] = skew
    K[:, 1:, 1:] = m + np.swapaxes(m, 1, 2) - trace[:, None, None] * np.eye(3)
    return np.linalg.eigh(K)[1][:, :, -1]


def _rotmat_between(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The smallest rotation that turns direction `source` (3,) into `target` (3,)."""
    a, b = source / np.linalg.norm(source), target / np.linalg.norm(target)
    quat = np.concatenate([[1.0 + a @ b], np.cross(a, b)])
    norm = np.linalg.norm(quat)
    if norm < 1e-9:
        return np.eye(3)  # opposite: a map of left to right, nothing sensible to turn
    return quats_wxyz_to_rotmats(quat / norm)
