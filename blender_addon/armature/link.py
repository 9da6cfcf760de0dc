"""Let a character follow a solved skeleton in the scene by constraints, until it is baked.

Between the two stands an armature with a bone for each joint: at rest, it lies as the character's
bone would if the character stood in the skeleton's T-pose. The skeleton's bone carries it, and the
character's bone copies its turn. The skeleton may be edited meanwhile.
"""

from collections.abc import Mapping

import bpy
import numpy as np
from mathutils import Matrix, Vector

from mvmocap_core.errors import InputError
from mvmocap_core.motion.clip import MotionClip

from .bone_map import check_bone_map
from .bone_presets import RigSetting
from .generate import editing_bones
from .library_override import editable_armature
from .linked import CONSTRAINT, unlink_character
from .read_rig import read_rig
from .rest_fit import RestFit, fit_rest_pose
from .rest_pose import bone_name, rest_positions_m
from .retarget import hips_anchor
from .rig import Rig
from .rig_settings import apply_settings, check_target

_PLACE, _HEAD = "hips in the skeleton", "hips of the character"
_LENGTH_M = 0.1


def link_character(
    armature_object: bpy.types.Object,
    source: bpy.types.Object,
    clip: MotionClip,
    bone_map: Mapping[str, str],
    *,
    settings: tuple[RigSetting, ...] = (),
) -> bpy.types.Object:
    """Make the mapped bones follow the generated skeleton `source`; an earlier link is replaced.

    Limbs point as the performer's do and the hips carry the way. The bake alone holds the feet in
    place, spreads the forearms' twist, and turns bones of the trunk between mapped ones. Returns
    the armature, the library override in place of a linked one.

    Raises:
        InputError: before anything is changed, when the rig cannot be animated or the map does not
            fit.
    """
    check_target(armature_object)
    if armature_object == source:
        message = f"{source.name} is the skeleton itself; choose a character."
        raise InputError(message, reason="bad_character")
    joints = [str(name) for name in clip.joint_names]
    bones = [bone.name for bone in armature_object.data.bones]
    check_bone_map(bone_map, joints, bones, source=armature_object.name)
    armature_object = editable_armature(armature_object)
    unlink_character(armature_object)
    rig = read_rig(armature_object)
    mapped = {joint: rig.index[bone] for joint, bone in bone_map.items()}
    fit = fit_rest_pose(rig, clip, {joints.index(joint): bone for joint, bone in mapped.items()})
    between = _add_between(f"{armature_object.name} link")
    rests = {joint: fit.corrections[joints.index(joint)] @ rig.rotmats[bone]
             for joint, bone in mapped.items()}  # fmt: skip
    has_place = _add_bones(between, rig, clip, mapped, fit, rests)
    for joint in mapped:
        _follow(between.pose.bones[joint], source, bone_name(joint))
    if has_place:
        _place_hips(between, source, joints[int(np.argmin(clip.joint_parents))])
    for joint, bone in bone_map.items():
        _copy(armature_object.pose.bones[bone], "COPY_ROTATION", between, joint)
    if has_place:
        root = bone_map[joints[int(np.argmin(clip.joint_parents))]]
        _copy(armature_object.pose.bones[root], "COPY_LOCATION", between, _HEAD)
    apply_settings(armature_object, settings)
    return armature_object


def _add_between(name: str) -> bpy.types.Object:
    helper = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    bpy.context.scene.collection.objects.link(helper)
    return helper


def _add_bones(
    between: bpy.types.Object,
    rig: Rig,
    clip: MotionClip,
    mapped: Mapping[str, int],
    fit: RestFit,
    rests: Mapping[str, np.ndarray],
) -> bool:
    """Make the bones, and give the armature the character's size.

    Its scale and height turn a place of the skeleton into the character's: a bone that copies a
    place into its own armature's space is there. Returns whether the character moves at all.
    """
    anchor = hips_anchor(rig, clip, mapped)
    active = bpy.context.view_layer.objects.active
    heads = dict(zip(map(str, clip.joint_names), rest_positions_m(clip), strict=True))
    up_m = 0.0 if anchor is None else fit.up_m(anchor.joints)
    with editing_bones(between) as bones:
        for joint, rest in rests.items():
            _add_bone(bones, joint, rest, heads[joint])
        if anchor is not None:
            middle = np.mean([heads[joint] for joint in anchor.joints], axis=0)
            _add_bone(bones, _PLACE, np.eye(3), middle)
            root = bones[anchor.root]
            arm = rests[anchor.root] @ anchor.offset_m
            head = _add_bone(bones, _HEAD, rests[anchor.root], heads[anchor.root] + arm)
            head.parent = root
    bpy.context.view_layer.objects.active = active
    between.scale = [fit.scale] * 3
    between.location = (0.0, 0.0, up_m)
    between.hide_viewport = between.hide_render = True
    return anchor is not None


def _add_bone(
    bones: bpy.types.ArmatureEditBones, name: str, rest: np.ndarray, head: np.ndarray
) -> bpy.types.EditBone:
    bone = bones.new(name)
    bone.head, bone.tail = Vector((0.0, 0.0, 0.0)), Vector((0.0, _LENGTH_M, 0.0))
    bone.matrix = Matrix.Translation(Vector(head)) @ Matrix(rest.tolist()).to_4x4()
    bone.use_deform = False
    return bone


def _follow(pose_bone: bpy.types.PoseBone, source: bpy.types.Object, bone: str) -> None:
    """Carry the bone as if it rested in the skeleton: its armature's size does not count."""
    constraint = pose_bone.constraints.new("CHILD_OF")
    constraint.target, constraint.subtarget = source, bone
    constraint.inverse_matrix = source.data.bones[bone].matrix_local.inverted()
    constraint.set_inverse_pending = False  # or Blender takes the pose of now for rest


def _place_hips(between: bpy.types.Object, source: bpy.types.Object, root: str) -> None:
    """The place of the skeleton's hips in the world, as one in the smaller or larger armature."""
    _follow(between.pose.bones[_PLACE], source, bone_name(root))
    constraint = between.pose.bones[root].constraints.new("COPY_LOCATION")
    constraint.target, constraint.subtarget = between, _PLACE
    constraint.target_space, constraint.owner_space = "WORLD", "POSE"


def _copy(pose_bone: bpy.types.PoseBone, kind: str, target: bpy.types.Object, bone: str) -> None:
    constraint = pose_bone.constraints.new(kind)
    constraint.name = CONSTRAINT
    constraint.target, constraint.subtarget = target, bone
