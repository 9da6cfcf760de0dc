"""Clean the take's motion up with the panel's choices, in the worker, while Blender goes on."""

from pathlib import Path

import bpy

from .. import session
from ..armature.scene import PART_KEY
from ..clean_properties import clean_arguments
from ..scene_take import footage_arguments, proxies_of, take_folder, time_of
from ..take_folders import label
from ..worker_client import Job, Outcome, Step
from .take_operator import RemakeOperator

_CLEAN_SHARE = 0.5


class MVMOCAP_OT_clean_up(RemakeOperator, bpy.types.Operator):
    """Makes the take's motion again from what was solved, and shows it where it is shown."""

    bl_idname = "mvmocap.clean_up"
    bl_label = "Clean Up"
    bl_description = (
        "Make the take's motion again with these choices. It starts from what was solved every "
        "time, and takes seconds"
    )
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    state_name = "mvmocap_clean"

    def make_job(self, context: bpy.types.Context) -> Job:
        """Let the worker clean the take up."""
        folder = take_folder(context.scene)
        options = context.scene.mvmocap_clean.to_options()
        self.started(context)
        return clean_job(folder, clean_arguments(folder, options))

    def finished(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Show the new motion where the earlier one was shown."""
        shown = self.show(context)
        if shown is not None:
            scene, n_frames, is_shown = shown
            rest = _still_to_do(scene, is_shown=is_shown)
            self.report({"INFO"}, f"Cleaned up: {n_frames} frames{rest}")


class MVMOCAP_OT_trim_here(bpy.types.Operator):
    """Puts the in or the out point of the trim to the current frame."""

    bl_idname = "mvmocap.trim_here"
    bl_label = "Current Frame"
    bl_description = "Put this point of the trim to the scene's current frame"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender's way

    end: bpy.props.EnumProperty(
        name="Point", items=(("IN", "In", "First to keep"), ("OUT", "Out", "Last to keep"))
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take was solved."""
        return bool(context.scene.mvmocap.take_folder)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put it there."""
        clean, frame = context.scene.mvmocap_clean, context.scene.frame_current
        name = "start_s" if self.end == "IN" else "end_s"
        setattr(clean, name, time_of(context, frame))
        self.report({"INFO"}, f"{self.end.capitalize()} at frame {frame}")
        return {"FINISHED"}


def clean_job(folder: Path, arguments: tuple[str, ...]) -> Job:
    """The job behind the operator: the clean-up, and the footage that a trim changes."""
    steps = [Step(arguments, share=_CLEAN_SHARE)]
    footage = footage_arguments(folder)
    if footage and proxies_of(folder, 1)[0].is_file():
        steps.append(Step(footage, share=1.0 - _CLEAN_SHARE, is_optional=True))
    return Job(steps, name=label(folder), folder=folder, launch=session.launch())


def _still_to_do(scene: bpy.types.Scene, *, is_shown: bool) -> str:
    baked = scene.mvmocap_bake.baked
    if baked is None or (is_shown and PART_KEY in baked):
        return ""
    return f". Bake again, so that {baked.name} moves so too"


CLASSES = (MVMOCAP_OT_clean_up, MVMOCAP_OT_trim_here)
