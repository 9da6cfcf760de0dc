"""The Doctor: what the solver's process finds in this installation, and whether it can solve."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from .. import preferences, session
from ..shared_wheels import extensions_with
from ..worker_client import DONE, Job, Outcome, Step
from .job_operator import JobOperator

EXTENSION = "mvmocap"


class MVMOCAP_PG_doctor(bpy.types.PropertyGroup):
    """What the Doctor found in this session."""

    is_running: bpy.props.BoolProperty(name="Running", options={"SKIP_SAVE"})
    text: bpy.props.StringProperty(name="Findings", options={"SKIP_SAVE"})
    problem: bpy.props.StringProperty(
        name="Problem",
        description="What keeps a solve from working, and what to do; empty if nothing does",
        options={"SKIP_SAVE"},
    )


class MVMOCAP_OT_doctor(JobOperator, bpy.types.Operator):
    """Asks the core's worker, which has the packages that a solve has."""

    bl_idname = "mvmocap.doctor"
    bl_label = "Doctor"
    bl_description = "Look at what is installed and solve something known. Takes about five seconds"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One Doctor at a time."""
        return not context.window_manager.mvmocap_doctor.is_running

    def make_job(self, context: bpy.types.Context) -> Job:
        """Let the worker examine."""
        context.window_manager.mvmocap_doctor.is_running = True
        return Job([Step(("doctor", "--self-test"))], launch=session.launch())

    def ended(self, context: bpy.types.Context) -> None:
        """Offer the button again."""
        super().ended(context)
        context.window_manager.mvmocap_doctor.is_running = False
        preferences.redraw(context)

    def finished(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Tell what was found."""
        _keep(context, outcome, "")
        self.report({"INFO"}, "Everything works")

    def failed(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Tell what keeps a solve from working, and what was found on the way."""
        _keep(context, outcome, outcome.message)
        super().failed(context, outcome)


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


def _keep(context: bpy.types.Context, outcome: Outcome, problem: str) -> None:
    doctor = context.window_manager.mvmocap_doctor
    repositories = [Path(repo.directory) for repo in context.preferences.extensions.repos]
    doctor.problem, doctor.text = problem, findings_text(outcome, repositories)


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
