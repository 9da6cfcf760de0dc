"""Show the report of the solve."""

import bpy

from mvmocap_core.errors import InputError, MocapError

from ..panel_text import sentence
from ..scene_take import take_folder


class MVMOCAP_OT_open_report(bpy.types.Operator):
    """Open the take's report in the web browser."""

    bl_idname = "mvmocap.open_report"
    bl_label = "Open Report"
    bl_description = "Show in the web browser how far every joint and frame may be trusted"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take was solved."""
        return bool(context.scene.mvmocap.take_folder)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Open the file; without a window only say where it is."""
        try:
            report = take_folder(context.scene) / "report.html"
            if not report.is_file():
                raise InputError(f"{report}: no such file; solve again.", reason="no_report")
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        if not bpy.app.background:
            bpy.ops.wm.url_open(url=report.as_uri())
        self.report({"INFO"}, f"Report: {report}")
        return {"FINISHED"}


CLASSES = (MVMOCAP_OT_open_report,)
