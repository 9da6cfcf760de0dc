"""Use a take that was solved before, or on another machine."""

from pathlib import Path

import bpy

from mvmocap_core.errors import InputError, MocapError
from mvmocap_core.options import SolveOptions

from ..panel_text import sentence
from ..properties import QUALITIES, as_kept
from ..scene_take import MOTION_FILE
from ..solve_state import show_take
from ..take_folders import SUFFIX, label
from .import_views import probe_videos


class MVMOCAP_OT_open_take(bpy.types.Operator):
    """Makes a take folder the scene's, with its videos and options."""

    bl_idname = "mvmocap.open_take"
    bl_label = "Open Take"
    bl_description = (
        "Use a take that was solved before or on another machine: choose its folder, "
        "or motion.npz in it"
    )
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default="*.npz", options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask which, unless one was dropped onto the window."""
        if self.filepath or bpy.app.background:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Open it; a folder without a motion changes nothing."""
        try:
            folder = _folder_of(self.filepath)
            n_frames = open_take(context, folder)
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Opened {label(folder)}: {n_frames} frames")
        return {"FINISHED"}


class MVMOCAP_FH_take(bpy.types.FileHandler):
    """Takes are opened by dropping their folder, or their motion.npz, onto a 3D view.

    Blender asks by the ending of the name, which folders of other programs lack.
    """

    bl_idname = "MVMOCAP_FH_take"
    bl_label = "Motion Capture Take"
    bl_import_operator = "mvmocap.open_take"
    bl_file_extensions = f"{SUFFIX};.npz"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Only onto a 3D view."""
        return context.area is not None and context.area.type == "VIEW_3D"


def open_take(context: bpy.types.Context, folder: Path) -> int:
    """Make the take in a folder the scene's. Returns the number of its frames.

    Raises:
        InputError: before anything is changed, when there is no motion, or a solve is running.
    """
    from mvmocap_core.motion.clip import load_motion

    settings, state = context.scene.mvmocap, context.window_manager.mvmocap
    if state.is_running:
        raise InputError("wait for the solve, or cancel it first.", reason="busy")
    motion = load_motion(folder / MOTION_FILE)
    settings.take_folder = as_kept(folder)
    settings.take_name = label(folder)
    _read_job(settings, folder)
    show_take(state, settings.take_folder)
    context.scene.mvmocap_clean.read(folder, state.motion_start_s, state.motion_end_s)
    if len(settings.videos) and not bpy.app.background:
        probe_videos(settings.video_paths())  # for the panel, while the window goes on
    return len(motion.times_s)


def _folder_of(chosen: str) -> Path:
    path = Path(bpy.path.abspath(chosen)) if chosen else None
    if path is None or not path.exists():
        raise InputError(f"{chosen}: no such take; choose its folder.", reason="no_take")
    return path if path.is_dir() else path.parent


def _read_job(settings: bpy.types.PropertyGroup, folder: Path) -> None:
    """Take over the videos and options, so that the take can be solved again.

    A take without its take.json can be baked all the same.
    """
    from mvmocap_core.take import Take

    try:
        job = Take(folder).load_job()
    except InputError:
        return
    settings.videos.clear()
    for video in job.videos:
        settings.videos.add().filepath = str(_found(video, folder))
    _read_options(settings, job.options)


def _found(video: Path, folder: Path) -> Path:
    """Where the video is now: where it was, in the take or beside it; else where it was."""
    places = [video, folder / video.name, folder.parent / video.name]
    return next((place for place in places if place.is_file()), video)


def _read_options(settings: bpy.types.PropertyGroup, options: SolveOptions) -> None:
    settings.property_unset("height_m")
    if options.height_m is not None:
        settings.height_m = options.height_m
    settings.use_range = options.start_s is not None and options.end_s is not None
    if settings.use_range:
        settings.start_s, settings.end_s = options.start_s, options.end_s
    settings.use_fps = options.fps is not None
    if options.fps is not None:
        settings.fps = options.fps
    settings.people = options.people
    settings.hands = options.hands
    settings.method = options.method.upper()
    settings.quality = next(key for key, name in QUALITIES.items() if name == options.detector)


def _draw_in_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    menu.layout.operator("mvmocap.open_take", text="Motion Capture Take (motion.npz)")


def register() -> None:
    """Offer takes in File > Import."""
    bpy.types.TOPBAR_MT_file_import.append(_draw_in_menu)


def unregister() -> None:
    """Offer them no more."""
    bpy.types.TOPBAR_MT_file_import.remove(_draw_in_menu)


CLASSES = (MVMOCAP_OT_open_take, MVMOCAP_FH_take)
