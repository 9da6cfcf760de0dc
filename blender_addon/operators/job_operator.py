"""What operators share that let the worker do something while Blender goes on."""

from contextlib import suppress

import bpy

from mvmocap_core.errors import Cancelled, MocapError

from ..panel_text import sentence
from ..solve_state import panel_words
from ..worker_client import CANCELLED, DONE, Job, Outcome, run_job
from ..worker_process import Message

_TICK_S = 0.1


class JobOperator:
    """Runs one job: beside the window where it was pressed there, while scripts wait for it.

    A subclass says what to do in `make_job`, and in `finished` what to make of it; the rest may be
    done otherwise too.

    is_pressed: it was asked for in a window, which goes on meanwhile and shows how far it is.
    """

    is_pressed = False

    def make_job(self, context: bpy.types.Context) -> Job | None:
        """The job; None where there is nothing to do first. Raises MocapError when it cannot be."""
        raise NotImplementedError

    def finished(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Take over what the job has done. Raises MocapError when it is of no use."""
        raise NotImplementedError

    def failed(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Tell why the job failed."""
        self.report({"ERROR"}, sentence(panel_words(outcome.message)))

    def begin(self, job: Job) -> None:
        """Start the job beside the window."""
        job.start()

    def heard(self, context: bpy.types.Context, message: Message) -> None:
        """Show a message of the worker."""
        if message.get("type") == "progress":
            percent = round(100 * message["fraction"])
            told = f"Mocap: {message['message']}, {percent} %  (Esc: cancel)"
            context.workspace.status_text_set(told)

    def ended(self, context: bpy.types.Context) -> None:
        """Stop showing that something is being done."""
        if context.workspace is not None:
            context.workspace.status_text_set(None)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start the worker and stay beside it."""
        self.is_pressed = not bpy.app.background
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the worker; where it was not pressed, wait for it."""
        try:
            self._job = self.make_job(context)
        except MocapError as error:
            self.report({"ERROR"}, sentence(panel_words(str(error))))
            return {"CANCELLED"}
        if self._job is None:
            return self._end(context, Outcome(DONE))
        if not self.is_pressed:
            with suppress(MocapError, Cancelled):  # told below, like every other end
                run_job(self._job, lambda message: None)
            return self._end(context, self._job.outcome or Outcome(CANCELLED))
        self.begin(self._job)
        self._timer = context.window_manager.event_timer_add(_TICK_S, window=context.window)
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
            self.heard(context, message)
        if outcome is None:
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return self._end(context, outcome)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away: its window closes, or another file is loaded."""
        if hasattr(self, "_timer"):  # not while the file browser is open
            self._job.cancel()
            context.window_manager.event_timer_remove(self._timer)
            self.ended(context)

    def _end(self, context: bpy.types.Context, outcome: Outcome) -> set[str]:
        self.ended(context)
        if outcome.status == CANCELLED:
            self.report({"WARNING"}, "Cancelled")
            return {"CANCELLED"}
        if outcome.status != DONE:
            self.failed(context, outcome)
            return {"CANCELLED"}
        try:
            self.finished(context, outcome)
        except MocapError as error:
            self.report({"ERROR"}, sentence(panel_words(str(error))))
            return {"CANCELLED"}
        return {"FINISHED"}
