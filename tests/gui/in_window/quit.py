"""TASK.json: leave Blender in the middle of a solve."""

import json
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps import Play, Stage, open_sidebar, perform
from the_way import add_footage, install, save_empty

TASK = json.loads(Path(os.environ["MVMOCAP_GUI_TASK"]).read_text())


def play(stage: Stage) -> Play:
    yield from install(TASK)
    save_empty(TASK)
    yield from open_sidebar(stage)
    add_footage(stage, TASK)
    state = bpy.context.window_manager.mvmocap
    stage.call(bpy.ops.mvmocap.solve, "INVOKE_DEFAULT")

    def is_under_way() -> bool:
        return state.is_running and state.progress > 0.05

    yield is_under_way
    bpy.ops.wm.save_mainfile()
    stage.write_facts("")
    with bpy.context.temp_override(window=stage.window):
        bpy.ops.wm.quit_blender()
    yield 30.0
    raise RuntimeError("Blender did not end")


perform(play, Path(TASK["folder"]))
