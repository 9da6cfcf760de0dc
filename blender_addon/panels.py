"""The tab Mocap of the 3D view's sidebar, in the order of the work."""

from typing import Any

import bpy

from . import panel_bake, panel_correct, panel_footage, panel_text, preferences
from .panel_trust import draw_trust
from .sidebar import SidebarPanel

_MOST_ADVICE = 2
"""Sentences of the report in the panel: what is to be done next has to stay in sight."""


class MVMOCAP_PT_solve(SidebarPanel, bpy.types.Panel):
    """Solve, watch it, and read how good it is."""

    bl_idname = "MVMOCAP_PT_solve"
    bl_label = "Solve"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the button, or the progress, and the verdict."""
        layout = self.layout
        settings = context.scene.mvmocap
        state = context.window_manager.mvmocap
        options = layout.column()
        options.enabled = not state.is_running
        options.row().prop(settings, "quality", expand=True)
        options.prop(settings, "hands")
        if state.is_running:
            self._draw_progress(state)
            return
        self.draw_main_button("mvmocap.solve")
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
        self.draw_progress(state.progress)
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
        for advice in state.advice[:_MOST_ADVICE]:
            self.say(context, box, advice.text)
        if len(state.advice) > _MOST_ADVICE:
            box.label(text="More is in the report")
        draw_trust(context, box, state)
        box.operator("mvmocap.open_report")


class MVMOCAP_PT_advanced(SidebarPanel, bpy.types.Panel):
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
        settings, page = context.scene.mvmocap, preferences.page(context)
        if page is not None:
            layout.prop(page, "device")
        layout.prop(settings, "method")
        layout.prop(settings, "people")
        row = layout.row(heading="Frame Rate")
        row.prop(settings, "use_fps", text="")
        value = row.row()
        value.enabled = settings.use_fps
        value.prop(settings, "fps", text="")
        layout.prop(settings, "take_name")
        layout.prop(settings, "take_folder")
        layout.operator("mvmocap.open_take", text="Open Solved Take")


class MVMOCAP_PT_scene(SidebarPanel, bpy.types.Panel):
    """The take in the scene."""

    bl_idname = "MVMOCAP_PT_scene"
    bl_label = "Scene"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices and the buttons."""
        settings = context.scene.mvmocap
        choices = self.layout.column()
        choices.use_property_split = True
        choices.use_property_decorate = False
        choices.prop(settings, "skeleton")
        choices.prop(settings, "has_floor")
        column = self.layout.column()
        column.scale_y = 1.2
        column.operator("mvmocap.setup_scene")
        column.operator("mvmocap.look_through")


class MVMOCAP_PT_clean(SidebarPanel, bpy.types.Panel):
    """The motion without what disturbs in it."""

    bl_idname = "MVMOCAP_PT_clean"
    bl_label = "Clean Up"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices, and the button or the progress."""
        layout = self.layout
        clean, state = context.scene.mvmocap_clean, context.window_manager.mvmocap_clean
        column = layout.column()
        column.enabled = not state.is_running
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(clean, "smoothing_preset")
        column.prop(clean, "smoothing", slider=True)
        column.prop(clean, "lock_feet")
        column.prop(clean, "use_range")
        if clean.use_range:
            points = column.column(align=True)
            for name, end, text in (("start_s", "IN", "In (s)"), ("end_s", "OUT", "Out (s)")):
                row = points.row(align=True)
                row.prop(clean, name, text=text)
                row.operator("mvmocap.trim_here", text="", icon="TIME").end = end
        if state.is_running:
            self.draw_progress(state.progress)
            return
        self.draw_main_button("mvmocap.clean_up")
        layout.operator("mvmocap.save_clip")


CLASSES = (
    *panel_footage.CLASSES,
    MVMOCAP_PT_solve,
    MVMOCAP_PT_advanced,
    MVMOCAP_PT_scene,
    *panel_correct.CLASSES,
    MVMOCAP_PT_clean,
    *panel_bake.CLASSES,
)
