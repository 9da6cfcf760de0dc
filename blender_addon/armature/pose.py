"""Where a rig's bones are in the world once some of them are turned and moved."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from . import quaternions as quat
from .rig import Rig


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """F frames of some bones, by their index, in the world.

    quats_wxyz: (F, 4) axes; heads_m: (F, 3).
    carried_wxyz, carried_m: the same without the bone's own turn and way, as its parent has it.
    """

    quats_wxyz: dict[int, np.ndarray]
    heads_m: dict[int, np.ndarray]
    carried_wxyz: dict[int, np.ndarray]
    carried_m: dict[int, np.ndarray]


def bones_above(rig: Rig, bones: Collection[int]) -> list[int]:
    """The bones and all above them, parents first: a face has a hundred others."""
    return sorted({above for bone in bones for above in rig.path_up(bone)})


def pose_rig(
    rig: Rig,
    bones: Collection[int],
    turned: Mapping[int, np.ndarray],
    moved: Mapping[int, np.ndarray],
    n_frames: int,
    carrier: int | None = None,
) -> Pose:
    """Pose `bones`, which hold all that are above them, parents first.

    turned: (F, 4) axes in the world; moved: (F, 3) heads in the world, by bone.
    carrier: a root that carries the other roots along, as constraints do it in control rigs.
    """
    rests = quat.from_rotmats(rig.rotmats)
    pose = Pose({}, {}, {}, {})
    shift = 0.0 if carrier is None else moved[carrier] - rig.heads_m[carrier]
    for bone in bones:
        parent = int(rig.parents[bone])
        axes, head = np.tile(rests[bone], (n_frames, 1)), np.tile(rig.heads_m[bone], (n_frames, 1))
        if parent >= 0:
            turn = quat.multiply(pose.quats_wxyz[parent], quat.conjugate(rests[parent]))
            if rig.inherits_rotation[bone]:
                axes = quat.multiply(turn, rests[bone])
            arm = rig.heads_m[bone] - rig.heads_m[parent]
            head = pose.heads_m[parent] + quat.rotate(turn, np.broadcast_to(arm, head.shape))
        elif bone != carrier:
            head = head + shift
        pose.carried_wxyz[bone], pose.carried_m[bone] = axes, head
        pose.quats_wxyz[bone] = turned.get(bone, axes)
        pose.heads_m[bone] = moved.get(bone, head)
    return pose


def local_rotation(pose: Pose, bone: int) -> np.ndarray:
    """(F, 4) what turns the bone from how its parent carries it, in its own rest frame."""
    return quat.multiply(quat.conjugate(pose.carried_wxyz[bone]), pose.quats_wxyz[bone])


def local_location(rig: Rig, pose: Pose, bone: int) -> np.ndarray:
    """(F, 3) what moves the bone from where its parent carries it, in units of the armature."""
    way = pose.heads_m[bone] - pose.carried_m[bone]
    rest = quat.from_rotmats(rig.rotmats[bone])
    carried = quat.multiply(pose.carried_wxyz[bone], quat.conjugate(rest))
    return quat.rotate(quat.conjugate(carried), way) @ rig.location_rotmats[bone] / rig.scale
