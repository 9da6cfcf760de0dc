"""What lasts as long as Blender runs with the extension: the queue of jobs, and when it ends."""

import atexit
from pathlib import Path
from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import preferences
from .gpu_solver.install import read_installed
from .job_queue import JobQueue
from .solve_state import show_take
from .take_folders import check_length, take_folder, takes_folder
from .worker_process import Launch, worker_launch

END_GRACE_S = 1.5
"""How long Blender's end may wait for the worker's."""

QUEUE = JobQueue()
"""The one queue of this Blender: a second take waits for the first."""

CLASSES: tuple[type, ...] = ()


def launch() -> Launch:
    """How a worker is started under the animator's preferences: with the GPU solver if there."""
    folder = preferences.gpu_solver_folder()
    return worker_launch([folder] if read_installed(folder) is not None else [])


def scene_take_folder(scene: bpy.types.Scene) -> Path:
    """Where a solve of the scene's videos is kept.

    Raises:
        InputError: when the system cannot hold such long paths.
    """
    takes = takes_folder(bpy.data.filepath, preferences.cache_folder(bpy.context))
    settings = scene.mvmocap
    folder = take_folder(takes, settings.take_name, settings.video_paths())
    check_length(folder)
    return folder


def register() -> None:
    """Watch for the end of Blender and for other files."""
    bpy.app.handlers.load_pre.append(_end_jobs)
    bpy.app.handlers.load_post.append(_show_scene_take)
    atexit.register(_end)


def unregister() -> None:
    """End what runs, and watch no more."""
    atexit.unregister(_end)
    bpy.app.handlers.load_post.remove(_show_scene_take)
    bpy.app.handlers.load_pre.remove(_end_jobs)
    _end()


def _end() -> None:
    QUEUE.end(END_GRACE_S)


@persistent
def _end_jobs(*_: Any) -> None:
    """Their scene goes with the file; what they have finished stays in the take."""
    QUEUE.cancel_all()


@persistent
def _show_scene_take(*_: Any) -> None:
    show_take(bpy.context.window_manager.mvmocap, bpy.context.scene.mvmocap.take_folder)
