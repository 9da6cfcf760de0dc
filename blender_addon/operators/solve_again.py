"""Solve again what the corrections change, in the worker, while Blender goes on."""

import bpy

from .. import session
from ..keypoint_overlay import redraw_views
from ..scene_take import take_folder
from ..take_folders import label
from ..worker_client import Job, Outcome, Step
from .take_operator import RemakeOperator


class MVMOCAP_OT_solve_again(RemakeOperator, bpy.types.Operator):
    """Makes the take's motion again with the corrections, and shows it where it is shown."""

    bl_idname = "mvmocap.solve_again"
    bl_label = "Solve Again"
    bl_description = (
        "Solve again what the corrections change, and a second on either side; all other frames "
        "stay. Cameras stay too, and no video is read, so that it takes seconds"
    )
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    state_name = "mvmocap_correct"

    def make_job(self, context: bpy.types.Context) -> Job:
        """Let the worker correct the take."""
        folder = take_folder(context.scene)
        self.started(context)
        steps = [Step(("correct", str(folder)))]
        return Job(steps, name=label(folder), folder=folder, launch=session.launch())

    def finished(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Show the new motion where the earlier one was shown."""
        shown = self.show(context)
        if shown is not None:
            redraw_views()
            self.report({"INFO"}, f"Solved again: {shown[1]} frames")


CLASSES = (MVMOCAP_OT_solve_again,)
