"""Add videos to the scene's list, take them out, and learn what they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from mvmocap_core.errors import InputError, MocapError

from ..panel_text import sentence
from ..sidebar import redraw_sidebars
from ..worker_client import Job, Step, run_worker

_POLL_S = 0.1
_FACTS = ("width_px", "height_px", "fps", "duration_s", "n_frames", "has_audio")


class MVMOCAP_OT_import_views(bpy.types.Operator):
    """Choose the videos of one take: the same performer from two cameras."""

    bl_idname = "mvmocap.import_views"
    bl_label = "Add Videos"
    bl_description = "Choose the videos of the performer; both can be chosen at once with Shift"
    bl_options = {"REGISTER", "UNDO"}

    files: bpy.props.CollectionProperty(
        type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"}
    )
    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_movie: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the files; without a window, wait for what is known about them."""
        settings = context.scene.mvmocap
        try:
            added = new_videos([Path(self.directory, file.name) for file in self.files], settings)
            for path in added:
                settings.videos.add().filepath = str(path)
            probe_videos(added)
        except MocapError as error:
            self.report({"ERROR"}, sentence(str(error)))
            return {"CANCELLED"}
        settings.active_video = len(settings.videos) - 1
        self.report({"INFO"}, f"Added {', '.join(path.name for path in added)}")
        return {"FINISHED"}


class MVMOCAP_OT_remove_view(bpy.types.Operator):
    """Take the chosen video out of the list."""

    bl_idname = "mvmocap.remove_view"
    bl_label = "Remove Video"
    bl_description = "Take the chosen video out of the list; the file stays where it is"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There is one to take out."""
        return 0 <= context.scene.mvmocap.active_video < len(context.scene.mvmocap.videos)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take it out."""
        settings = context.scene.mvmocap
        name = Path(settings.videos[settings.active_video].filepath).name
        settings.videos.remove(settings.active_video)
        settings.active_video = max(0, min(settings.active_video, len(settings.videos) - 1))
        self.report({"INFO"}, f"Removed {name}")
        return {"FINISHED"}


class MVMOCAP_OT_move_view(bpy.types.Operator):
    """Move the chosen video up or down; the first one's clock is the scene's."""

    bl_idname = "mvmocap.move_view"
    bl_label = "Move Video"
    bl_description = "Move the chosen video; the first one gives the frame rate and the clock"
    bl_options = {"REGISTER", "UNDO"}

    direction: bpy.props.EnumProperty(
        items=(("UP", "Up", "Towards the first"), ("DOWN", "Down", "Towards the last"))
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move it."""
        settings = context.scene.mvmocap
        new = settings.active_video + (-1 if self.direction == "UP" else 1)
        if not 0 <= new < len(settings.videos):
            return {"CANCELLED"}
        settings.videos.move(settings.active_video, new)
        settings.active_video = new
        self.report({"INFO"}, f"{Path(settings.videos[new].filepath).name} is video {new + 1}")
        return {"FINISHED"}


def new_videos(paths: Sequence[Path], settings: Any) -> list[Path]:
    """Those of `paths` that are not yet among the scene's videos.

    Raises:
        InputError: when none was chosen, one does not exist, or all are there already.
    """
    chosen = [path for path in paths if path.name]
    if not chosen:
        raise InputError("choose at least one video.", reason="no_file")
    for path in chosen:
        if not path.is_file():
            raise InputError(f"{path}: no such file; choose a video.", reason="no_file")
    known = set(settings.video_paths())
    added = [path for path in chosen if path not in known]
    if not added:
        raise InputError("these videos are in the list already.", reason="no_file")
    return added


def probe_videos(paths: Sequence[Path]) -> None:
    """Have the worker look at the files; with a window, the list is filled in when it has.

    Raises:
        MocapError: without a window, when the worker fails.
    """
    arguments = ("probe", *map(str, paths))
    if bpy.app.background:
        fill_in(run_worker(arguments)["videos"])
        return
    job = Job([Step(arguments)])
    job.start()

    def look() -> float | None:
        if job.outcome is None:
            return _POLL_S
        if job.outcome.results:
            fill_in(job.outcome.results[0]["videos"])
        else:
            fill_in([{"path": str(path), "problem": job.outcome.message} for path in paths])
        return None

    bpy.app.timers.register(look, first_interval=_POLL_S)


def fill_in(found: Sequence[dict[str, Any]]) -> None:
    """Write what is known about files into every row of theirs."""
    facts_of = {Path(facts["path"]): facts for facts in found}
    for scene in bpy.data.scenes:
        for video in scene.mvmocap.videos:
            facts = facts_of.get(Path(bpy.path.abspath(video.filepath)))
            if facts is None:
                continue
            for name in _FACTS:
                if facts.get(name) is not None:
                    setattr(video, name, facts[name])
            video.problem = facts.get("problem", "")
            video.is_probed = True
        _suggest_range(scene.mvmocap)
    redraw_sidebars()


def _suggest_range(settings: Any) -> None:
    """Let the out point start at the end of the first video."""
    is_untouched = not settings.is_property_set("end_s")
    if is_untouched and len(settings.videos) and settings.videos[0].duration_s > 0:
        settings.end_s = settings.videos[0].duration_s


CLASSES = (MVMOCAP_OT_import_views, MVMOCAP_OT_remove_view, MVMOCAP_OT_move_view)
