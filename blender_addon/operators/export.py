"""Write the animated armature for other programs."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from mvmocap_core.errors import InputError, MocapError

from ..armature.export import export_armature, export_preset
from ..armature.export_presets import NO_PRESET, ExportPreset, read_export_presets
from ..panel_text import sentence
from ..scene_take import take_name

_FILTER = "*.fbx;*.bvh;*.glb;*.usd"


class MVMOCAP_OT_export(bpy.types.Operator):
    """Write the animated armature and its meshes to a file."""

    bl_idname = "mvmocap.export"
    bl_label = "Export"
    bl_description = (
        "Write the animated armature, with the meshes that it moves, to a file: the frames of the "
        "scene's range in which there is motion"
    )

    filepath: bpy.props.StringProperty(name="File", subtype="FILE_PATH")
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_glob: bpy.props.StringProperty(default=_FILTER, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There is an armature to write."""
        if export_target(context) is not None:
            return True
        cls.poll_message_set("Bake onto an armature, or select one")
        return False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask for the file."""
        self.filepath = str(_suggestion(context))
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the file."""
        file_format, preset = chosen_format(context.scene)
        target = export_target(context)
        try:
            path = _checked(self.filepath, file_format)
            with _frames_with_motion(context.scene, target):
                if preset is None:
                    export_armature(target, file_format, path)
                else:
                    export_preset(target, preset, path)
        except (MocapError, RuntimeError) as error:  # RuntimeError: Blender's exporters
            self.report({"ERROR"}, sentence(" ".join(str(error).split())))
            return {"CANCELLED"}
        megabytes = path.stat().st_size / 1e6
        self.report({"INFO"}, f"Wrote {path} ({megabytes:.1f} MB)")
        return {"FINISHED"}


def export_target(context: bpy.types.Context) -> bpy.types.Object | None:
    """The armature that was animated last, else the active one."""
    baked = context.scene.mvmocap_bake.baked
    if baked is not None and baked.name in context.view_layer.objects:
        return baked
    active = context.object
    return active if active is not None and active.type == "ARMATURE" else None


@contextmanager
def _frames_with_motion(scene: bpy.types.Scene, target: bpy.types.Object) -> Iterator[None]:
    """The scene's range without frames before or after the motion, where the armature stands."""
    before = scene.frame_start, scene.frame_end
    action = target.animation_data.action if target.animation_data else None
    if action is not None:
        first, last = action.frame_range
        start, end = max(before[0], math.floor(first)), min(before[1], math.ceil(last))
        if start < end:
            scene.frame_start, scene.frame_end = start, end
    try:
        yield
    finally:
        scene.frame_start, scene.frame_end = before


def chosen_format(scene: bpy.types.Scene) -> tuple[str, ExportPreset | None]:
    """The format that is written, and the preset whose settings it takes; a preset decides."""
    bake = scene.mvmocap_bake
    if bake.export_preset == NO_PRESET:
        return bake.export_format.lower(), None
    preset = read_export_presets()[bake.export_preset]
    return preset.file_format, preset


def _checked(filepath: str, file_format: str) -> Path:
    """The path with the format's suffix."""
    if not filepath.strip():
        raise InputError("give the file a name.", reason="no_file")
    path = Path(bpy.path.abspath(filepath))
    return path if path.suffix.lower() == f".{file_format}" else Path(f"{path}.{file_format}")


def _suggestion(context: bpy.types.Context) -> Path:
    """A file beside the .blend, else in the home folder, called after the take."""
    file_format, _ = chosen_format(context.scene)
    blend = Path(bpy.data.filepath)
    folder = blend.parent if bpy.data.filepath else Path.home()
    chosen = context.scene.mvmocap.take_folder
    name = take_name(Path(bpy.path.abspath(chosen))) if chosen else export_target(context).name
    return folder / f"{name}.{file_format}"


CLASSES = (MVMOCAP_OT_export,)
