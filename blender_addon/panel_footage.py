"""The panel of the videos."""

from pathlib import Path
from typing import Any

import bpy

from . import panel_text
from .sidebar import SidebarPanel
from .thumbnails import thumbnail


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


class MVMOCAP_PT_footage(SidebarPanel, bpy.types.Panel):
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
            layout.operator("mvmocap.open_take", text="Open Solved Take")
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
            self.say(context, box, panel_text.sentence(video.problem))
        elif video.is_probed:
            facts = panel_text.video_facts(
                video.width_px,
                video.height_px,
                video.fps,
                video.duration_s,
                has_audio=video.has_audio,
            )
            self.say(context, self.layout, facts)


CLASSES = (MVMOCAP_UL_videos, MVMOCAP_PT_footage)
