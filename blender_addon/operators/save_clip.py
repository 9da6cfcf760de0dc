"""Save a clip made of the scene's motion: mirrored, faster or slower, as a cycle."""

import bpy

from mvmocap_core.options import ClipChoices
from mvmocap_core.take_files import motion_file

from .. import session
from ..performer_choice import chosen, performers
from ..scene_take import count_people, take_folder
from ..take_folders import label
from ..worker_client import Job, Outcome, Step
from .take_operator import TakeFileOperator

_SUFFIX = ".bvh"
_DEFAULTS = ClipChoices()


class MVMOCAP_OT_save_clip(TakeFileOperator, bpy.types.Operator):
    """Let the worker make the clip; the take stays as it is."""

    bl_idname = "mvmocap.save_clip"
    bl_label = "Save Clip"
    bl_description = (
        "Save the cleaned motion as a clip of its own, mirrored, faster or slower, or as a cycle: "
        "a BVH file, or a folder to open as a take"
    )

    ending = f"_clip{_SUFFIX}"

    filepath: bpy.props.StringProperty(name="File", subtype="FILE_PATH")
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_glob: bpy.props.StringProperty(default="*.bvh", options={"HIDDEN"})
    person: bpy.props.EnumProperty(
        name="Performer", description="Whose motion the clip is made of", items=performers
    )
    use_mirror: bpy.props.BoolProperty(
        name="Mirror", description="Left for right", default=_DEFAULTS.mirror
    )
    speed: bpy.props.FloatProperty(
        name="Speed",
        description="How many times as fast",
        default=_DEFAULTS.speed,
        min=0.05,
        max=20.0,
        soft_min=0.25,
        soft_max=4.0,
    )
    use_loop: bpy.props.BoolProperty(
        name="Loop", description="End as it begins, for a cycle", default=_DEFAULTS.loop
    )
    blend_s: bpy.props.FloatProperty(
        name="Blend (s)",
        description="Seconds in which the end of a loop passes into its start",
        default=_DEFAULTS.blend_s,
        min=0.0,
        max=10.0,
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices beside the files; who is meant is clear where there is one alone."""
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        if count_people(context.scene) > 1:
            column.prop(self, "person")
        for name in ("use_mirror", "speed", "use_loop", "blend_s"):
            column.prop(self, name)

    def make_job(self, context: bpy.types.Context) -> Job:
        """Let the worker write it."""
        target = self.target()
        folder = take_folder(context.scene)
        source = motion_file(folder, chosen(self))
        flags = ["--mirror"] if self.use_mirror else []
        if self.use_loop:
            flags.append("--loop")
        numbers = (f"--speed={round(self.speed, 4)}", f"--blend={round(self.blend_s, 4)}")
        arguments = ("clip", str(source), "--to", str(target), *numbers, *flags)
        return Job([Step(arguments)], name=label(folder), launch=session.launch())

    def finished(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Say where it is."""
        result = outcome.results[0]
        self.report({"INFO"}, f"Wrote {result['file']}: {result['frames']} frames")


CLASSES = (MVMOCAP_OT_save_clip,)
