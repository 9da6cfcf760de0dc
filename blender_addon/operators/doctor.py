"""The Doctor: what the solver's process finds in this installation, and whether it can solve."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from mvmocap_core.errors import Cancelled, MocapError

from .. import preferences, session
from ..shared_wheels import extensions_with
from ..worker_client import CANCELLED, DONE, Job, Outcome, Step, run_job

EXTENSION = "mvmocap"
TICK_S = 0.1


class MVMOCAP_PG_doctor(bpy.types.PropertyGroup):
    """What the Doctor found in this session."""

    is_running: bpy.props.BoolProperty(name="Running", options={"SKIP_SAVE"})
    text: bpy.props.StringProperty(name="Findings", options={"SKIP_SAVE"})
    problem: bpy.props.StringProperty(
        name="Problem",
        description="What keeps a solve from working, and what to do; empty if nothing does",
        options={"SKIP_SAVE"},
    )


class MVMOCAP_OT_doctor(bpy.types.Operator):
    """Asks the core's worker, which has the packages that a solve has."""

    bl_idname = "mvmocap.doctor"
    bl_label = "Doctor"
    bl_description = "Look at what is installed and solve something known. Takes about five seconds"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One Doctor at a time."""
        return not context.window_manager.mvmocap_doctor.is_running

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Examine while Blender goes on."""
        if bpy.app.background:
            return self.execute(context)
        self._begin(context)
        self._job.start()
        self._timer = context.window_manager.event_timer_add(TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Wait for the worker's answer; Esc gives up."""
        if event.type == "ESC" and event.value == "PRESS":
            self._job.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER" or self._job.outcome is None:
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return self._finish(context, self._job.outcome)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away, with its window."""
        self._job.cancel()
        context.window_manager.mvmocap_doctor.is_running = False
        context.window_manager.event_timer_remove(self._timer)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Examine and wait, for scripts and for Blender without a window."""
        self._begin(context)
        try:
            outcome = run_job(self._job, lambda message: None)
        except (MocapError, Cancelled):  # told below, like every other end
            outcome = self._job.outcome or Outcome(CANCELLED)
        return self._finish(context, outcome)

    def _begin(self, context: bpy.types.Context) -> None:
        context.window_manager.mvmocap_doctor.is_running = True
        self._job = Job([Step(("doctor", "--self-test"))], launch=session.launch())

    def _finish(self, context: bpy.types.Context, outcome: Outcome) -> set[str]:
        doctor = context.window_manager.mvmocap_doctor
        doctor.is_running = False
        preferences.redraw(context)
        if outcome.status == CANCELLED:
            self.report({"WARNING"}, "The Doctor was stopped")
            return {"CANCELLED"}
        repositories = [Path(repo.directory) for repo in context.preferences.extensions.repos]
        doctor.problem = "" if outcome.status == DONE else outcome.message
        doctor.text = findings_text(outcome, repositories)
        if doctor.problem:
            self.report({"ERROR"}, doctor.problem)
        else:
            self.report({"INFO"}, "Everything works")
        return {"FINISHED"}


class MVMOCAP_OT_copy_doctor(bpy.types.Operator):
    """Puts the findings onto the clipboard."""

    bl_idname = "mvmocap.copy_doctor"
    bl_label = "Copy for a Bug Report"
    bl_description = "Copy what the Doctor found, to paste it into a bug report"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There has to be something to copy."""
        has_text = bool(context.window_manager.mvmocap_doctor.text)
        if not has_text:
            cls.poll_message_set("Ask the Doctor first")
        return has_text

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Copy."""
        context.window_manager.clipboard = context.window_manager.mvmocap_doctor.text
        self.report({"INFO"}, "Copied")
        return {"FINISHED"}


def findings_text(outcome: Outcome, repositories: Sequence[Path]) -> str:
    """What the Doctor found, line by line, for a bug report.

    repositories: folders of Blender's extension repositories, to name who else brings a package.
    """
    lines = [f"Blender {bpy.app.version_string}"]
    lines += [f"PROBLEM: {outcome.message}"] if outcome.status != DONE else []
    for findings in outcome.results:
        lines += str(findings.get("text", "")).splitlines()
        lines += _culprits(findings.get("conflicts", []), repositories)
    lines += [f"log: {outcome.log}"] if outcome.log is not None else []
    return "\n".join(lines)


def _culprits(conflicts: Sequence[dict[str, Any]], repositories: Sequence[Path]) -> list[str]:
    lines = []
    for conflict in conflicts:
        names = extensions_with(conflict["package"], repositories, but=EXTENSION)
        if names:
            lines.append(f"{conflict['package']} is brought by: {', '.join(names)}")
    return lines


CLASSES = (MVMOCAP_PG_doctor, MVMOCAP_OT_doctor, MVMOCAP_OT_copy_doctor)
POINTERS = ((bpy.types.WindowManager, "mvmocap_doctor", MVMOCAP_PG_doctor),)
