"""What the panels show about baking and exporting. Saved with the scene."""

import bpy

from .armature.bake_options import RetargetOptions, RootMotion
from .armature.export import FORMATS
from .armature.export_presets import export_preset_items
from .performer_choice import performers
from .rig_search import find_bones

_FORMAT_LABELS = {"fbx": "FBX", "bvh": "BVH", "glb": "glTF", "usd": "USD"}
_FORMAT_TIPS = {
    "fbx": "For game engines and most animation programs",
    "bvh": "The skeleton and its motion alone, in metres and Y up",
    "glb": "One binary glTF file",
    "usd": "Universal Scene Description, where this Blender is built with it",
}

_ROOT_MOTIONS = (
    (RootMotion.HIPS, "Hips", "The hips carry the way, as in a film scene"),
    (RootMotion.ROOT_BONE, "Root Bone", "A root bone carries the way, as game engines expect it"),
    (RootMotion.IN_PLACE, "In Place", "The performer stays over the first frame's place"),
)
_DEFAULTS = RetargetOptions()


def _is_armature(_self: "MVMOCAP_PG_bake", candidate: bpy.types.Object) -> bool:
    return candidate.type == "ARMATURE"


def _target_changed(self: "MVMOCAP_PG_bake", _context: bpy.types.Context) -> None:
    find_bones(self)


def _range_chosen(self: "MVMOCAP_PG_bake", _context: bpy.types.Context) -> None:
    """Begin with the scene's frames, which are the take's as soon as its scene is set up."""
    if self.use_range and not self.is_property_set("frame_out"):
        self.frame_in, self.frame_out = self.id_data.frame_start, self.id_data.frame_end


def _bone_changed(self: "MVMOCAP_PG_bone", _context: bpy.types.Context) -> None:
    self.certainty = 1.0  # the animator chose it


class MVMOCAP_PG_bone(bpy.types.PropertyGroup):
    """One row of the bone map."""

    joint: bpy.props.StringProperty(name="Joint", description="Joint of the performer")
    bone: bpy.props.StringProperty(
        name="Bone",
        description="Bone that follows the joint; empty to leave the joint out",
        update=_bone_changed,
    )
    certainty: bpy.props.FloatProperty(
        name="Certainty",
        description="How sure it is that the bone is this joint",
        min=0.0,
        max=1.0,
        default=1.0,
        subtype="FACTOR",
    )


class MVMOCAP_PG_bake(bpy.types.PropertyGroup):
    """What the animator chooses about the armature that gets the motion."""

    target: bpy.props.PointerProperty(
        name="Armature",
        description="Armature that gets the motion; empty to make one from the performer's body",
        type=bpy.types.Object,
        poll=_is_armature,
        update=_target_changed,
    )
    person: bpy.props.EnumProperty(
        name="Performer", description="Whose motion the armature gets", items=performers
    )
    bones: bpy.props.CollectionProperty(type=MVMOCAP_PG_bone)
    active_bone: bpy.props.IntProperty(name="Active Row", min=0)
    preset: bpy.props.StringProperty(name="Rig Family", description="Preset of the bone map")
    score: bpy.props.FloatProperty(
        name="Score",
        description="How sure the bone map is: low as soon as one needed joint is unsure",
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    frame_start: bpy.props.IntProperty(
        name="First Frame", description="Frame on which the take begins", default=1
    )
    use_range: bpy.props.BoolProperty(
        name="Part of the Take",
        description="Bake only the frames of a range",
        default=False,
        update=_range_chosen,
    )
    frame_in: bpy.props.IntProperty(name="In", description="First frame to bake", default=1)
    frame_out: bpy.props.IntProperty(name="Out", description="Last frame to bake", default=250)
    action_name: bpy.props.StringProperty(
        name="Action", description="Name of the new action; empty to name it after the armature"
    )
    use_current_action: bpy.props.BoolProperty(
        name="Into Current Action",
        description=(
            "Replace the keys on the baked frames of the armature's current action and keep all "
            "others; else the bake makes a new action"
        ),
        default=False,
    )
    use_nla: bpy.props.BoolProperty(
        name="Push to NLA",
        description="Put the action into an NLA track of its own",
        default=False,
    )
    use_feet_ik: bpy.props.BoolProperty(
        name="Feet in Place",
        description="Bend the legs so that feet are where the performer's are, in proportion",
        default=_DEFAULTS.use_feet_ik,
    )
    use_hands_ik: bpy.props.BoolProperty(
        name="Hands in Place",
        description="Bend the arms so that hands are where the performer's are, in proportion",
        default=_DEFAULTS.use_hands_ik,
    )
    use_ground: bpy.props.BoolProperty(
        name="Match Ground",
        description="Lift or lower the character to put its lower foot at the performer's height",
        default=_DEFAULTS.use_ground,
    )
    root_motion: bpy.props.EnumProperty(
        name="Root Motion",
        description="Which bone carries the way through the world",
        items=[(str(value), label, tip) for value, label, tip in _ROOT_MOTIONS],
        default=str(_DEFAULTS.root_motion),
    )
    root_bone: bpy.props.StringProperty(
        name="Root Bone",
        description="Bone that carries the way; empty to take the root above the hips",
    )
    baked: bpy.props.PointerProperty(
        name="Animated Armature",
        description="Armature that is exported",
        type=bpy.types.Object,
        poll=_is_armature,
    )
    export_format: bpy.props.EnumProperty(
        name="Format",
        description="File format of the export",
        items=[(name.upper(), _FORMAT_LABELS[name], _FORMAT_TIPS[name]) for name in FORMATS],
        default="FBX",
    )
    export_preset: bpy.props.EnumProperty(
        name="For",
        description="Program that the file is meant for",
        items=export_preset_items(),
        default=0,
    )


CLASSES = (MVMOCAP_PG_bone, MVMOCAP_PG_bake)
POINTERS = ((bpy.types.Scene, "mvmocap_bake", MVMOCAP_PG_bake),)
