"""TASK.json: choose a rig with meaningless names, bake a minute onto it, and time both."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps import Play, Stage, open_sidebar, perform
from the_way import add_metarig, install, save_empty

TASK = json.loads(Path(os.environ["MVMOCAP_GUI_TASK"]).read_text())
_PACKAGE = "bl_ext.user_default.mvmocap"


def play(stage: Stage) -> Play:
    yield from install(TASK)
    stage.facts["enable_s"] = _enabling_s()
    save_empty(TASK)
    yield from open_sidebar(stage)
    rig = add_metarig()
    for number, bone in enumerate(rig.data.bones):
        bone.name = f"b{number}"
    bake = bpy.context.scene.mvmocap_bake
    stage.facts["n_bones"] = len(rig.data.bones)
    yield 1.0
    stage.facts["had_numpy"] = "numpy" in sys.modules
    steps_s = _time_the_search()
    steps_s["choosing"] = _took_s(lambda: setattr(bake, "target", rig))
    stage.facts["rows_at_once"] = len(bake.bones)

    def has_bones() -> bool:
        return len(bake.bones) > 0

    yield has_bones
    stage.facts["search_s"] = steps_s
    stage.facts["found"] = [bake.preset, sum(bool(row.bone) for row in bake.bones)]
    yield from stage.show("21_large_rig")
    bpy.context.scene.render.fps = 60
    bpy.context.scene.mvmocap.take_folder = TASK["take"]
    stage.facts["bake_s"] = _took_s(lambda: stage.call(bpy.ops.mvmocap.bake))
    stage.facts["keys"] = list(rig.animation_data.action.frame_range)


def _enabling_s() -> list[float]:
    import addon_utils

    addon_utils.disable(_PACKAGE)
    for name in [name for name in sys.modules if name.startswith(_PACKAGE)]:
        del sys.modules[name]
    return _took_s(lambda: addon_utils.enable(_PACKAGE))


def _time_the_search() -> dict[str, list[float]]:
    """Have what the search does in the window's own thread measured from now on."""
    module = sys.modules[f"{_PACKAGE}.rig_search"]
    steps_s: dict[str, list[float]] = {}

    def timed(name: str, step: Callable[..., object]) -> Callable[..., object]:
        def measured(*arguments: object) -> object:
            results: list[object] = []
            steps_s[name] = _took_s(lambda: results.append(step(*arguments)))
            return results[0]

        return measured

    for name in ("rig_search", "fill_rows"):
        setattr(module, name, timed(name, getattr(module, name)))
    return steps_s


def _took_s(work: Callable[[], object]) -> list[float]:
    """Seconds on the clock and of computing, which differ where other programs want the cores."""
    clock_s, computing_s = time.monotonic(), time.thread_time()
    work()
    return [time.monotonic() - clock_s, time.thread_time() - computing_s]


perform(play, Path(TASK["folder"]))
