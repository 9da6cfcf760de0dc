"""The sidebars of the 3D views, in which the extension lives."""

import bpy

from . import panel_text

_PROGRESS_SHARE = 0.7
"""Of the sidebar's width, beside the button that cancels."""


def redraw_sidebars() -> None:
    """Draw the sidebars anew, and leave the 3D views beside them alone: those take long."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


class SidebarPanel:
    """What all our panels share: their place, and how they write long texts."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Mocap"
    layout: bpy.types.UILayout

    def draw_progress(self, fraction: float) -> None:
        """Draw how far a job is, in place of the button that began it."""
        row = self.layout.split(factor=_PROGRESS_SHARE, align=True)
        row.progress(factor=fraction, text=f"{round(100 * fraction)} %")
        row.operator("mvmocap.cancel_solve", text="Cancel")

    def draw_main_button(self, operator: str) -> None:
        """Draw the button that a panel is there for, larger than others."""
        button = self.layout.column()
        button.scale_y = 1.4
        button.operator(operator)

    def say(self, context: bpy.types.Context, layout: bpy.types.UILayout, text: str) -> None:
        """Write a text of any length, translated as a whole where Blender knows it."""
        scale = context.preferences.system.ui_scale
        column = layout.column(align=True)
        column.scale_y = 0.8
        translated = bpy.app.translations.pgettext_iface(text)
        for line in panel_text.wrapped(translated, context.region.width, scale):
            column.label(text=line, translate=False)
