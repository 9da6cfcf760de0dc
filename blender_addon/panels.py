"""The tab Mocap of the 3D view's sidebar, in the order of the work."""

from pathlib import Path
from typing import Any

import bpy

from . import panel_text
from .armature.export_presets import NO_PRESET
from .rig_maps import all_presets
from .thumbnails import thumbnail


class _Panel:
    """What all panels share."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mocap"
    layout: bpy.types.UILayout

    def say(self, context: bpy.types.Context, layout: bpy.types.UILayout, text: str) -> None:
        """Write a text of any length."""
        scale = context.preferences.system.ui_scale
        column = layout.column(align=True)
        column.scale_y = 0.8
        for line in panel_text.wrapped(text, context.region.width, scale):
            column.label(text=line, translate=False)


class MVMOCAP_UL_videos(bpy.types.UIList):
    """The take's videos."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        data: Any,
        item: Any,
        icon: int,
        active_data: Any,
        active_property: str,
        index: int = 0,
        flt_flag: int = 0,
    ) -> None:
        """One video: its name, and whether something is wrong with it."""
        layout.alert = bool(item.problem)
        layout.label(text=Path(item.filepath).name or "No file", translate=False)


class MVMOCAP_PT_footage(_Panel, bpy.types.Panel):
    """The videos, and what is known about the performer."""

    bl_idname = "MVMOCAP_PT_footage"
    bl_label = "Footage"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list, the chosen video's facts, height and range."""
        layout = self.layout
        settings = context.scene.mvmocap
        if len(settings.videos) == 0:
            self.say(context, layout, "Two videos of one performer, from two sides.")
            big = layout.column()
            big.scale_y = 1.4
            big.operator("mvmocap.import_views", text="Add Videos")
        else:
            self._draw_videos(context, settings)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "height_m", text="Height")
        column.prop(settings, "use_range")
        if settings.use_range:
            points = column.column(align=True)
            points.prop(settings, "start_s", text="In (s)")
            points.prop(settings, "end_s", text="Out (s)")

    def _draw_videos(self, context: bpy.types.Context, settings: Any) -> None:
        row = self.layout.row()
        row.template_list(
            "MVMOCAP_UL_videos", "", settings, "videos", settings, "active_video", rows=3
        )
        buttons = row.column(align=True)
        buttons.operator("mvmocap.import_views", text="", icon="ADD")
        buttons.operator("mvmocap.remove_view", text="", icon="REMOVE")
        buttons.separator()
        move = buttons.operator("mvmocap.move_view", text="", icon="TRIA_UP")
        move.direction = "UP"
        move = buttons.operator("mvmocap.move_view", text="", icon="TRIA_DOWN")
        move.direction = "DOWN"
        self._draw_thumbnails(settings)
        if settings.active_video < len(settings.videos):
            self._draw_facts(context, settings.videos[settings.active_video])
        if len(settings.videos) == 1:
            self.say(context, self.layout, "One more video from another side is needed.")

    def _draw_thumbnails(self, settings: Any) -> None:
        row = self.layout.row(align=True)
        for video in settings.videos[:4]:
            icon = thumbnail(bpy.path.abspath(video.filepath))
            if icon:
                row.template_icon(icon_value=icon, scale=4.5)

    def _draw_facts(self, context: bpy.types.Context, video: Any) -> None:
        if video.problem:
            box = self.layout.box()
            box.alert = True
            self.say(context, box, video.problem)
        elif video.is_probed:
            facts = panel_text.video_facts(
                video.width_px,
                video.height_px,
                video.fps,
                video.duration_s,
                has_audio=video.has_audio,
            )
            self.say(context, self.layout, facts)


