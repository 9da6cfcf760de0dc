"""Show the keypoints of the take over its footage, and move them."""

import math
from typing import TYPE_CHECKING

import bpy

from mvmocap_core.errors import InputError, MocapError

from .. import correct_tool
from ..footage_frame import FootageFrame, footage_frame
from ..keypoint_overlay import places, redraw_views
from ..keypoint_view import keypoints_now, solved_view
from ..panel_text import sentence
from ..performer_choice import chosen
from ..scene_take import count_people, take_folder
from ..take_corrections import edit, hide, keep
from ..take_identities import hold_identities
from .take_poll import KeypointsPoll, TakePoll

if TYPE_CHECKING:  # numpy comes with it: no part of Blender's start
    from ..keypoint_view import FrameKeypoints

_REACH_PX = 14.0
"""How far from a keypoint the mouse may be to take hold of it."""
_STILL_PX = 2.5
"""A mouse that moves less has clicked."""


class MVMOCAP_OT_show_keypoints(TakePoll, bpy.types.Operator):
    """Show what the solver has seen, or hide it again."""

    bl_idname = "mvmocap.show_keypoints"
    bl_label = "Show Keypoints"
    bl_description = (
        "Show the points of the body that were found in the video, over the footage of the camera "
        "that is looked through, to put them right"
    )
    bl_options = {"REGISTER", "UNDO"}

    is_shown: bpy.props.BoolProperty(
        name="Show", description="Show them; else hide them", default=True, options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the take's corrections, and show."""
        if not self.is_shown:
            hide(context.scene)
            correct_tool.leave(context)
            redraw_views()
            return {"FINISHED"}
        try:
            n_found = _begin(context)
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        correct_tool.take(context)
        redraw_views()
        self.report({"INFO"}, f"{n_found} earlier corrections. Drag a point to put it right")
        return {"FINISHED"}


class MVMOCAP_OT_move_keypoint(KeypointsPoll, bpy.types.Operator):
    """Put a landmark to its place in the current frame of the video that is looked at."""

    bl_idname = "mvmocap.move_keypoint"
    bl_label = "Move Keypoint"
    bl_description = (
        "Drag a keypoint to its place. A hand goes with its wrist and a foot with its ankle; hold "
        "Ctrl to move the point alone, Shift to put the chosen landmark under the mouse"
    )
    bl_options = {"REGISTER", "UNDO"}

    landmark: bpy.props.StringProperty(name="Landmark", description="One of the detector's 33")
    x_px: bpy.props.FloatProperty(name="X", description="Pixels of the video from its left edge")
    y_px: bpy.props.FloatProperty(name="Y", description="Pixels of the video from its top edge")
    is_alone: bpy.props.BoolProperty(
        name="Alone", description="Leave hand or foot where they are", options={"SKIP_SAVE"}
    )
    is_chosen: bpy.props.BoolProperty(
        name="Chosen Landmark",
        description="Put the panel's landmark under the mouse",
        options={"SKIP_SAVE", "HIDDEN"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put it there."""
        try:
            now = keypoints_now(context)
            _move(context, now, self.landmark, (self.x_px, self.y_px), is_alone=self.is_alone)
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        redraw_views()
        self.report({"INFO"}, f"Moved {self.landmark.replace('_', ' ')}")
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take hold of the keypoint under the mouse."""
        view = getattr(context, "region_data", None)
        frame = view and footage_frame(context.scene, context.region, view)
        if not frame:
            return {"CANCELLED", "PASS_THROUGH"}
        try:
            now = keypoints_now(context)
        except MocapError as error:
            self.report({"WARNING"}, sentence(str(error)))
            return {"CANCELLED"}
        mouse = (event.mouse_region_x, event.mouse_region_y)
        landmark = self._under(context, now, frame, mouse)
        if not landmark:
            return {"CANCELLED", "PASS_THROUGH"}
        context.scene.mvmocap_correct.landmark = landmark
        self._grip(context, now, frame, landmark, mouse)
        context.window_manager.modal_handler_add(self)
        redraw_views()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the mouse; letting go puts the landmark there, Esc leaves it."""
        mouse = (event.mouse_region_x, event.mouse_region_y)
        if event.type in {"ESC", "RIGHTMOUSE"}:
            return self._let_go(context)
        if event.type == "MOUSEMOVE":
            self._follow(context, mouse)
            return {"RUNNING_MODAL"}
        if event.type != "LEFTMOUSE" or event.value != "RELEASE":
            return {"RUNNING_MODAL"}
        state = context.window_manager.mvmocap_correct
        place = self._now.filmed_px(tuple(state.drag_px))
        is_click = not self.is_chosen and math.dist(mouse, self._pressed) < _STILL_PX
        self._let_go(context)
        if is_click:  # it is chosen now, and stays where it was
            return {"CANCELLED"}
        self.x_px, self.y_px = place
        return self.execute(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away."""
        self._let_go(context)

    def _under(
        self,
        context: bpy.types.Context,
        now: "FrameKeypoints",
        frame: FootageFrame,
        mouse: tuple[float, float],
    ) -> str:
        if self.is_chosen:
            return context.scene.mvmocap_correct.landmark
        return nearest(places(context, now, frame), mouse, context.preferences.system.ui_scale)

    def _grip(
        self,
        context: bpy.types.Context,
        now: "FrameKeypoints",
        frame: FootageFrame,
        landmark: str,
        mouse: tuple[float, float],
    ) -> None:
        place = places(context, now, frame).get(landmark, mouse)
        by = (0.0, 0.0) if self.is_chosen else (place[0] - mouse[0], place[1] - mouse[1])
        self._now, self._frame, self._pressed, self._by = now, frame, mouse, by
        self.landmark = landmark
        state = context.window_manager.mvmocap_correct
        state.dragged, state.is_alone = landmark, self.is_alone
        self._follow(context, mouse)

    def _follow(self, context: bpy.types.Context, mouse: tuple[float, float]) -> None:
        place = self._frame.to_footage(mouse[0] + self._by[0], mouse[1] + self._by[1])
        context.window_manager.mvmocap_correct.drag_px = place
        redraw_views()

    def _let_go(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.mvmocap_correct.dragged = ""
        redraw_views()
        return {"CANCELLED"}


def nearest(shown: dict[str, tuple[float, float]], mouse: tuple[float, float], scale: float) -> str:
    """The landmark under the mouse; empty where there is none."""
    if not shown:
        return ""
    landmark = min(shown, key=lambda name: math.dist(shown[name], mouse))
    return landmark if math.dist(shown[landmark], mouse) <= _REACH_PX * scale else ""


def _begin(context: bpy.types.Context) -> int:
    """Show the take's keypoints. Returns how many corrections the performer has already."""
    from mvmocap_core.corrections.files import load_corrections, load_identities
    from mvmocap_core.corrections.keypoints import load_keypoints

    scene = context.scene
    folder = take_folder(scene)
    load_keypoints(folder, chosen(scene.mvmocap_correct))
    n_people = max(count_people(scene), 1)
    corrections = [load_corrections(folder, person) for person in range(n_people)]
    if solved_view(scene) is None:
        message = "look through a camera of the take: Set Up Scene, or Next Camera."
        raise InputError(message, reason="no_camera")
    correct = scene.mvmocap_correct
    correct.folder = scene.mvmocap.take_folder
    hold_identities(scene, load_identities(folder))
    correct.first = correct.last = scene.frame_current
    keep(context, corrections)
    return len(correct.items)


def _move(
    context: bpy.types.Context,
    now: "FrameKeypoints",
    landmark: str,
    place: tuple[float, float],
    *,
    is_alone: bool,
) -> None:
    from mvmocap_core.corrections.corrections import Corrections, MovedKeypoint
    from mvmocap_core.corrections.edit import move_keypoint, with_followers

    moved = MovedKeypoint(landmark, now.time_s, *place)
    every = [moved] if is_alone else with_followers(moved, now.xy_px)

    def change(corrections: Corrections) -> Corrections:
        for each in every:
            corrections = move_keypoint(corrections, now.view, each)
        return corrections

    edit(context, change)


CLASSES = (MVMOCAP_OT_show_keypoints, MVMOCAP_OT_move_keypoint)
