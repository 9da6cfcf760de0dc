"""What every play begins with."""

from pathlib import Path
from typing import Any

import addon_utils
import bpy
from steps import Play, Stage


def install(task: dict[str, Any]) -> Play:
    """The extension from its zip, as from the file browser of the preferences."""
    bpy.ops.extensions.package_install_files(
        filepath=task["zip"], repo="user_default", enable_on_install=True
    )
    yield 0.5


def save_empty(task: dict[str, Any]) -> None:
    """An empty file that has a place."""
    bpy.data.batch_remove(list(bpy.data.objects))
    bpy.data.orphans_purge(do_recursive=True)
    bpy.ops.wm.save_as_mainfile(filepath=task["blend"])


def add_footage(stage: Stage, task: dict[str, Any]) -> None:
    """Both videos at once."""
    videos = [Path(video) for video in task["videos"]]
    files = [{"name": video.name} for video in videos]
    stage.call(bpy.ops.mvmocap.import_views, files=files, directory=str(videos[0].parent))
    bpy.context.scene.mvmocap.height_m = 1.75


def wait_for_footage() -> bool:
    """Whether the worker has looked at every video."""
    return all(video.is_probed for video in bpy.context.scene.mvmocap.videos)


def add_metarig() -> bpy.types.Object:
    """Rigify's human metarig, not selected."""
    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_human_metarig_add()
    rig = bpy.context.object
    rig.select_set(False)
    return rig


def contents() -> list[str]:
    """Names of everything in the file that the extension may add."""
    kinds = ("objects", "armatures", "actions", "collections", "cameras", "movieclips")
    return sorted(f"{kind}/{found.name}" for kind in kinds for found in getattr(bpy.data, kind))
