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
    with bpy.context.temp_override(window=stage.window):
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
    """In place of the 3D view: a window of their own would lie half outside the screen."""
    stage.view.ui_type = "PREFERENCES"
    bpy.context.preferences.active_section = "ADDONS"
    yield 1.0
    bpy.context.window_manager.addon_search = "mocap"
    bpy.ops.preferences.addon_expand(module=PACKAGE)
    yield 1.0


perform(play, Path(TASK["folder"]))
