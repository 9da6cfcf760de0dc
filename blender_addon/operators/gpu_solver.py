"""Install and remove PyTorch for the graphics card."""

import bpy

from .. import preferences
from ..gpu_solver.builds import GpuSolverError, build_for_this_machine
from ..gpu_solver.graphics import find_card
from ..gpu_solver.install import read_installed, remove
from ..gpu_solver.job import InstallJob

TICK_S = 0.2
_DIALOG_WIDTH = 440


class MVMOCAP_PG_gpu_solver(bpy.types.PropertyGroup):
    """How an installation goes."""

    is_running: bpy.props.BoolProperty(name="Running", options={"SKIP_SAVE"})
    is_cancelled: bpy.props.BoolProperty(name="Cancelled", options={"SKIP_SAVE"})
    fraction: bpy.props.FloatProperty(name="Progress", subtype="FACTOR", options={"SKIP_SAVE"})
    text: bpy.props.StringProperty(name="What is Done", options={"SKIP_SAVE"})
    problem: bpy.props.StringProperty(
        name="Problem",
        description="Why the last installation did not end well, and what to do",
        options={"SKIP_SAVE"},
    )


class MVMOCAP_OT_install_gpu_solver(bpy.types.Operator):
    """Fetches PyTorch for the card of this machine, after asking."""

    bl_idname = "mvmocap.install_gpu_solver"
    bl_label = "Install GPU Solver"
    bl_description = (
        "Download PyTorch for this machine's graphics card. Asks first, and says how large it is"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One at a time, and only where Blender may use the network."""
        if not bpy.app.online_access:
            cls.poll_message_set("Turn on Allow Online Access in Preferences > System first")
            return False
        return not context.window_manager.mvmocap_gpu_solver.is_running

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Say what would be done, and ask."""
        if bpy.app.background:
            return self.execute(context)
        if not self._prepare():
            return {"CANCELLED"}
        self._is_asked = True
        return context.window_manager.invoke_props_dialog(self, width=_DIALOG_WIDTH)

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw what the dialog says."""
        column = self.layout.column(align=True)
        for line in _question(self._job):
            column.label(text=line)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Install: while Blender goes on where it was asked for in a window, else at once."""
        if getattr(self, "_is_asked", False):
            self._begin(context)
            self._job.start()
            manager = context.window_manager
            self._timer = manager.event_timer_add(TICK_S, window=context.window)
            manager.modal_handler_add(self)
            return {"RUNNING_MODAL"}
        if not self._prepare():
            return {"CANCELLED"}
        self._begin(context)
        self._job.run()
        return self._finish(context)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Show how far it is."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        state = context.window_manager.mvmocap_gpu_solver
        if state.is_cancelled:
            self._job.cancel()
        _show(self._job, state)
        preferences.redraw(context)
        if not self._job.is_done:
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away, with its window or with the dialog."""
        self._job.cancel()
        context.window_manager.mvmocap_gpu_solver.is_running = False
        if hasattr(self, "_timer"):
            context.window_manager.event_timer_remove(self._timer)

    def _prepare(self) -> bool:
        try:
            build = build_for_this_machine()
            self._job = InstallJob(build, find_card(build), preferences.gpu_solver_folder())
        except GpuSolverError as error:
            self.report({"ERROR"}, str(error))
            return False
        return True

    def _begin(self, context: bpy.types.Context) -> None:
        state = context.window_manager.mvmocap_gpu_solver
        state.is_running, state.is_cancelled, state.problem = True, False, ""
        _show(self._job, state)

    def _finish(self, context: bpy.types.Context) -> set[str]:
        state = context.window_manager.mvmocap_gpu_solver
        state.is_running = False
        state.problem = self._job.problem
        preferences.redraw(context)
        if self._job.problem:
            self.report({"ERROR"}, self._job.problem)
            return {"CANCELLED"}
        if self._job.is_cancelled:
            self.report({"WARNING"}, "The GPU solver was not installed; nothing was changed")
            return {"CANCELLED"}
        self.report({"INFO"}, f"Installed {self._job.build.name}")
        return {"FINISHED"}


class MVMOCAP_OT_cancel_gpu_solver(bpy.types.Operator):
    """Stops an installation."""

    bl_idname = "mvmocap.cancel_gpu_solver"
    bl_label = "Cancel"
    bl_description = "Stop the download and delete what it has fetched"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something has to run."""
        return context.window_manager.mvmocap_gpu_solver.is_running

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask; the operator that installs tells when it has stopped."""
        context.window_manager.mvmocap_gpu_solver.is_cancelled = True
        self.report({"INFO"}, "Stopping the download")
        return {"FINISHED"}


class MVMOCAP_OT_remove_gpu_solver(bpy.types.Operator):
    """Deletes what was installed, after asking."""

    bl_idname = "mvmocap.remove_gpu_solver"
    bl_label = "Remove GPU Solver"
    bl_description = "Delete the downloaded PyTorch. Solves use the processor again"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something has to be there, and nothing on its way."""
        is_there = read_installed(preferences.gpu_solver_folder()) is not None
        return is_there and not context.window_manager.mvmocap_gpu_solver.is_running

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Delete it."""
        try:
            remove(preferences.gpu_solver_folder())
        except GpuSolverError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        preferences.redraw(context)
        self.report({"INFO"}, "Removed the GPU solver")
        return {"FINISHED"}


def _question(job: InstallJob) -> tuple[str, ...]:
    return (
        f"Download {job.build.name}, {_size(job.build.size)}?",
        f"For: {job.card}.",
        "It comes from pypi.org and download.pytorch.org and stays when the extension is upgraded.",
    )


def _show(job: InstallJob, state: bpy.types.PropertyGroup) -> None:
    state.fraction = job.n_bytes / job.build.size
    state.text = f"{_size(job.n_bytes)} of {_size(job.build.size)}"


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.2f} GB"


CLASSES = (
    MVMOCAP_PG_gpu_solver,
    MVMOCAP_OT_install_gpu_solver,
    MVMOCAP_OT_cancel_gpu_solver,
    MVMOCAP_OT_remove_gpu_solver,
)
POINTERS = ((bpy.types.WindowManager, "mvmocap_gpu_solver", MVMOCAP_PG_gpu_solver),)