class MVMOCAP_PT_solve(_Panel, bpy.types.Panel):
    """Solve, watch it, and read how good it is."""

    bl_idname = "MVMOCAP_PT_solve"
    bl_label = "Solve"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the button, or the progress, and the verdict."""
        layout = self.layout
        settings = context.scene.mvmocap
        state = context.window_manager.mvmocap
        row = layout.row()
        row.enabled = not state.is_running
        row.prop(settings, "quality", expand=True)
        if state.is_running:
            self._draw_progress(state)
            return
        button = layout.column()
        button.scale_y = 1.4
        button.operator("mvmocap.solve", text="Solve")
        if state.error:
            self._draw_error(context, state)
        if state.verdict:
            self._draw_verdict(context, state)

    def _draw_progress(self, state: Any) -> None:
        layout = self.layout
        stage = panel_text.STAGES.get(state.stage, "") or state.message or "Starting"
        if state.state == "WAITING":
            stage = "Waiting for another take"
        if state.state == "STOPPING":
            stage = "Stopping"
        row = layout.row(align=True)
        row.progress(factor=state.progress, text=f"{round(100 * state.progress)} %")
        row.operator("mvmocap.cancel_solve", text="Cancel")
        layout.label(text=stage)
        left = panel_text.time_left(state.seconds_left)
        if left:
            layout.label(text=left.capitalize())
        if state.n_waiting:
            layout.label(text=f"{state.n_waiting} more waiting")

    def _draw_error(self, context: bpy.types.Context, state: Any) -> None:
        box = self.layout.box()
        text = box.column()
        text.alert = state.state == "FAILED"
        message = state.error.partition(" Log: ")[0] if state.log else state.error
        self.say(context, text, panel_text.sentence(message))
        if state.log:
            box.operator("wm.path_open", text="Open Log").filepath = state.log

    def _draw_verdict(self, context: bpy.types.Context, state: Any) -> None:
        box = self.layout.box()
        title = box.row()
        title.alert = state.verdict == "unusable"
        title.label(text=panel_text.VERDICTS.get(state.verdict, state.verdict))
        for advice in state.advice:
            self.say(context, box, advice.text)
        box.operator("mvmocap.open_report")


class MVMOCAP_PT_advanced(_Panel, bpy.types.Panel):
    """What most takes leave as it is."""

    bl_idname = "MVMOCAP_PT_advanced"
    bl_label = "Advanced"
    bl_parent_id = "MVMOCAP_PT_solve"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the options."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.mvmocap
        layout.prop(settings, "device")
        layout.prop(settings, "method")
        row = layout.row(heading="Frame Rate")
        row.prop(settings, "use_fps", text="")
        value = row.row()
        value.enabled = settings.use_fps
        value.prop(settings, "fps", text="")
        layout.prop(settings, "take_name")
        layout.prop(settings, "take_folder")


class MVMOCAP_PT_scene(_Panel, bpy.types.Panel):
    """The take in the scene."""

    bl_idname = "MVMOCAP_PT_scene"
    bl_label = "Scene"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the buttons."""
        column = self.layout.column()
        column.scale_y = 1.2
        column.operator("mvmocap.setup_scene")
        column.operator("mvmocap.look_through")


class MVMOCAP_PT_bake(_Panel, bpy.types.Panel):
    """The motion on an armature."""

    bl_idname = "MVMOCAP_PT_bake"
    bl_label = "Bake"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the target, its map in short, and the button."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        bake = context.scene.mvmocap_bake
        layout.prop(bake, "target")
        if bake.target is None and bake.baked is not None:
            self.say(context, layout, "Choose a character, or bake onto one more new armature.")
        elif bake.target is None:
            self.say(context, layout, "No armature chosen: one is made from the performer.")
        elif bake.bones:
            found = panel_text.share(bool(row.bone) for row in bake.bones)
            row = layout.row()
            row.alert = bake.score < 1.0
            score = round(100 * bake.score)
            row.label(text=f"{bake.preset}, {score} % found, {found} joints", translate=False)
        layout.prop(bake, "use_range")
        if bake.use_range:
            points = layout.column(align=True)
            points.prop(bake, "frame_in")
            points.prop(bake, "frame_out")
        layout.prop(bake, "action_name")
        layout.prop(bake, "use_nla")
        button = layout.column()
        button.scale_y = 1.4
        button.operator("mvmocap.bake")


class MVMOCAP_PT_bones(_Panel, bpy.types.Panel):
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
            row.alert = bool(bone.bone) and bone.bone not in there
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


class MVMOCAP_PT_export(_Panel, bpy.types.Panel):
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
        button = layout.column()
        button.scale_y = 1.4
        button.operator("mvmocap.export")


CLASSES = (
    MVMOCAP_UL_videos,
    MVMOCAP_PT_footage,
    MVMOCAP_PT_solve,
    MVMOCAP_PT_advanced,
    MVMOCAP_PT_scene,
    MVMOCAP_MT_bone_presets,
    MVMOCAP_PT_bake,
    MVMOCAP_PT_bones,
    MVMOCAP_PT_export,
)
