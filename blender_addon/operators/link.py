"""Let the character follow the solved skeleton live, by constraints, and let it go again."""

import bpy

from mvmocap_core.errors import InputError, MocapError

from ..armature.linked import linked_source, unlink_character
from ..panel_text import sentence
from ..performer_choice import chosen
from ..rig_maps import detect_into, follow_override, mapped_bones, rig_settings
from ..scene_take import load_clip, take_folder, take_name
from .take_poll import TakePoll


class MVMOCAP_OT_link(TakePoll, bpy.types.Operator):
    """Constrain the chosen armature to the performer's skeleton in the scene."""

    bl_idname = "mvmocap.link"
    bl_label = "Link"
    bl_description = (
        "Let the armature follow the performer's skeleton in the scene by constraints: it also "
        "does what you change of the skeleton. Bake makes keys of it and holds the feet"
    )
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take was solved, and a character chosen."""
        if not super().poll(context):
            return False
        if context.scene.mvmocap_bake.target is not None:
            return True
        cls.poll_message_set("Choose an armature first")
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Link what the panel says."""
        from ..armature.link import link_character
        from ..armature.take_scene import skeleton_in

        scene = context.scene
        bake = scene.mvmocap_bake
        try:
            person = chosen(bake)
            clip = load_clip(scene, person)
            source = skeleton_in(scene, take_name(take_folder(scene)), person)
            if source is None:
                message = "the performer's skeleton is not in the scene; press Set Up Scene first."
                raise InputError(message, reason="no_skeleton")
            if not bake.bones:
                detect_into(bake)
            linked = link_character(
                bake.target, source, clip, mapped_bones(bake), settings=rig_settings(bake)
            )
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        bake.baked = linked
        follow_override(bake, linked)
        self.report({"INFO"}, f"{linked.name} follows {source.name}")
        return {"FINISHED"}


class MVMOCAP_OT_unlink(bpy.types.Operator):
    """Take the constraints away."""

    bl_idname = "mvmocap.unlink"
    bl_label = "Unlink"
    bl_description = "Remove the constraints by which the armature follows the skeleton"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The chosen armature is linked."""
        target = context.scene.mvmocap_bake.target
        return target is not None and linked_source(target) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take them away."""
        target = context.scene.mvmocap_bake.target
        unlink_character(target)
        self.report({"INFO"}, f"{target.name} follows nothing any more")
        return {"FINISHED"}


CLASSES = (MVMOCAP_OT_link, MVMOCAP_OT_unlink)
