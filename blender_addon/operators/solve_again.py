"""Solve again what the corrections change, in the worker, while Blender goes on."""

import bpy

from .. import session
from ..keypoint_overlay import redraw_views
from ..scene_take import load_clip, take_folder
from ..sidebar import redraw_sidebars
from ..solve_state import show_take
from ..worker_client import Job, Outcome, Step
from ..worker_process import Message
from .job_operator import JobOperator
from .scene import set_up_again


class MVMOCAP_OT_solve_again(JobOperator, bpy.types.Operator):
    """Makes the take's motion again with the corrections, and shows it where it is shown."""

    bl_idname = "mvmocap.solve_again"
    bl_label = "Solve Again"
    bl_description = (
        "Solve again what the corrections change, and a second on either side; all other frames "
        "stay. Cameras stay too, and no video is read, so that it takes seconds"
    )
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take was solved, and nobody is at work in it."""
        manager = context.window_manager
        if not context.scene.mvmocap.take_folder:
            cls.poll_message_set("Solve a take first")
            return False
        at_work = (manager.mvmocap, manager.mvmocap_clean, manager.mvmocap_correct)
        if any(state.is_running for state in at_work):
            cls.poll_message_set("Wait until the take is ready")
            return False
        return True

    def make_job(self, context: bpy.types.Context) -> Job:
        """Let the worker correct the take."""
        folder = take_folder(context.scene)
        self._scene_name = context.scene.name
        state = context.window_manager.mvmocap_correct
        state.is_running, state.progress = True, 0.0
        steps = [Step(("correct", str(folder)))]
        return Job(steps, name=folder.name, folder=folder, launch=session.launch())

    def begin(self, job: Job) -> None:
        """One job in a take at a time."""
        session.QUEUE.submit(job)

    def heard(self, context: bpy.types.Context, message: Message) -> None:
        """Show how far it is."""
        if message.get("type") == "progress":
            context.window_manager.mvmocap_correct.progress = message["fraction"]
            redraw_sidebars()

    def ended(self, context: bpy.types.Context) -> None:
        """Offer the button again."""
        context.window_manager.mvmocap_correct.is_running = False
        redraw_sidebars()

    def finished(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Show the new motion where the earlier one was shown."""
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            return
        show_take(context.window_manager.mvmocap, scene.mvmocap.take_folder)
        n_frames = len(load_clip(scene).times_s)
        if scene == context.scene:
            set_up_again(context)
        redraw_views()
        self.report({"INFO"}, f"Solved again: {n_frames} frames")


CLASSES = (MVMOCAP_OT_solve_again,)
