"""The panel of the corrections by hand."""

from typing import Any

import bpy

from .correct_properties import shown_take
from .keypoint_view import solved_view
from .performer_choice import draw_performers
from .scene_take import count_people
from .sidebar import SidebarPanel


class MVMOCAP_UL_corrections(bpy.types.UIList):
    """What was corrected in the take."""

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
        """One correction: what, and where."""
        row = layout.split(factor=0.62)
        row.label(text=item.text)
        row.label(text=item.place)


class MVMOCAP_PT_correct(SidebarPanel, bpy.types.Panel):
    """Put right what the detector got wrong."""

    bl_idname = "MVMOCAP_PT_correct"
    bl_label = "Correct"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what can be corrected, what was, and the button or the progress."""
        layout = self.layout
        correct, state = context.scene.mvmocap_correct, context.window_manager.mvmocap_correct
        is_shown = shown_take(context.scene) is not None
        text = "Hide Keypoints" if is_shown else "Show Keypoints"
        toggle = layout.operator("mvmocap.show_keypoints", text=text, depress=is_shown)
        toggle.is_shown = not is_shown
        if not is_shown:
            return
        view = solved_view(context.scene)
        row = layout.row(align=True)
        row.label(text="No video" if view is None else f"Video {view + 1}")
        row.operator("mvmocap.look_through")
        if count_people(context.scene) > 1:
            draw_performers(layout, context.scene, correct)
            self._draw_performers(correct)
        self._draw_range(correct)
        self._draw_landmark(correct)
        self._draw_sides(correct)
        self._draw_contact(correct)
        self._draw_list(correct)
        if state.is_running:
            self.draw_progress(state.progress)
            return
        self.draw_main_button("mvmocap.solve_again")

    def _draw_performers(self, correct: Any) -> None:
        column = self.layout.column(align=True)
        row = column.row(align=True)
        row.prop(correct, "other", text="")
        row.operator("mvmocap.exchange_performers", text="Exchange")
        column.operator("mvmocap.join_performer")

    def _draw_range(self, correct: Any) -> None:
        column = self.layout.column(align=True)
        column.prop(correct, "use_range")
        if correct.use_range:
            for name in ("first", "last"):
                row = column.row(align=True)
                row.prop(correct, name)
                row.operator("mvmocap.range_here", text="", icon="TIME").end = name.upper()

    def _draw_landmark(self, correct: Any) -> None:
        column = self.layout.column(align=True)
        column.prop(correct, "landmark", text="")
        row = column.row(align=True)
        row.operator("mvmocap.hide_landmark", text="Hide").is_hidden = True
        row.operator("mvmocap.hide_landmark", text="As Found").is_hidden = False

    def _draw_sides(self, correct: Any) -> None:
        row = self.layout.row(align=True)
        row.prop(correct, "part", text="")
        row.operator("mvmocap.mark_sides", text="Swap Sides")

    def _draw_contact(self, correct: Any) -> None:
        column = self.layout.column(align=True)
        row = column.row(align=True)
        row.prop(correct, "foot", text="")
        row.prop(correct, "point", text="")
        row = column.row(align=True)
        row.operator("mvmocap.mark_contact", text="Stands").in_contact = True
        row.operator("mvmocap.mark_contact", text="Is Lifted").in_contact = False

    def _draw_list(self, correct: Any) -> None:
        column = self.layout.column()  # all of the width: the texts are cut off beside a button
        column.template_list(
            "MVMOCAP_UL_corrections", "", correct, "items", correct, "active_item", rows=3
        )
        column.operator("mvmocap.remove_correction")


CLASSES = (MVMOCAP_UL_corrections, MVMOCAP_PT_correct)
