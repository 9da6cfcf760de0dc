"""Read a Blender armature into plain data."""

import bpy
import numpy as np

from .linked import is_link
from .rig import Rig


def read_rig(armature_object: bpy.types.Object) -> Rig:
    """The armature in its rest pose, in the world; its scale must be even."""
    bones = armature_object.data.bones  # parents first
    order = {bone.name: number for number, bone in enumerate(bones)}
    matrix_world = np.array(armature_object.matrix_world)
    scale = float(np.cbrt(np.linalg.det(matrix_world[:3, :3])))
    A = matrix_world[:3, :3] / scale
    rests = np.array([bone.matrix_local for bone in bones]).reshape(-1, 4, 4)
    heads = np.array([bone.head_local for bone in bones]).reshape(-1, 3)
    tails = np.array([bone.tail_local for bone in bones]).reshape(-1, 3)
    is_own = np.array([bone.use_local_location for bone in bones], dtype=bool)
    return Rig(
        names=tuple(order),
        parents=np.array(
            [order[bone.parent.name] if bone.parent else -1 for bone in bones], dtype=int
        ),
        heads_m=heads @ matrix_world[:3, :3].T + matrix_world[:3, 3],
        tails_m=tails @ matrix_world[:3, :3].T + matrix_world[:3, 3],
        rotmats=A @ rests[:, :3, :3],
        location_rotmats=A @ np.where(is_own[:, None, None], rests[:, :3, :3], np.eye(3)),
        scale=scale,
        is_deforming=np.array([bone.use_deform for bone in bones], dtype=bool),
        is_free=np.array(
            [
                all(map(is_link, armature_object.pose.bones[bone.name].constraints))
                for bone in bones
            ],
            dtype=bool,
        ),
        inherits_rotation=np.array([bone.use_inherit_rotation for bone in bones], dtype=bool),
        copies=_copies(armature_object, order, rests),
    )


def _copies(
    armature_object: bpy.types.Object, order: dict[str, int], rests: np.ndarray
) -> np.ndarray:
    """(N,) the bone that a constraint makes each one a copy of, where both rest alike; else -1."""
    copies = np.full(len(order), -1)
    for pose_bone in armature_object.pose.bones:
        bone = order[pose_bone.name]
        for constraint in pose_bone.constraints:
            if constraint.type != "COPY_TRANSFORMS" or constraint.target != armature_object:
                continue
            copied = order.get(constraint.subtarget)
            if copied is None or constraint.mute or constraint.influence < 1.0:
                continue
            if copies[bone] < 0 and np.allclose(rests[copied], rests[bone], atol=1e-4):
                copies[bone] = copied
    return copies
