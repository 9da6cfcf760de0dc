"""Mark what the detector got wrong in the current frame or over a range, and take it back."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import bpy

from mvmocap_core.errors import InputError, MocapError

from ..keypoint_overlay import redraw_views
from ..keypoint_view import solved_view, video_times_s
from ..panel_text import sentence
from ..scene_take import time_of
from ..take_corrections import edit, list_corrections
from ..take_identities import change_identities, identities_of
from .take_poll import KeypointsPoll

if TYPE_CHECKING:  # numpy comes with it: no part of Blender's start
    from mvmocap_core.corrections.corrections import Corrections


_HALF_FRAME = 0.5
"""A contact is held from before its first frame to after its last one."""


class Correcting(KeypointsPoll):
    """An operator that changes the corrections while keypoints are shown: one step of undo."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    def change(
        self, context: bpy.types.Context
    ) -> tuple[Callable[["Corrections"], "Corrections"], str]:
        """What to do with the corrections, and what to say. Raises MocapError if it cannot be."""
        raise NotImplementedError

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do it."""
        try:
            change, said = self.change(context)
            edit(context, change)
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        redraw_views()
        self.report({"INFO"}, said)
        return {"FINISHED"}


class MVMOCAP_OT_hide_landmark(Correcting, bpy.types.Operator):
    """Say that a landmark is not to be seen, or forget what was said of it."""

    bl_idname = "mvmocap.hide_landmark"
    bl_label = "Hide Landmark"
    bl_description = (
        "Say that the chosen landmark cannot be seen in this video, so that the other one decides. "
        "A hand goes with its wrist and a foot with its ankle"
    )

    is_hidden: bpy.props.BoolProperty(
        name="Hidden",
        description="It is hidden; else what was moved and hidden of it is taken back",
        default=True,
        options={"SKIP_SAVE"},
    )

    def change(
        self, context: bpy.types.Context
    ) -> tuple[Callable[["Corrections"], "Corrections"], str]:
        """Hide it, or show it again as it was found."""
        from mvmocap_core.corrections.corrections import HiddenLandmark
        from mvmocap_core.corrections.edit import FOLLOWERS, hide_landmark, show_landmark

        view, start_s, end_s = _range_s(context)
        landmark = context.scene.mvmocap_correct.landmark
        do, word = (hide_landmark, "Hidden") if self.is_hidden else (show_landmark, "As found")

        def change(corrections: "Corrections") -> "Corrections":
            for name in (landmark, *FOLLOWERS.get(landmark, ())):
                corrections = do(corrections, view, HiddenLandmark(name, start_s, end_s))
            return corrections

        return change, f"{word}: {landmark.replace('_', ' ')}, {_frames(context)}"


class MVMOCAP_OT_mark_sides(Correcting, bpy.types.Operator):
    """Say whether the detector took left for right."""

    bl_idname = "mvmocap.mark_sides"
    bl_label = "Mark Sides"
    bl_description = "Exchange left and right in this video"

    def change(
        self, context: bpy.types.Context
    ) -> tuple[Callable[["Corrections"], "Corrections"], str]:
        """Exchange what is shown now: what was found swapped by itself is swapped back."""
        from mvmocap_core.corrections.corrections import SideState
        from mvmocap_core.corrections.edit import mark_sides

        from ..keypoint_view import are_sides_swapped

        view, start_s, end_s = _range_s(context)
        part = context.scene.mvmocap_correct.part.lower()
        is_swapped = not are_sides_swapped(context, view, part)
        sides = SideState(part, start_s, end_s, is_swapped)
        said = f"Left and right exchanged, {_frames(context)}"
        return lambda corrections: mark_sides(corrections, view, sides), said


class MVMOCAP_OT_mark_contact(Correcting, bpy.types.Operator):
    """Say whether a foot stands on the floor."""

    bl_idname = "mvmocap.mark_contact"
    bl_label = "Mark Contact"
    bl_description = "Say whether the foot stands on the floor, where the clean-up holds it"

    in_contact: bpy.props.BoolProperty(
        name="Stands", description="It stands; else it is lifted", default=True
    )

    def change(
        self, context: bpy.types.Context
    ) -> tuple[Callable[["Corrections"], "Corrections"], str]:
        """Mark heel, toe or both."""
        from mvmocap_core.corrections.corrections import FootContact
        from mvmocap_core.corrections.edit import mark_contact

        correct = context.scene.mvmocap_correct
        first, last = correct.frames(context.scene.frame_current)
        points = ("heel", "toe") if correct.point == "BOTH" else (correct.point.lower(),)
        contacts = [
            FootContact(
                foot=correct.foot.lower(),
                point=point,
                start_s=time_of(context, first - _HALF_FRAME),
                end_s=time_of(context, last + _HALF_FRAME),
                in_contact=self.in_contact,
            )
            for point in points
        ]

        def change(corrections: "Corrections") -> "Corrections":
            for contact in contacts:
                corrections = mark_contact(corrections, contact)
            return corrections

        word = "stands" if self.in_contact else "is lifted"
        return change, f"{correct.foot.capitalize()} foot {word}, {_frames(context)}"


class MVMOCAP_OT_remove_correction(Correcting, bpy.types.Operator):
    """Take a correction back."""

    bl_idname = "mvmocap.remove_correction"
    bl_label = "Remove Correction"
    bl_description = "Take the correction that is chosen in the list back"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Who is who stands below the chosen performer's corrections in the list."""
        identities = identities_of(context.scene)
        place = context.scene.mvmocap_correct.active_item
        first = len(context.scene.mvmocap_correct.items) - len(identities)
        if not 0 <= place - first < len(identities):
            return super().execute(context)
        try:
            others = [each for at, each in enumerate(identities) if at != place - first]
            change_identities(context.scene, others)
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        list_corrections(context)
        redraw_views()
        return {"FINISHED"}

    def change(
        self, context: bpy.types.Context
    ) -> tuple[Callable[["Corrections"], "Corrections"], str]:
        """Leave the chosen one out."""
        from mvmocap_core.corrections.edit import entries, without

        correct = context.scene.mvmocap_correct
        place = correct.active_item
        if place >= len(correct.items):
            raise InputError("choose a correction in the list.", reason="no_correction")
        said = f"Removed: {correct.items[place].text}"
        return lambda corrections: without(corrections, entries(corrections)[place]), said


