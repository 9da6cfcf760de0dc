"""TASK.json: open the preferences, ask the Doctor, copy what it found; a picture of it."""

import json
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps import Play, Stage, perform
from the_way import install

TASK = json.loads(Path(os.environ["MVMOCAP_GUI_TASK"]).read_text())
PACKAGE = "bl_ext.user_default.mvmocap"


def play(stage: Stage) -> Play:
    yield from install(TASK)
    yield from _open_preferences(stage)
    stage.longest_pauses_s()
    with bpy.context.temp_override(window=_preferences_window()):
        stage.facts["asked"] = sorted(bpy.ops.mvmocap.doctor("INVOKE_DEFAULT"))
    doctor = bpy.context.window_manager.mvmocap_doctor
    stage.facts["was_running"] = doctor.is_running
    yield lambda: not doctor.is_running
    stage.facts["pauses_s"] = stage.longest_pauses_s()
    stage.facts.update(text=doctor.text, problem=doctor.problem)
    bpy.ops.mvmocap.copy_doctor()
    stage.facts["clipboard"] = bpy.context.window_manager.clipboard
    yield 1.0
    stage.shoot("doctor")


def _open_preferences(stage: Stage) -> Play:
    with bpy.context.temp_override(window=stage.window):
        bpy.ops.screen.userpref_show(section="ADDONS")
    yield 1.0
    bpy.context.window_manager.addon_search = "mocap"
    bpy.ops.preferences.addon_show(module=PACKAGE)
    yield 1.0


def _preferences_window() -> bpy.types.Window:
    return bpy.context.window_manager.windows[-1]


perform(play, Path(TASK["folder"]))
