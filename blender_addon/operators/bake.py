"""Put the take's motion on an armature, and choose which bone follows which joint."""

import re
from typing import TYPE_CHECKING, Any

import bpy

from mvmocap_core.errors import InputError, MocapError

from ..armature.bake_options import BakeOptions, RetargetOptions, RootMotion
from ..armature.bone_presets import BonePreset, write_preset
from ..armature.detected_map import DetectedMap
from ..armature.linked import linked_source, unlink_character
from ..panel_text import sentence
from ..performer_choice import chosen
from ..rig_maps import (
    all_presets,
    apply_into,
    detect_into,
    follow_override,
    mapped_bones,
    rig_followers,
    rig_settings,
    user_presets_folder,
)
from ..scene_take import load_clip, person_name, take_folder
from .take_poll import TakePoll

if TYPE_CHECKING:  # numpy comes with it: no part of Blender's start
    from mvmocap_core.motion.clip import MotionClip


class MVMOCAP_OT_bake(TakePoll, bpy.types.Operator):
    """Key the take's motion onto the chosen armature."""

    bl_idname = "mvmocap.bake"
    bl_label = "Bake"
    bl_description = "Key the motion onto the armature; earlier actions are kept"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Bake what the panel says."""
        from ..armature.animate import bake_generated, bake_take

        scene = context.scene
        bake = scene.mvmocap_bake
        try:
            person = chosen(bake)
            options = bake_options(scene)
            clip = _motion(scene, load_clip(scene, person))
            if bake.target is None:
                name = person_name(take_folder(scene), person)
                baked = bake_generated(name, clip, options, scene.collection)
            else:
                if not bake.bones:
                    detect_into(bake)
                baked = bake_take(
                    bake.target, clip, mapped_bones(bake), options,
                    settings=rig_settings(bake), followers=rig_followers(bake),
                )  # fmt: skip
                unlink_character(baked.armature_object)
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        bake.baked = baked.armature_object
        if bake.target is not None:
            follow_override(bake, baked.armature_object)
        self.report({"INFO"}, f"Baked {baked.n_frames} frames onto {baked.armature_object.name}")
        return {"FINISHED"}


def _motion(scene: bpy.types.Scene, clip: "MotionClip") -> "MotionClip":
    """The take's motion, or what a linked character shows: that of the skeleton in the scene."""
    bake = scene.mvmocap_bake
    source = None if bake.target is None else linked_source(bake.target)
    if source is None:
        return clip
    from ..armature.skeleton_motion import motion_in_scene

    return motion_in_scene(source, clip, scene, frame_start=bake.frame_start)


class MVMOCAP_OT_detect_bones(bpy.types.Operator):
    """Find out which bone follows which joint."""

    bl_idname = "mvmocap.detect_bones"
    bl_label = "Detect Bones"
    bl_description = "Find the armature's joints by its family, its names and its shape"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An armature was chosen."""
        return context.scene.mvmocap_bake.target is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Detect, and say how well it fits."""
        found = detect_into(context.scene.mvmocap_bake)
        if found is None:
            self.report({"ERROR"}, "Choose an armature first")
            return {"CANCELLED"}
        self.report({"INFO"}, map_summary(found))
        return {"FINISHED"}


class MVMOCAP_OT_apply_bone_preset(bpy.types.Operator):
    """Fill the bone map from a preset."""

    bl_idname = "mvmocap.apply_bone_preset"
    bl_label = "Use Bone Preset"
    bl_description = "Fill the bone map from this preset"
    bl_options = {"REGISTER", "UNDO"}

    preset: bpy.props.StringProperty(name="Preset")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An armature was chosen."""
        return context.scene.mvmocap_bake.target is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Apply it, and say how well it fits."""
        named = [preset for preset in all_presets()[0] if preset.name == self.preset]
        if not named:
            self.report({"ERROR"}, f"{self.preset}: there is no such preset")
            return {"CANCELLED"}
        found = apply_into(context.scene.mvmocap_bake, named[-1])
        self.report({"INFO"}, map_summary(found))
        return {"FINISHED"}


class MVMOCAP_OT_save_bone_preset(bpy.types.Operator):
    """Keep the bone map for other characters."""

    bl_idname = "mvmocap.save_bone_preset"
    bl_label = "Save Bone Preset"
    bl_description = "Keep this bone map for other characters with the same bone names"

    name: bpy.props.StringProperty(name="Name", default="My Character")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There is something to save."""
        return any(row.bone for row in context.scene.mvmocap_bake.bones)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for a name."""
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the file."""
        bake = context.scene.mvmocap_bake
        try:
            stem = re.sub(r"[^\w\-]+", "_", self.name.strip()).strip("_")
            if not stem:
                raise InputError("give the preset a name.", reason="bad_option")
            bones = mapped_bones(bake)
            preset = BonePreset(
                name=self.name.strip(),
                bones=bones,
                required=tuple(bones),
                settings=rig_settings(bake),
                followers=rig_followers(bake),
            )
            path = user_presets_folder() / f"{stem}.json"
            write_preset(path, preset)
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        bake.preset, bake.score = preset.name, 1.0
        self.report({"INFO"}, f"Saved {path}")
        return {"FINISHED"}


def map_summary(found: DetectedMap) -> str:
    """What a bone map is worth, in one line."""
    said = f"{found.family}: {len(found.bones)} joints, {round(100 * found.score)} % sure"
    unsure = ", ".join(joint.replace("_", " ") for joint in found.unsure)
    return f"{said}; look at: {unsure}" if unsure else said


def bake_options(scene: bpy.types.Scene) -> BakeOptions:
    """What the panel says about the bake.

    Raises:
        InputError: when the out point lies before the in point.
    """
    bake: Any = scene.mvmocap_bake
    if bake.use_range and bake.frame_out < bake.frame_in:
        raise InputError("the out point lies before the in point; move it.", reason="bad_option")
    return BakeOptions(
        fps=scene.render.fps / scene.render.fps_base,
        frame_start=bake.frame_start,
        frame_range=(bake.frame_in, bake.frame_out) if bake.use_range else None,
        action_name=bake.action_name,
        use_current_action=bake.use_current_action,
        use_nla=bake.use_nla,
        retarget=RetargetOptions(
            root_motion=RootMotion(bake.root_motion),
            root_bone=bake.root_bone,
            use_feet_ik=bake.use_feet_ik,
            use_hands_ik=bake.use_hands_ik,
            use_ground=bake.use_ground,
        ),
    )


CLASSES = (
    MVMOCAP_OT_bake,
    MVMOCAP_OT_detect_bones,
    MVMOCAP_OT_apply_bone_preset,
    MVMOCAP_OT_save_bone_preset,
)
