"""The extension's page in Blender's preferences."""

import sys
import textwrap
from pathlib import Path

import bpy

from mvmocap_core.options import DEVICES, SolveOptions

from .gpu_solver.install import read_installed

_DEVICES = {"auto": "Automatic", "cpu": "Processor", "cuda": "NVIDIA GPU", "mps": "Apple GPU"}
_MAX_LINE = 64  # Blender cuts what does not fit into the window, and says nothing


class MVMOCAP_AP_preferences(bpy.types.AddonPreferences):
    """What holds for all files, the GPU solver, and the Doctor."""

    bl_idname = __package__

    cache_folder: bpy.props.StringProperty(
        name="Cache Folder",
        description=(
            "Where takes of files that were never saved are kept; "
            "empty for the extension's own folder"
        ),
        subtype="DIR_PATH",
    )
    device: bpy.props.EnumProperty(
        name="Device",
        description="What computes on this machine, where a network has a choice",
        items=[(name.upper(), _DEVICES.get(name, name), "") for name in DEVICES],
        default=SolveOptions().device.upper(),
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Show the options, and the Doctor with what it found."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "cache_folder", placeholder=str(_own_folder()))
        layout.prop(self, "device")
        _draw_gpu_solver(layout.box(), context.window_manager.mvmocap_gpu_solver)
        doctor = context.window_manager.mvmocap_doctor
        row = layout.row()
        row.operator("mvmocap.doctor")
        row.operator("mvmocap.copy_doctor")
        if doctor.is_running:
            layout.label(text="The Doctor is looking at the installation ...")
        if doctor.text:
            _draw_findings(layout.box(), doctor)


def cache_folder(context: bpy.types.Context) -> Path:
    """Where takes of files that were never saved are kept; it survives upgrades."""
    own = page(context)
    chosen = own.cache_folder.strip() if own is not None else ""
    return Path(bpy.path.abspath(chosen)) if chosen else _own_folder()


def device(context: bpy.types.Context) -> str:
    """What computes, one of the core's `DEVICES`."""
    own = page(context)
    return SolveOptions().device if own is None else own.device.lower()


def page(context: bpy.types.Context) -> MVMOCAP_AP_preferences | None:
    """The extension's preferences; None where it is run from a checkout."""
    addon = context.preferences.addons.get(__package__)
    return None if addon is None else addon.preferences


def gpu_solver_folder() -> Path:
    """Where PyTorch for the graphics card lies, for Blender's Python; it survives upgrades."""
    return _own_folder() / "gpu_solver" / f"python{sys.version_info[0]}.{sys.version_info[1]}"


def redraw(context: bpy.types.Context) -> None:
    """Show on the preferences page what has changed."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()


def _own_folder() -> Path:
    try:
        return Path(bpy.utils.extension_path_user(__package__))
    except ValueError:  # run from a checkout, not installed as an extension
        return Path(bpy.utils.user_resource("DATAFILES", path="mvmocap"))


def _draw_gpu_solver(box: bpy.types.UILayout, state: bpy.types.PropertyGroup) -> None:
    installed = read_installed(gpu_solver_folder())
    if state.is_running:
        row = box.row()
        row.progress(factor=state.fraction, text=state.text)
        row.operator("mvmocap.cancel_gpu_solver")
    elif installed is not None:
        box.label(text=f"{installed.name}: {installed.card}", translate=False)
        box.operator("mvmocap.remove_gpu_solver")
    else:
        box.operator("mvmocap.install_gpu_solver")
    column = box.column(align=True)
    column.alert = True
    for line in _folded(state.problem):
        column.label(text=line, translate=False)


def _draw_findings(box: bpy.types.UILayout, doctor: bpy.types.PropertyGroup) -> None:
    column = box.column(align=True)
    column.alert = bool(doctor.problem)
    for line in _folded(doctor.problem or "Everything works."):
        column.label(text=line, translate=not doctor.problem)
    column = box.column(align=True)
    for line in doctor.text.splitlines():
        for part in _folded(line):
            column.label(text=part, translate=False)


def _folded(text: str) -> list[str]:
    return textwrap.wrap(text, _MAX_LINE)


CLASSES = (MVMOCAP_AP_preferences,)