class MVMOCAP_OT_range_here(bpy.types.Operator):
    """Put an end of the range to the current frame."""

    bl_idname = "mvmocap.range_here"
    bl_label = "Current Frame"
    bl_description = "Put this end of the range to the scene's current frame"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    end: bpy.props.EnumProperty(
        name="End", items=(("FIRST", "First", "Its beginning"), ("LAST", "Last", "Its end"))
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put it there."""
        frame = context.scene.frame_current
        setattr(context.scene.mvmocap_correct, self.end.lower(), frame)
        self.report({"INFO"}, f"{self.end.capitalize()} frame: {frame}")
        return {"FINISHED"}


def _range_s(context: bpy.types.Context) -> tuple[int, float, float]:
    """The video that is looked at, and the first and last moment to mark, on its own clock."""
    view = solved_view(context.scene)
    if view is None:
        raise InputError("look through a solved camera first.", reason="no_camera")
    frames = context.scene.mvmocap_correct.frames(context.scene.frame_current)
    start_s, end_s = video_times_s(context, view, frames)
    return view, start_s, end_s


def _frames(context: bpy.types.Context) -> str:
    first, last = context.scene.mvmocap_correct.frames(context.scene.frame_current)
    return f"frame {first}" if first == last else f"frames {first} to {last}"


CLASSES = (
    MVMOCAP_OT_hide_landmark,
    MVMOCAP_OT_mark_sides,
    MVMOCAP_OT_mark_contact,
    MVMOCAP_OT_remove_correction,
    MVMOCAP_OT_range_here,
)
