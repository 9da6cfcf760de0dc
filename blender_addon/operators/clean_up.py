"""Clean the take's motion up with the panel's choices, in the worker, while Blender goes on."""

from contextlib import suppress
from pathlib import Path

import bpy

from mvmocap_core.errors import Cancelled, MocapError

from .. import session
from ..armature.scene import PART_KEY
from ..clean_properties import clean_arguments
from ..panel_text import sentence
from ..scene_take import footage_arguments, load_clip, proxies_of, take_folder, time_of
from ..sidebar import redraw_sidebars
from ..solve_state import panel_words, show_take
from ..worker_client import CANCELLED, DONE, Job, Outcome, Step, run_job
from .scene import set_up_again

TICK_S = 0.1
_CLEAN_SHARE = 0.5


class MVMOCAP_OT_clean_up(bpy.types.Operator):
    """Makes the take's motion again from what was solved, and shows it where it is shown."""

    bl_idname = "mvmocap.clean_up"
    bl_label = "Clean Up"
    bl_description = (
        "Make the take's motion again with these choices. It starts from what was solved every "
        "time, and takes seconds"
    )
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take was solved, and nobody is at work in it."""
        manager = context.window_manager
        if not context.scene.mvmocap.take_folder:
            cls.poll_message_set("Solve a take first")
            return False
        if manager.mvmocap.is_running or manager.mvmocap_clean.is_running:
            cls.poll_message_set("Wait until the take is ready")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start the worker and stay beside it."""
        if bpy.app.background:
            return self.execute(context)
        if not self._prepare(context):
            return {"CANCELLED"}
        session.QUEUE.submit(self._job)
        self._timer = context.window_manager.event_timer_add(TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Show how far it is; Esc stops."""
        if event.type == "ESC" and event.value == "PRESS":
            self._job.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        outcome = self._job.outcome  # before its last messages are taken, not after
        for message in self._job.messages():
            if message.get("type") == "progress":
                context.window_manager.mvmocap_clean.progress = message["fraction"]
                redraw_sidebars()
        if outcome is None:
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return self._finish(context, outcome)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away: its window closes, or another file is loaded."""
        self._job.cancel()
        context.window_manager.mvmocap_clean.is_running = False
        context.window_manager.event_timer_remove(self._timer)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Clean up and wait, for scripts and for Blender without a window."""
        if not self._prepare(context):
            return {"CANCELLED"}
        with suppress(MocapError, Cancelled):  # told below, like every other end
            run_job(self._job, lambda message: None)
        return self._finish(context, self._job.outcome or Outcome(CANCELLED))

    def _prepare(self, context: bpy.types.Context) -> bool:
        try:
            self._folder = take_folder(context.scene)
            options = context.scene.mvmocap_clean.to_options()
        except MocapError as error:
            self.report({"ERROR"}, sentence(panel_words(str(error))))
            return False
        self._scene_name = context.scene.name
        self._job = clean_job(self._folder, clean_arguments(self._folder, options))
        state = context.window_manager.mvmocap_clean
        state.is_running, state.progress = True, 0.0
        return True

    def _finish(self, context: bpy.types.Context, outcome: Outcome) -> set[str]:
        context.window_manager.mvmocap_clean.is_running = False
        redraw_sidebars()
        if outcome.status != DONE:
            is_cancelled = outcome.status == CANCELLED
            told = "Cancelled" if is_cancelled else sentence(panel_words(outcome.message))
            self.report({"WARNING" if is_cancelled else "ERROR"}, told)
            return {"CANCELLED"}
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            return {"FINISHED"}
        show_take(context.window_manager.mvmocap, scene.mvmocap.take_folder)
        n_frames = len(load_clip(scene).times_s)
        is_shown = scene == context.scene and set_up_again(context)
        rest = _still_to_do(scene, is_shown=is_shown)
        self.report({"INFO"}, f"Cleaned up: {n_frames} frames{rest}")
        return {"FINISHED"}


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
    return Job(steps, name=folder.name, folder=folder, launch=session.launch())


def _still_to_do(scene: bpy.types.Scene, *, is_shown: bool) -> str:
    baked = scene.mvmocap_bake.baked
    if baked is None or (is_shown and PART_KEY in baked):
        return ""
    return f". Bake again, so that {baked.name} moves so too"


CLASSES = (MVMOCAP_OT_clean_up, MVMOCAP_OT_trim_here)
