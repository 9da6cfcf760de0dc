"""Armature objects to test with: skeletons of the families, and Rigify's own rigs. Needs bpy."""

from dataclasses import dataclass

import addon_utils
import bpy
import numpy as np
from mathutils import Matrix, Vector

from benchmarks.rig_families import Skeleton, load_cmu, load_family, load_makehuman, table_families
from blender_addon.armature.generate import editing_bones

_METARIG = {
    "pelvis": "spine", "spine_1": "spine.001", "spine_2": "spine.002", "spine_3": "spine.003",
    "neck": "spine.004", "head": "spine.006", "clavicle": "shoulder", "shoulder": "upper_arm",
    "elbow": "forearm", "wrist": "hand", "hip": "thigh", "knee": "shin", "ankle": "foot",
    "toe": "toe",
}  # fmt: skip
_RIGIFY_TRUNK = {
    "pelvis": "torso", "spine_2": "spine_fk.002", "spine_3": "spine_fk.003", "neck": "neck",
    "head": "head",
}  # fmt: skip
_RIGIFY = ("Rigify metarig", "Rigify rig, basic", "Rigify rig, full")
_MAKEHUMAN = ("default", "game_engine", "cmu", "mixamo")


@dataclass(frozen=True, slots=True)
class TestRig:
    """An armature object, with what is known of it.

    truth: bone by joint name that an animator would map.
    shown: bone by joint name that moves the mesh there.
    """

    armature_object: bpy.types.Object
    truth: dict[str, str]
    shown: dict[str, str]


def test_rig_names() -> list[str]:
    """What `add_test_rig` can make."""
    makehuman = [f"MakeHuman {name}" for name in _MAKEHUMAN]
    return [*_RIGIFY, *makehuman, "CMU BVH", *table_families()]


def add_test_rig(name: str) -> TestRig:
    """One of `test_rig_names()`, in the open scene.

    Raises:
        FileNotFoundError: for CMU's, when the data folder is not beside the repository.
    """
    if name == "Rigify metarig":
        return _test_rig(add_metarig(), _both_sides(_METARIG))
    if name in _RIGIFY:
        rig = add_rigify_rig("basic_human" if name.endswith("basic") else "human")
        trunk = {joint for joint in _METARIG if joint in ("pelvis", "neck", "head")}
        controls = _both_sides(
            {joint: bone if joint == "clavicle" else f"{bone}_fk"
             for joint, bone in _METARIG.items() if joint not in trunk and "spine" not in joint}
        )  # fmt: skip
        shown = {joint: f"ORG-{bone}" for joint, bone in _both_sides(_METARIG).items()}
        last = "spine.006" if "ORG-spine.006" in rig.data.bones else "spine.005"
        shown["head"] = f"ORG-{last}"
        return TestRig(rig, {**_RIGIFY_TRUNK, **controls}, shown)
    if name == "CMU BVH":
        skeleton = load_cmu()
    elif name.startswith("MakeHuman "):
        skeleton = load_makehuman(name.removeprefix("MakeHuman "))
    else:
        skeleton = load_family(name)
    return _test_rig(add_skeleton(skeleton), skeleton.truth)


def add_skeleton(skeleton: Skeleton) -> bpy.types.Object:
    """An armature object with the skeleton's bones, axes, units and constraints."""
    turn = Matrix.Rotation(np.pi / 2, 4, "X") if skeleton.is_y_up else Matrix.Identity(4)
    matrix_world = turn @ Matrix.Scale(skeleton.unit_m, 4)
    inverse = np.array(matrix_world.inverted())
    rig = bpy.data.objects.new(skeleton.family, bpy.data.armatures.new(skeleton.family))
    bpy.context.scene.collection.objects.link(rig)
    with editing_bones(rig) as bones:
        for bone, name in enumerate(skeleton.names):
            ends = np.stack([skeleton.heads_m[bone], skeleton.tails_m[bone]])
            head, tail = ends @ inverse[:3, :3].T
            axes = np.array(turn)[:3, :3].T @ skeleton.rotmats[bone]
            edit_bone = bones.new(name)
            edit_bone.head, edit_bone.tail = Vector(head), Vector(tail)
            edit_bone.align_roll(Vector(axes[:, 2]))
            if skeleton.parents[bone] >= 0:
                edit_bone.parent = bones[skeleton.names[skeleton.parents[bone]]]
    rig.matrix_world = matrix_world
    for bone, control in skeleton.copies.items():
        constraint = rig.pose.bones[bone].constraints.new("COPY_TRANSFORMS")
        constraint.target, constraint.subtarget = rig, control
    for control in set(skeleton.copies.values()):
        rig.data.bones[control].use_deform = False
    bpy.context.view_layer.update()
    return rig


def add_metarig(kind: str = "human") -> bpy.types.Object:
    """Rigify's metarig: "human" or "basic_human"."""
    addon_utils.enable("rigify", default_set=True)
    getattr(bpy.ops.object, f"armature_{kind}_metarig_add")()
    return bpy.context.object


def add_rigify_rig(kind: str = "basic_human") -> bpy.types.Object:
    """The rig that Rigify makes from a metarig of its own."""
    add_metarig(kind)
    bpy.ops.pose.rigify_generate()
    return bpy.context.object


def _test_rig(armature_object: bpy.types.Object, truth: dict[str, str]) -> TestRig:
    return TestRig(armature_object, truth, truth)


def _both_sides(bones: dict[str, str]) -> dict[str, str]:
    """Bones by joint names with their sides; those of the trunk stay."""
    named: dict[str, str] = {}
    for joint, bone in bones.items():
        if joint in ("pelvis", "neck", "head") or joint.startswith("spine"):
            named[joint] = bone
        else:
            named |= {f"left_{joint}": f"{bone}.L", f"right_{joint}": f"{bone}.R"}
    return named
