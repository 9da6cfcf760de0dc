"""Send a take to another machine as one file, and open one that was sent."""

from itertools import count
from pathlib import Path

import bpy

from mvmocap_core.errors import InputError

from .. import preferences, session
from ..scene_take import take_folder
from ..take_folders import check_length, folder_name, label, numbered_folder, takes_folder
from ..worker_client import Job, Outcome, Step
from .job_operator import JobOperator
from .open_take import open_take
from .take_operator import TakeFileOperator

_SUFFIX = ".mocapzip"
"""Of a zip that says what it is: any other that is dropped, Blender takes for an extension."""


class MVMOCAP_OT_send_take(TakeFileOperator, bpy.types.Operator):
    """Write the scene's take and its videos into one file."""

    bl_idname = "mvmocap.send_take"
    bl_label = "Send Take"
    bl_description = "Write the take and its videos into one file, to go on with on another machine"

    ending = _SUFFIX

    filepath: bpy.props.StringProperty(name="File", subtype="FILE_PATH")
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_glob: bpy.props.StringProperty(default=f"*{_SUFFIX}", options={"HIDDEN"})
    has_videos: bpy.props.BoolProperty(
        name="With Videos",
        description="Without them the file is small, and the take cannot be solved again there",
        default=True,
    )

    def make_job(self, context: bpy.types.Context) -> Job:
        """Let the worker pack it."""
        path = self.target()
        folder = take_folder(context.scene)
        target = path if path.suffix.lower() == _SUFFIX else Path(f"{path}{_SUFFIX}")
        flags = () if self.has_videos else ("--without-videos",)
        arguments = ("pack", str(folder), str(target), *flags)
        return Job([Step(arguments)], name=label(folder), launch=session.launch())

    def finished(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Say where it is."""
        target = Path(outcome.results[0]["file"])
        self.report({"INFO"}, f"Wrote {target} ({target.stat().st_size / 1e6:.1f} MB)")


class MVMOCAP_OT_receive_take(JobOperator, bpy.types.Operator):
    """Unpack a take that was sent, and make it the scene's."""

    bl_idname = "mvmocap.receive_take"
    bl_label = "Open Sent Take"
    bl_description = "Unpack a take that was sent from another machine, and open it"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(
        default=f"*{_SUFFIX};*.zip", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Nothing is being solved, whose end would change the scene's take."""
        if not context.window_manager.mvmocap.is_running:
            return True
        cls.poll_message_set("Wait for the solve, or cancel it first")
        return False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask which, unless one was dropped onto the window."""
        if self.filepath:
            return super().invoke(context, event)
        self.is_pressed = True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def make_job(self, context: bpy.types.Context) -> Job:
        """Let the worker unpack it beside the other takes."""
        path = Path(bpy.path.abspath(self.filepath))
        if not path.is_file():
            raise InputError(f"{self.filepath}: no such file; choose a take.", reason="no_file")
        takes = takes_folder(bpy.data.filepath, preferences.cache_folder(context))
        folder = _new_folder(takes, path.stem)
        check_length(folder)
        arguments = ("unpack", str(path), str(folder))
        return Job([Step(arguments)], name=label(folder), launch=session.launch())

    def finished(self, context: bpy.types.Context, outcome: Outcome) -> None:
        """Open it."""
        folder = Path(outcome.results[0]["take"])
        n_frames = open_take(context, folder)
        self.report({"INFO"}, f"Opened {label(folder)}: {n_frames} frames")


class MVMOCAP_FH_sent_take(bpy.types.FileHandler):
    """Sent takes are opened by dropping them onto a 3D view."""

    bl_idname = "MVMOCAP_FH_sent_take"
    bl_label = "Sent Motion Capture Take"
    bl_import_operator = "mvmocap.receive_take"
    bl_file_extensions = _SUFFIX

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Only onto a 3D view."""
        return context.area is not None and context.area.type == "VIEW_3D"


def _new_folder(takes: Path, name: str) -> Path:
    stem = folder_name(name)
    folders = (numbered_folder(takes, stem, number) for number in count(1))
    return next(folder for folder in folders if not folder.exists())


def _draw_in_import_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    menu.layout.operator("mvmocap.receive_take", text=f"Sent Motion Capture Take ({_SUFFIX})")


def _draw_in_export_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    menu.layout.operator("mvmocap.send_take", text=f"Motion Capture Take ({_SUFFIX})")


def register() -> None:
    """Offer both in the menu File."""
    bpy.types.TOPBAR_MT_file_import.append(_draw_in_import_menu)
    bpy.types.TOPBAR_MT_file_export.append(_draw_in_export_menu)


def unregister() -> None:
    """Offer them no more."""
    bpy.types.TOPBAR_MT_file_export.remove(_draw_in_export_menu)
    bpy.types.TOPBAR_MT_file_import.remove(_draw_in_import_menu)


CLASSES = (MVMOCAP_OT_send_take, MVMOCAP_OT_receive_take, MVMOCAP_FH_sent_take)
