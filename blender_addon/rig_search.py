"""The search for a rig's bones beside the window: an unknown rig may take a second."""

from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

import bpy

from .armature.detected_map import DetectedMap
from .rig_maps import clear_rows, detect_into, fill_rows, import_search, rig_search
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
    bpy.app.timers.register(_Search(bake).go_on, first_interval=_POLL_S)


class _Search:
    """Imports beside the window, reads the rig in its thread, and looks at it beside it again."""

    def __init__(self, bake: "MVMOCAP_PG_bake") -> None:
        self._scene_name, self._target_name = bake.id_data.name, bake.target.name
        self._found: list[DetectedMap] = []
        self._is_read = False
        self._thread = _started(import_search)

    def go_on(self) -> float | None:
        """A timer's function: the next step, for the same scene and armature."""
        if self._thread.is_alive():
            return _POLL_S
        bake = self._wanted()
        if bake is None:
            return None
        if not self._is_read:
            self._is_read = True
            search = rig_search(bake.target)
            self._thread = _started(lambda: self._found.append(search()))
            return _POLL_S
        if self._found:
            fill_rows(bake, self._found[0])
            bpy.ops.ed.undo_push(message="Bone Map")
            redraw_sidebars()
        return None

    def _wanted(self) -> "MVMOCAP_PG_bake | None":
        """Where the bones are still missing; None where nobody waits for them any more."""
        scene = bpy.data.scenes.get(self._scene_name)
        bake = getattr(scene, "mvmocap_bake", None)  # None too where the extension was disabled
        if bake is None or bake.target is None or bake.target.name != self._target_name:
            return None
        return None if bake.bones else bake


def _started(work: Callable[[], None]) -> Thread:
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread
