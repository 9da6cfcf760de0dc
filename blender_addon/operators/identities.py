"""Say who is who in a take of several performers."""

import bpy

from mvmocap_core.errors import InputError, MocapError

from ..footage_frame import footage_frame
from ..keypoint_overlay import redraw_views
from ..keypoint_view import keypoints_now, solved_view, video_times_s
from ..panel_text import sentence
from ..performer_choice import chosen
from ..scene_take import count_people
from ..take_corrections import list_corrections
from ..take_identities import change_identities, identities_of
from .take_poll import KeypointsPoll


class SeveralPoll(KeypointsPoll):
    """Offers an operator while keypoints of a take of several performers are shown."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There are others."""
        if not super().poll(context):
            return False
        if count_people(context.scene) > 1:
            return True
        cls.poll_message_set("The take has one performer")
        return False


class MVMOCAP_OT_exchange_performers(SeveralPoll, bpy.types.Operator):
    """Say that two performers were taken for each other in a video."""

    bl_idname = "mvmocap.exchange_performers"
    bl_label = "Exchange Performers"
    bl_description = (
        "The two performers were taken for each other in this video: from the current frame on, or "
        "over the range. Solve Again puts it right"
    )
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Exchange the chosen one and the other."""
        from mvmocap_core.corrections.identities import ExchangedPeople

        scene = context.scene
        correct = scene.mvmocap_correct
        view, pair = solved_view(scene), (chosen(correct) + 1, int(correct.other or 0) + 1)
        first, last = correct.frames(scene.frame_current)
        try:
            if view is None:
                raise InputError("look through a solved camera first.", reason="no_camera")
            start_s, end_s = video_times_s(context, view, (first, last))
            until_s = end_s if correct.use_range else None
            exchanged = ExchangedPeople(view + 1, *pair, start_s, until_s)
            change_identities(scene, [*identities_of(scene), exchanged])
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        list_corrections(context)
        part = f"in frames {first} to {last}" if correct.use_range else f"from frame {first} on"
        self.report({"INFO"}, f"Performers {pair[0]} and {pair[1]} exchanged {part}")
        return {"FINISHED"}


class MVMOCAP_OT_join_performer(SeveralPoll, bpy.types.Operator):
    """Say that somebody who was left out is a performer."""

    bl_idname = "mvmocap.join_performer"
    bl_label = "Join to Performer"
    bl_description = (
        "Click on somebody in the footage who was left out, shown in grey: it is the chosen "
        "performer, for as long as it was followed. Solve Again puts it right"
    )
    bl_options = {"REGISTER", "UNDO"}

    x_px: bpy.props.FloatProperty(name="X", description="Pixels of the video from its left edge")
    y_px: bpy.props.FloatProperty(name="Y", description="Pixels of the video from its top edge")

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Wait for a click on the footage."""
        context.window.cursor_modal_set("EYEDROPPER")
        context.workspace.status_text_set("Click on the one who is the performer (Esc: cancel)")
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take the place of the click."""
        if event.type in {"ESC", "RIGHTMOUSE"}:
            self.cancel(context)
            return {"CANCELLED"}
        if event.type != "LEFTMOUSE" or event.value != "PRESS":
            return {"PASS_THROUGH"}
        self.cancel(context)
        region = _view_region(context, (event.mouse_x, event.mouse_y))
        frame = region and footage_frame(context.scene, *region)
        if not frame:
            self.report({"WARNING"}, "Click on the footage, looking through a camera")
            return {"CANCELLED"}
        place = event.mouse_x - region[0].x, event.mouse_y - region[0].y
        try:
            now = keypoints_now(context)
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        self.x_px, self.y_px = now.filmed_px(frame.to_footage(*place))
        return self.execute(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Give the cursor back."""
        context.window.cursor_modal_restore()
        context.workspace.status_text_set(None)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Join whoever is there to the chosen performer."""
        from mvmocap_core.corrections.identities import JoinedFragment

        scene = context.scene
        try:
            now = keypoints_now(context)
            person = chosen(scene.mvmocap_correct) + 1
            joined = JoinedFragment(now.view + 1, person, now.time_s, self.x_px, self.y_px)
            change_identities(scene, [*identities_of(scene), joined])
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        list_corrections(context)
        redraw_views()
        self.report({"INFO"}, f"Joined to performer {person}")
        return {"FINISHED"}


def _view_region(
    context: bpy.types.Context, mouse: tuple[int, int]
) -> tuple[bpy.types.Region, bpy.types.RegionView3D] | None:
    """The 3D view under the mouse."""
    for area in context.window.screen.areas:
        for region in area.regions if area.type == "VIEW_3D" else ():
            is_in_x = region.x <= mouse[0] < region.x + region.width
            if region.type == "WINDOW" and is_in_x and 0 <= mouse[1] - region.y < region.height:
                return region, area.spaces.active.region_3d
    return None


CLASSES = (MVMOCAP_OT_exchange_performers, MVMOCAP_OT_join_performer)
