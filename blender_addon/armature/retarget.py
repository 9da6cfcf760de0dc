"""Copy a motion onto a character's own bones, corrected for its rest pose. Plain numpy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import MotionClip

from . import quaternions as quat
from .bake_options import RetargetOptions, RootMotion
from .bone_presets import Follower
from .followers import place_followers
from .hands import hand_carriers
from .limb_ik import bend_limb
from .pose import Pose, bones_above, local_location, local_rotation, pose_rig
from .resample import SampledMotion, continuous_signs, way_over_floor_m
from .rest_fit import RestFit, fit_rest_pose
from .rig import Rig
from .twist import spread_twist

_LEG, _ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")
_SIDES = ("left", "right")
_TRUNK = ("pelvis", "spine_1", "spine_2", "spine_3", "neck", "head")


@dataclass(frozen=True, slots=True, eq=False)
class RigMotion:
    """Keys of F frames by bone index, in the bone's own rest frame.

    rotations_quat_wxyz: (F, 4) without sign flips.
    locations: (F, 3) in units of the armature.
    """

    rotations_quat_wxyz: dict[int, np.ndarray]
    locations: dict[int, np.ndarray]


def retarget(
    rig: Rig,
    clip: MotionClip,
    motion: SampledMotion,
    bone_map: Mapping[str, str],
    options: RetargetOptions | None = None,
    followers: Sequence[Follower] = (),
) -> RigMotion:
    """The mapped bones' keys for a motion.

    The rest pose may be a T-, an A- or another standing pose and may face anywhere. The path is
    scaled by the length of the legs. Bones of the trunk between mapped ones share their turn.

    bone_map: bone names by joint names. followers: what else is keyed, where the rig has it.

    Raises:
        InputError: when the way is to lie on a root bone that cannot carry it.
    """
    options = options or RetargetOptions()
    return _Retarget(rig, clip, motion, bone_map, options).run(followers)


class _Retarget:
    def __init__(
        self,
        rig: Rig,
        clip: MotionClip,
        motion: SampledMotion,
        bone_map: Mapping[str, str],
        options: RetargetOptions,
    ) -> None:
        self.rig, self.clip, self.options = rig, clip, options
        self.names = [str(name) for name in clip.joint_names]
        self.bones = {joint: rig.index[bone] for joint, bone in bone_map.items()}
        self.mapped = set(self.bones.values())
        joint_bones = {self.names.index(joint): bone for joint, bone in self.bones.items()}
        self.fit: RestFit = fit_rest_pose(rig, clip, joint_bones)
        self.turns = world_turns(clip, motion.rotations_quat_wxyz)
        self.places_m = world_places_m(clip, self.turns, motion.root_m)
        self.way_m = self._way_m()
        self.carried_by = way_carrier(rig, self.bones, options)

    def run(self, followers: Sequence[Follower]) -> RigMotion:
        turned = self._world_rotations()
        carriers = hand_carriers(self.rig, self.bones, turned)
        turned |= carriers
        anchor = hips_anchor(self.rig, self.clip, self.bones)
        pelvis = None if anchor is None else self.bones[anchor.root]
        moved = {} if anchor is None else {pelvis: self._pelvis_m(anchor, turned[pelvis])}
        if self.carried_by is not None:
            moved[self.carried_by] = self.rig.heads_m[self.carried_by] + self.way_m
        needed = bones_above(self.rig, [*turned, *moved])
        pose = self._pose(needed, turned, moved)
        if self.options.use_ground and pelvis is not None:
            moved[pelvis] = moved[pelvis] + self._lift_m(pose)
            pose = self._pose(needed, turned, moved)
        turned |= self._bent_limbs(pose, turned)
        turned |= spread_twist(self.rig, self.bones, turned)
        pose = self._pose(bones_above(self.rig, [*turned, *moved]), turned, moved)
        along = place_followers(self.rig, self.bones, pose, followers)
        if along[1]:
            turned, moved = turned | along[0], moved | along[1]
            pose = self._pose(bones_above(self.rig, [*turned, *moved]), turned, moved)
        held = self.rig.copies
        keyed = [bone for bone in turned if bone in self.mapped or held[bone] < 0]
        keyed = [bone for bone in keyed if bone not in carriers]
        return RigMotion(
            {bone: continuous_signs(local_rotation(pose, bone)) for bone in keyed},
            {bone: local_location(self.rig, pose, bone) for bone in moved},
        )

    def _pose(
        self,
        needed: list[int],
        turned: Mapping[int, np.ndarray],
        moved: Mapping[int, np.ndarray],
    ) -> Pose:
        return pose_rig(self.rig, needed, turned, moved, len(self.way_m), self.carried_by)

    def _world_rotations(self) -> dict[int, np.ndarray]:
        """(F, 4) of each bone that a joint turns: mapped, held on a mapped one, or in between."""
        turned: dict[int, np.ndarray] = {}
        for joint, bone in self.bones.items():
            turned[bone] = self._follow(self.names.index(joint), bone)
        for bone, copied in enumerate(self.rig.copies):
            if copied in turned and bone not in turned:
                rest = quat.from_rotmats(self.rig.rotmats[[copied, bone]])
                across = quat.multiply(quat.conjugate(rest[0]), rest[1])
                turned[bone] = quat.multiply(turned[copied], across)
        turned.update(self._between(turned))
        return turned

    def _follow(self, joint: int, bone: int) -> np.ndarray:
        rest = quat.from_rotmats(self.fit.corrections[joint] @ self.rig.rotmats[bone])
        return quat.multiply(self.turns[:, joint], rest)

    def _between(self, turned: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
        """Unmapped deforming bones of the trunk between two mapped ones: part of either's turn."""
        shared: dict[int, np.ndarray] = {}
        trunk = [self.bones[joint] for joint in _TRUNK if joint in self.bones]
        rests = quat.from_rotmats(self.rig.rotmats)
        for lower, upper in zip(trunk, trunk[1:], strict=False):
            path = self.rig.path_up(upper)
            inner = path[1 : path.index(lower)][::-1] if lower in path else []
            if any(bone in turned or not self.rig.is_deforming[bone] for bone in inner):
                continue
            low, high = (
                quat.multiply(turned[bone], quat.conjugate(rests[bone])) for bone in (lower, upper)
            )
            for number, bone in enumerate(inner, start=1):
                part = quat.slerp(low, high, number / (len(inner) + 1))
                shared[bone] = quat.multiply(part, rests[bone])
        return shared

    def _way_m(self) -> np.ndarray:
        """(F, 3) the way over the floor, scaled."""
        root = self.places_m[:, int(np.argmin(self.clip.joint_parents))]
        return self.fit.scale * way_over_floor_m(root)

    def _in_world_m(self, places_m: np.ndarray) -> np.ndarray:
        """(F, 3) places of the clip where the character's are."""
        is_held = self.options.root_motion == RootMotion.IN_PLACE
        return self.fit.scale * places_m - (self.way_m if is_held else 0.0)

    def _pelvis_m(self, anchor: "HipsAnchor", turned: np.ndarray) -> np.ndarray:
        """(F, 3) head of the pelvis's bone in the world."""
        indices = [self.names.index(joint) for joint in anchor.joints]
        source = self.places_m[:, indices].mean(axis=1)
        arms = quat.rotate(turned, np.tile(anchor.offset_m, (len(turned), 1)))
        target = self._in_world_m(source) + arms
        target[:, 2] += self.fit.up_m(anchor.joints)
        return target

    def _mapped(self, kind: str) -> list[str]:
        """The joints of this kind, left and right, that have a bone."""
        joints = [f"{side}_{kind}" for side in _SIDES]
        return [joint for joint in joints if joint in self.bones]

    def _lift_m(self, pose: Pose) -> np.ndarray:
        """(F, 3) how much higher the performer's lower foot is, scaled, than the character's."""
        lift = np.zeros((len(self.way_m), 3))
        feet = self._mapped("ankle") + self._mapped("toe")
        if feet:
            ours = [pose.heads_m[self.bones[j]][:, 2] - self.fit.heights_m[j] for j in feet]
            theirs = [
                self.fit.scale * (self.places_m[:, self.names.index(j), 2]
                                  - self.fit.clip_heights_m[j]) for j in feet
            ]  # fmt: skip
            lift[:, 2] = np.min(theirs, axis=0) - np.min(ours, axis=0)
        return lift

    def _bent_limbs(self, pose: Pose, turned: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
        """(F, 4) new axes in the world of the bones of limbs that are to reach a place."""
        bent: dict[int, np.ndarray] = {}
        limbs = [(side, _LEG) for side in _SIDES if self.options.use_feet_ik]
        limbs += [(side, _ARM) for side in _SIDES if self.options.use_hands_ik]
        for side, kinds in limbs:
            joints = [f"{side}_{kind}" for kind in kinds]
            if any(joint not in self.bones for joint in joints):
                continue
            upper, lower, end = (self.bones[joint] for joint in joints)
            turns = bend_limb(
                pose.heads_m[upper], pose.heads_m[lower], pose.heads_m[end],
                self._end_target_m(joints[-1]), self._hinge(side, kinds),
            )  # fmt: skip
            for bone, turn in zip((upper, lower), turns, strict=True):
                bent[bone] = quat.multiply(turn, turned[bone])
        return bent

    def _end_target_m(self, joint: str) -> np.ndarray:
        """(F, 3) where an ankle or a wrist is to be; of a foot, it is the sole that counts."""
        index = self.names.index(joint)
        target = self._in_world_m(self.places_m[:, index])
        if not joint.endswith("ankle"):
            return target
        up = np.array([0.0, 0.0, self.fit.up_m([joint])])
        return target + quat.rotate(self.turns[:, index], np.tile(up, (len(target), 1)))

    def _hinge(self, side: str, kinds: tuple[str, ...]) -> np.ndarray:
        """(F, 3) axis of a knee or an elbow: to the left, and down or up in a T-pose."""
        axis = np.array([1.0, 0.0, 0.0])
        if kinds == _ARM:
            axis = np.array([0.0, 0.0, -1.0 if side == "left" else 1.0])
        turns = self.turns[:, self.names.index(f"{side}_{kinds[0]}")]
        return quat.rotate(turns, np.tile(axis, (len(turns), 1)))


@dataclass(frozen=True, slots=True, eq=False)
class HipsAnchor:
    """What carries the way: the middle of the hips, as a character's root bone may lie anywhere.

    root:     the clip's root joint, whose bone moves.
    joints:   those in whose middle the anchor is: both hips, where both are mapped, else the root.
    offset_m: (3,) from there to the head of the root's bone, in that bone's axes.
    """

    root: str
    joints: tuple[str, ...]
    offset_m: np.ndarray


def hips_anchor(rig: Rig, clip: MotionClip, bones: Mapping[str, int]) -> HipsAnchor | None:
    """Where a rig is anchored; None where no bone moves, or a mapped one carries the root's.

    bones: bone indices by joint.
    """
    root = str(clip.joint_names[int(np.argmin(clip.joint_parents))])
    bone = bones.get(root)
    if bone is None or set(bones.values()) & set(rig.path_up(bone)[1:]):
        return None
    hips = tuple(f"{side}_hip" for side in _SIDES)
    joints = hips if all(joint in bones for joint in hips) else (root,)
    middle = rig.heads_m[[bones[joint] for joint in joints]].mean(axis=0)
    return HipsAnchor(root, joints, rig.rotmats[bone].T @ (rig.heads_m[bone] - middle))


def way_carrier(rig: Rig, bones: Mapping[str, int], options: RetargetOptions) -> int | None:
    """The root bone on which the way over the floor is to lie; None for the hips or nowhere.

    bones: bone indices by joint.

    Raises:
        InputError: when the bone cannot carry it, or there is none.
    """
    if options.root_motion != RootMotion.ROOT_BONE:
        return None
    name = options.root_bone or root_bone_of(rig, bones)
    bone = rig.index.get(name, -1)
    if bone < 0 or bone in bones.values() or rig.parents[bone] >= 0:
        who = f"{name} cannot" if name else "no bone of this armature can"
        message = (
            f"{who} carry the way: choose a root bone above the hips that is not in the bone map, "
            "or leave the way on the hips."
        )
        raise InputError(message, reason="bad_root_bone")
    return bone


def root_bone_of(rig: Rig, bones: Mapping[str, int]) -> str:
    """The root that carries the pelvis's bone, else one that is called root; empty if none is.

    bones: bone indices by joint.
    """
    top = rig.path_up(bones["pelvis"])[-1] if "pelvis" in bones else -1
    named = [name for name, bone in rig.index.items()
             if rig.parents[bone] < 0 and name.casefold().rpartition(":")[2] == "root"]  # fmt: skip
    if named or top < 0 or top in bones.values():
        return named[0] if named else ""
    return rig.names[top]


def world_turns(clip: MotionClip, rotations_quat_wxyz: np.ndarray) -> np.ndarray:
    """(F, J, 4) in the world of local rotations (F, J, 4); identity is the clip's T-pose."""
    turns = rotations_quat_wxyz.copy()
    for joint, parent in enumerate(clip.joint_parents):
        if parent >= 0:
            turns[:, joint] = quat.multiply(turns[:, parent], turns[:, joint])
    return turns


def world_places_m(clip: MotionClip, turns: np.ndarray, root_m: np.ndarray) -> np.ndarray:
    """(F, J, 3) joints in the world; turns: (F, J, 4) in the world, root_m: (F, 3)."""
    places = np.empty((*turns.shape[:2], 3))
    for joint, parent in enumerate(clip.joint_parents):
        offset = np.broadcast_to(clip.rest_offsets_m[joint], root_m.shape)
        carried = (
            root_m if parent < 0 else places[:, parent] + quat.rotate(turns[:, parent], offset)
        )
        places[:, joint] = carried
    return places
