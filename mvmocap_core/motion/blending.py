"""How one motion passes into another: next to it on the floor, with feet where they stand."""

from dataclasses import replace

import numpy as np

from mvmocap_core.geometry.rotations import quat_wxyz_to_rotmat, rotmat_to_quat_wxyz
from mvmocap_core.motion.clip import FRAMED, MotionClip
from mvmocap_core.motion.leg import LegPose, reach
from mvmocap_core.motion.pose import JointMotion, forward, joint_motion, with_motion
from mvmocap_core.motion.soles import SIDES, ankle_rows

_END = 0.1
"""Share of the other clip up to which a clip's own contacts hold."""


def continuing(before: MotionClip, after: MotionClip, n_blend: int) -> MotionClip:
    """`after` on the floor where it goes on from `before`, in the middle of their overlap.

    The feet that stand in both stay where they are; where none does, the pelvis goes on.
    """
    last, first = len(before.times_s) - n_blend + n_blend // 2, n_blend // 2
    motion = joint_motion(after)
    turn_rad = _heading_rad(joint_motion(before).local[last, 0]) - _heading_rad(
        motion.local[first, 0]
    )
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    R = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    ends = (frames_of(before, slice(-n_blend, None)), frames_of(after, slice(n_blend)))
    stand = np.logical_and(*(end.contacts.any(axis=2) for end in ends))
    if stand.any():
        feet_m = [end.positions_m[:, ankle_rows(end)][stand] for end in ends]
        shift = (feet_m[0] - feet_m[1] @ R.T).mean(axis=0)
    else:
        shift = before.positions_m[last, 0] - R @ after.positions_m[first, 0]
    shift[2] = 0.0
    local = motion.local.copy()
    local[:, 0] = R @ local[:, 0]
    moved = with_motion(after, JointMotion(motion.root_m @ R.T + shift, local))
    return replace(moved, landmarks_m=after.landmarks_m @ R.T + shift)


def cross_fade(before: MotionClip, after: MotionClip) -> MotionClip:
    """From one clip to another of as many frames, without a bend at either end.

    Feet pass straight from where one clip has them to where the other has them, so that what stands
    in both does not slide: legs follow by inverse kinematics.
    """
    s = np.arange(1, len(before.times_s) + 1) / (len(before.times_s) + 1)
    share = s * s * (3.0 - 2.0 * s)

    def mixed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        part = share.reshape(-1, *([1] * (a.ndim - 1)))
        return (1.0 - part) * a + part * b

    a, b = before.rotations_quat_wxyz, after.rotations_quat_wxyz
    b = np.where((a * b).sum(axis=-1, keepdims=True) < 0.0, -b, b)
    quat = mixed(a, b)
    part = share[:, None, None]
    both = before.contacts & after.contacts
    faded = replace(
        before,
        positions_m=mixed(before.positions_m, after.positions_m),
        rotations_quat_wxyz=quat / np.linalg.norm(quat, axis=-1, keepdims=True),
        error_m=mixed(before.error_m, after.error_m),
        confidence=mixed(before.confidence, after.confidence),
        contacts=np.where(
            part < _END, before.contacts, np.where(part > 1.0 - _END, after.contacts, both)
        ),
        landmarks_m=mixed(before.landmarks_m, after.landmarks_m),
    )
    return _with_feet(with_motion(faded, joint_motion(faded)), before, after, share)


def frames_of(clip: MotionClip, chosen: slice | np.ndarray) -> MotionClip:
    """Some of the clip's frames."""
    changes = {name: getattr(clip, name)[chosen] for name in FRAMED}
    if clip.T_cam_world_frames is not None:
        changes["T_cam_world_frames"] = clip.T_cam_world_frames[:, chosen]
    return replace(clip, **changes)


def _with_feet(
    faded: MotionClip, before: MotionClip, after: MotionClip, share: np.ndarray
) -> MotionClip:
    """The faded clip with its feet between those of both clips, `share` (F,) of `after`."""
    names, parents, rest_m = faded.joint_names.tolist(), faded.joint_parents, faded.rest_offsets_m
    motion = joint_motion(faded)
    positions, world = forward(motion, parents, rest_m)
    ends = [forward(joint_motion(clip), parents, rest_m) for clip in (before, after)]
    local = motion.local.copy()
    for side in SIDES:
        hip, knee, ankle = (names.index(f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        first_m, second_m = (placed[:, ankle] for placed, _ in ends)
        target_m = first_m + share[:, None] * (second_m - first_m)
        leg = reach(
            LegPose(world[:, hip], world[:, knee]),
            positions[:, hip],
            target_m,
            rest_m[knee],
            rest_m[ankle],
        )
        foot = _between(ends[0][1][:, ankle], ends[1][1][:, ankle], share)
        local[:, hip] = world[:, parents[hip]].transpose(0, 2, 1) @ leg.thigh
        local[:, knee] = leg.thigh.transpose(0, 2, 1) @ leg.shank
        local[:, ankle] = leg.shank.transpose(0, 2, 1) @ foot
    return with_motion(faded, JointMotion(motion.root_m, local))


def _between(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Rotations (F, 3, 3) from one to another, `share` (F,) of the second."""
    first, second = rotmat_to_quat_wxyz(a), rotmat_to_quat_wxyz(b)
    second = np.where((first * second).sum(axis=1, keepdims=True) < 0.0, -second, second)
    quat = (1.0 - share)[:, None] * first + share[:, None] * second
    return quat_wxyz_to_rotmat(quat / np.linalg.norm(quat, axis=1, keepdims=True))


def _heading_rad(pelvis: np.ndarray) -> float:
    """Which way on the floor the performer's left is, for the pelvis's rotation (3, 3)."""
    return float(np.arctan2(pelvis[1, 0], pelvis[0, 0]))
