"""The solved take that a Blender scene uses."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from mvmocap_core.errors import InputError
from mvmocap_core.take_files import count_motions, motion_file

from .take_folders import label

if TYPE_CHECKING:  # numpy comes with it: no part of Blender's start
    from mvmocap_core.motion.clip import MotionClip

MOTION_FILE, FOOTAGE_FILE = "motion.npz", "proxies.json"


def take_folder(scene: bpy.types.Scene) -> Path:
    """Folder of the scene's take.

    Raises:
        InputError: when nothing was solved for this scene, or the take is gone.
    """
    chosen = scene.mvmocap.take_folder
    if not chosen:
        raise InputError("there is no solved take yet; press Solve first.", reason="no_take")
    folder = Path(bpy.path.abspath(chosen))
    if not (folder / MOTION_FILE).is_file():
        message = f"{folder}: the take has no motion; solve again, or choose another take folder."
        raise InputError(message, reason="no_take")
    return folder


def load_clip(scene: bpy.types.Scene, person: int = 0) -> "MotionClip":
    """The motion of a performer of the scene's take; 0 is the first.

    Raises:
        InputError: when there is none, or it cannot be read.
    """
    from mvmocap_core.motion.clip import load_motion

    return load_motion(motion_file(take_folder(scene), person))


def count_people(scene: bpy.types.Scene) -> int:
    """How many performers the scene's take has; 0 without a take."""
    chosen = scene.mvmocap.take_folder
    return count_motions(Path(bpy.path.abspath(chosen))) if chosen else 0


def person_name(folder: Path, person: int) -> str:
    """What a performer's objects are called in Blender: the take's name, and a number."""
    return f"{take_name(folder)} {person + 1}" if person else take_name(folder)


def proxies_of(folder: Path, n_videos: int) -> list[Path]:
    """The footage of each camera, as the worker writes it, whether it is there or not."""
    return [folder / f"proxy_{view + 1}.mp4" for view in range(n_videos)]


def has_footage(folder: Path, clip: "MotionClip") -> bool:
    """Whether every camera has footage that lies frame for frame beside this motion."""
    if not all(path.is_file() for path in proxies_of(folder, len(clip.K))):
        return False
    try:
        made_for = json.loads((folder / FOOTAGE_FILE).read_text(encoding="utf-8"))
        return made_for["times_s"] == [clip.times_s[0], clip.times_s[-1], len(clip.times_s)]
    except (OSError, ValueError, KeyError):
        return True  # written by a program that does not say what for


def footage_arguments(folder: Path) -> tuple[str, ...]:
    """What the worker is asked for to write a take's footage; empty where the videos are gone."""
    from mvmocap_core.take import Take

    try:
        videos = Take(folder).load_job().videos
    except InputError:
        return ()
    if not all(video.is_file() for video in videos):
        return ()
    return ("proxies", str(folder), *map(str, videos))


def take_name(folder: Path) -> str:
    """What the take's objects are called in Blender, which keeps 63 bytes of a name."""
    return label(folder)[:40] or "Take"


def frame_of(context: bpy.types.Context, time_s: float) -> float:
    """The scene's frame, with its fraction, of a moment of the shown take (first video's clock)."""
    scene, state = context.scene, context.window_manager.mvmocap
    fps = scene.render.fps / scene.render.fps_base
    return scene.mvmocap_bake.frame_start + (time_s - state.motion_start_s) * fps


def time_of(context: bpy.types.Context, frame: float) -> float:
    """The moment on the first video's clock that a frame of the scene shows."""
    scene, state = context.scene, context.window_manager.mvmocap
    fps = scene.render.fps / scene.render.fps_base
    return state.motion_start_s + (frame - scene.mvmocap_bake.frame_start) / fps
