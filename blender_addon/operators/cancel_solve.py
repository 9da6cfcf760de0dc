"""Stop a solve."""

import bpy

from .. import session


class MVMOCAP_OT_cancel_solve(bpy.types.Operator):
    """Cancels a job of the queue."""

    bl_idname = "mvmocap.cancel_solve"
    bl_label = "Cancel"
    bl_description = "Stop what the solver is doing. What it has finished is kept"

    include_waiting: bpy.props.BoolProperty(
        name="Waiting Takes", description="Stop the takes that wait as well", default=False
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something has to run."""
        del context
        return session.QUEUE.running is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask the worker to stop; the operator that watches it tells when it has."""
        if self.include_waiting:
            session.QUEUE.cancel_all()
        elif (job := session.QUEUE.running) is not None:
            job.cancel()
        state = context.window_manager.mvmocap
        if state.is_running:
            state.state = "STOPPING"
        self.report({"INFO"}, "Stopping; what is finished is kept")
        return {"FINISHED"}


CLASSES = (MVMOCAP_OT_cancel_solve,)
