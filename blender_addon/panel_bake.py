"""The panels of the armature that gets the motion, and of its export."""

import bpy

from . import panel_text
from .armature.bake_options import RootMotion
from .armature.detected_map import SURE
from .armature.export_presets import NO_PRESET
from .armature.linked import linked_source
from .performer_choice import draw_performers
from .rig_maps import all_presets
from .sidebar import SidebarPanel


class MVMOCAP_PT_bake(SidebarPanel, bpy.types.Panel):
    """The motion on an armature."""

    bl_idname = "MVMOCAP_PT_bake"
    bl_label = "Bake"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the target, its map in short, and the button."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        bake = context.scene.mvmocap_bake
        draw_performers(layout, context.scene, bake)
        layout.prop(bake, "target")
        if bake.target is None and bake.baked is not None:
            self.say(context, layout, "Choose a character, or bake onto one more new armature.")
        elif bake.target is None:
            self.say(context, layout, "No armature chosen: one is made from the performer.")
        elif bake.bones:
            self._draw_map(layout, bake)
        else:
            self.say(context, layout, "Its bones are looked for, at the latest by Bake.")
        layout.prop(bake, "use_range")
        if bake.use_range:
            points = layout.column(align=True)
            points.prop(bake, "frame_in")
            points.prop(bake, "frame_out")
        self.draw_main_button("mvmocap.bake")
        if bake.target is not None:
            source = linked_source(bake.target)
            layout.operator("mvmocap.link" if source is None else "mvmocap.unlink")
            if source is not None:
                self.say(context, layout, f"Follows {source.name}. Bake makes keys of it.")

    def _draw_map(self, layout: bpy.types.UILayout, bake: bpy.types.PropertyGroup) -> None:
        """Draw the family that was found, and how far to trust it."""
        found = panel_text.share(bool(row.bone) for row in bake.bones)
        n_unsure = sum(is_unsure(row) for row in bake.bones)
        row = layout.row()
        row.alert = bake.score < SURE
        score = round(100 * bake.score)
        row.label(text=f"{bake.preset}, {score} % sure, {found} joints", translate=False)
        if n_unsure:
            row = layout.row()
            row.alert = True
            row.label(text=f"Look at {n_unsure} joints in the bone map", translate=False)


class MVMOCAP_PT_bake_options(SidebarPanel, bpy.types.Panel):
    """How the character follows, and where the keys go."""

    bl_idname = "MVMOCAP_PT_bake_options"
    bl_label = "Bake Options"
    bl_parent_id = "MVMOCAP_PT_bake"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what a rig can be asked; an armature of the performer's own needs less."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        bake = context.scene.mvmocap_bake
        layout.prop(bake, "root_motion")
        has_target = bake.target is not None
        if has_target and bake.root_motion == RootMotion.ROOT_BONE:
            layout.prop_search(bake, "root_bone", bake.target.data, "bones")
        if has_target:
            follow = layout.column(heading="Follow")
            follow.prop(bake, "use_feet_ik")
            follow.prop(bake, "use_hands_ik")
            follow.prop(bake, "use_ground")
        layout.prop(bake, "action_name")
        keys = layout.column(heading="Keys")
        if has_target:
            keys.prop(bake, "use_current_action")
        keys.prop(bake, "use_nla")


class MVMOCAP_PT_bones(SidebarPanel, bpy.types.Panel):
    """Which bone follows which joint."""

    bl_idname = "MVMOCAP_PT_bones"
    bl_label = "Bone Map"
    bl_parent_id = "MVMOCAP_PT_bake"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An armature was chosen."""
        return context.scene.mvmocap_bake.target is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw a row for each joint."""
        layout = self.layout
        bake = context.scene.mvmocap_bake
        row = layout.row(align=True)
        row.operator("mvmocap.detect_bones", text="Detect")
        row.menu("MVMOCAP_MT_bone_presets", text="Preset")
        row.operator("mvmocap.save_bone_preset", text="Save")
        column = layout.column(align=True)
        column.use_property_split = True
        column.use_property_decorate = False
        there = bake.target.data.bones
        for bone in bake.bones:
            row = column.row()
            row.alert = is_unsure(bone) or (bool(bone.bone) and bone.bone not in there)
            label = bone.joint.replace("_", " ").capitalize()
            row.prop_search(bone, "bone", bake.target.data, "bones", text=label)


class MVMOCAP_MT_bone_presets(bpy.types.Menu):
    """Presets of the bone map."""

    bl_idname = "MVMOCAP_MT_bone_presets"
    bl_label = "Bone Presets"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw an entry for each preset, and what is wrong with a file."""
        presets, complaints = all_presets()
        for preset in presets:
            entry = self.layout.operator("mvmocap.apply_bone_preset", text=preset.name)
            entry.preset = preset.name
        for complaint in complaints:
            self.layout.label(text=complaint, translate=False)


class MVMOCAP_PT_export(SidebarPanel, bpy.types.Panel):
    """The result for other programs."""

    bl_idname = "MVMOCAP_PT_export"
    bl_label = "Export"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw program, format and button."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        bake = context.scene.mvmocap_bake
        layout.prop(bake, "baked", text="Armature")
        layout.prop(bake, "export_preset")
        if bake.export_preset == NO_PRESET:
            layout.prop(bake, "export_format")
        self.draw_main_button("mvmocap.export")


def is_unsure(row: bpy.types.PropertyGroup) -> bool:
    """Whether a row of the bone map is to be looked at."""
    return bool(row.bone) and row.certainty < SURE


CLASSES = (
    MVMOCAP_MT_bone_presets,
    MVMOCAP_PT_bake,
    MVMOCAP_PT_bones,
    MVMOCAP_PT_bake_options,
    MVMOCAP_PT_export,
)
