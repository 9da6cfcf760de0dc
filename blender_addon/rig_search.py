"""The search for a rig's bones beside the window: an unknown rig may take a second."""

from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

import bpy

from .armature.detected_map import DetectedMap
from .rig_maps import clear_rows, detect_into, fill_rows, rig_search
from .sidebar import redraw_sidebars

if TYPE_CHECKING:
    from .bake_properties import MVMOCAP_PG_bake

_POLL_S = 0.05


def find_bones(bake: "MVMOCAP_PG_bake") -> None:
    """Fill the rows for a new target; with a window they are empty until the search is over.

    What was filled in or chosen in the meantime is left alone.
    """
    if bpy.app.background or bake.target is None or bake.target.type != "ARMATURE":
        detect_into(bake)
        return
    clear_rows(bake)
    found: list[DetectedMap] = []
    search = rig_search(bake.target)
    thread = Thread(target=lambda: found.append(search()), daemon=True)
    thread.start()
    bpy.app.timers.register(_taking(thread, found, bake), first_interval=_POLL_S)


def _taking(
    thread: Thread, found: list[DetectedMap], bake: "MVMOCAP_PG_bake"
) -> Callable[[], float | None]:
    """A timer's function that takes over what was found, for the same scene and armature."""
    scene_name, target_name = bake.id_data.name, bake.target.name

    def take() -> float | None:
        if thread.is_alive():
            return _POLL_S
        scene = bpy.data.scenes.get(scene_name)
        now = getattr(scene, "mvmocap_bake", None)  # None too where the extension was disabled
        is_wanted = now is not None and now.target is not None and now.target.name == target_name
        if found and is_wanted and not now.bones:
            fill_rows(now, found[0])
            bpy.ops.ed.undo_push(message="Bone Map")
            redraw_sidebars()
        return None

    return take
