"""A motion's rotations as matrices, and where they put the joints."""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.geometry.rotations import quat_wxyz_to_rotmat, rotmat_to_quat_wxyz
from mvmocap_core.motion.clip import MotionClip


@dataclass(frozen=True, slots=True, eq=False)
class JointMotion:
    """What moves in a clip.

    root_m: (F, 3) pelvis, world; local: (F, J, 3, 3) rotations, the pelvis's in the world.
    """

    root_m: np.ndarray
    local: np.ndarray


def joint_motion(clip: MotionClip) -> JointMotion:
    """The clip's root and rotations."""
    return JointMotion(clip.positions_m[:, 0], quat_wxyz_to_rotmat(clip.rotations_quat_wxyz))


def forward(
    motion: JointMotion, parents: np.ndarray, rest_offsets_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Positions (F, J, 3) and world rotations (F, J, 3, 3). Parents come before their children."""
    positions = np.empty(motion.local.shape[:3])
    world = np.empty_like(motion.local)
    positions[:, 0], world[:, 0] = motion.root_m, motion.local[:, 0]
    for joint in range(1, len(parents)):
        parent = parents[joint]
        positions[:, joint] = positions[:, parent] + world[:, parent] @ rest_offsets_m[joint]
        world[:, joint] = world[:, parent] @ motion.local[:, joint]
    return positions, world


def with_motion(clip: MotionClip, motion: JointMotion) -> MotionClip:
    """The clip with another motion of the same body."""
    positions, _ = forward(motion, clip.joint_parents, clip.rest_offsets_m)
    quat = continuous(rotmat_to_quat_wxyz(motion.local))
    return replace(clip, positions_m=positions, rotations_quat_wxyz=quat)


def continuous(quat_wxyz: np.ndarray) -> np.ndarray:
    """(F, ..., 4) the same rotations, each quaternion on the side of the one before it."""
    turned = (quat_wxyz[1:] * quat_wxyz[:-1]).sum(axis=-1) < 0.0
    sign = np.where(np.cumsum(turned, axis=0) % 2 == 1, -1.0, 1.0)
    result = quat_wxyz.copy()
    result[1:] *= sign[..., None]
    return result
