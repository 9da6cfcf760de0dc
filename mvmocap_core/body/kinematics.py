"""Forward kinematics of the skeleton and its derivatives, for many frames at once."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.skeleton import JOINT, JOINT_PARENTS, N_JOINTS, PROPORTIONS, Body
from mvmocap_core.geometry.rotations import rotvec_to_rotmat, skew

# Joints that turn together share their unknowns: the spine bends evenly, the neck carries half
# of the head's turn. Each group adds three unknowns, all local right perturbations in radians.
GROUPS: tuple[tuple[str, ...], ...] = (
    ("pelvis",),
    ("spine_1", "spine_2", "spine_3"),
    ("neck", "head"),
    *((f"{side}_{joint}",) for side in ("left", "right")
      for joint in ("clavicle", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")),
)  # fmt: skip
N_UNKNOWNS = 3 + 3 * len(GROUPS)
"""Per frame: translation of the pelvis (metres), then the groups' rotations."""


def _descendants() -> np.ndarray:
    below = np.eye(N_JOINTS, dtype=bool)
    for joint in range(N_JOINTS - 1, 0, -1):
        below[JOINT_PARENTS[joint]] |= below[joint]
    return below


DESCENDANTS = _descendants()
"""(J, J) bool: [a, b] is b at or below a."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """translation_m: (F, 3) pelvis; local: (F, J, 3, 3), the pelvis's in the world."""

    translation_m: np.ndarray
    local: np.ndarray

    def __getitem__(self, frames: slice | np.ndarray) -> "Pose":
        return Pose(self.translation_m[frames], self.local[frames])

    def moved(self, step: np.ndarray) -> "Pose":
        """The pose after a step (F, N_UNKNOWNS)."""
        local = self.local.copy()
        for k, group in enumerate(GROUPS):
            turn = rotvec_to_rotmat(step[:, 3 + 3 * k : 6 + 3 * k] / len(group))
            for name in group:
                local[:, JOINT[name]] = local[:, JOINT[name]] @ turn
        return Pose(self.translation_m + step[:, :3], local)


def concatenate(poses: list[Pose]) -> Pose:
    """Poses one after the other."""
    return Pose(
        np.concatenate([p.translation_m for p in poses]), np.concatenate([p.local for p in poses])
    )


def forward(pose: Pose, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """Positions (F, J, 3) and world rotations (F, J, 3, 3) of all joints."""
    rest = body.rest_offsets_m
    rotation = np.empty_like(pose.local)
    position = np.empty((*pose.local.shape[:2], 3))
    rotation[:, 0] = pose.local[:, 0]
    position[:, 0] = pose.translation_m
    for joint in range(1, N_JOINTS):
        parent = JOINT_PARENTS[joint]
        rotation[:, joint] = rotation[:, parent] @ pose.local[:, joint]
        position[:, joint] = position[:, parent] + rotation[:, parent] @ rest[joint]
    return position, rotation


def landmark_positions(position: np.ndarray, rotation: np.ndarray, body: Body) -> np.ndarray:
    """(F, L, 3) where the detector's landmarks lie on the posed body."""
    frame = PROPORTIONS.landmark_joints
    offset = np.einsum("flab,lb->fla", rotation[:, frame], body.landmark_offsets_m)
    return position[:, frame] + offset


def point_jacobian(
    position: np.ndarray, rotation: np.ndarray, points: np.ndarray, frames: np.ndarray
) -> np.ndarray:
    """Derivatives (F, P, 3, N_UNKNOWNS) of points (F, P, 3) that follow joints `frames` (P,)."""
    jacobian = np.zeros((*points.shape, N_UNKNOWNS))
    jacobian[..., 0, 0] = jacobian[..., 1, 1] = jacobian[..., 2, 2] = 1.0
    for k, group in enumerate(GROUPS):
        columns = slice(3 + 3 * k, 6 + 3 * k)
        for name in group:
            joint = JOINT[name]
            below = np.flatnonzero(DESCENDANTS[joint][frames])
            arm = skew(points[:, below] - position[:, joint, None])
            jacobian[:, below, :, columns] -= (arm @ rotation[:, joint, None]) / len(group)
    return jacobian


def landmark_shape_jacobian(rotation: np.ndarray, body: Body) -> np.ndarray:
    """Derivatives (F, L, 3, K) of the landmarks by the shape parameters."""
    n_shape = len(body.shape)
    joints = np.zeros((len(rotation), N_JOINTS, 3, n_shape))
    for joint in range(1, N_JOINTS):
        parent = JOINT_PARENTS[joint]
        joints[:, joint] = joints[:, parent] + rotation[:, parent] @ PROPORTIONS.rest_basis[joint]
    frame = PROPORTIONS.landmark_joints
    return body.stature_m * (
        joints[:, frame] + rotation[:, frame] @ PROPORTIONS.landmarks_basis[None]
    )
