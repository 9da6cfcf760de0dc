"""The solved take that a Blender scene uses."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from mvmocap_core.errors import InputError

if TYPE_CHECKING:  # numpy comes with it: no part of Blender's start
    from mvmocap_core.motion.clip import MotionClip

MOTION_FILE = "motion.npz"


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


def load_clip(scene: bpy.types.Scene) -> "MotionClip":
    """The motion of the scene's take.

    Raises:
        InputError: when there is none, or it cannot be read.
    """
    from mvmocap_core.motion.clip import load_motion

    return load_motion(take_folder(scene) / MOTION_FILE)


def proxies_of(folder: Path, n_videos: int) -> list[Path]:
    """The footage of each camera, as the worker writes it, whether it is there or not."""
    return [folder / f"proxy_{view + 1}.mp4" for view in range(n_videos)]


def take_name(folder: Path) -> str:
    """What the take's objects are called in Blender, which keeps 63 bytes of a name."""
    return folder.name[:40] or "Take"
