"""Go to a moment of the take."""

import bpy

from ..scene_take import frame_of


class MVMOCAP_OT_go_to_moment(bpy.types.Operator):
    """Show a moment of the take in the scene."""

    bl_idname = "mvmocap.go_to_moment"
    bl_label = "Go to Moment"
    bl_description = "Go to the least trusted frame of this part of the take"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender's way

    time_s: bpy.props.FloatProperty(name="Time", description="Seconds of the first video")
    hint: bpy.props.StringProperty(name="Hint", options={"SKIP_SAVE"})

    @classmethod
    def description(
        cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        """What is to be seen there."""
        return properties.hint or cls.bl_description

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Go there."""
        frame = round(frame_of(context, self.time_s))
        context.scene.frame_set(frame)
        self.report({"INFO"}, f"Frame {frame}")
        return {"FINISHED"}


CLASSES = (MVMOCAP_OT_go_to_moment,)
