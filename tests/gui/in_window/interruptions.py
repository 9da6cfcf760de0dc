"""TASK.json: what goes wrong or is taken back: cancel, a killed worker, undo, save and reopen."""

import json
import os
import signal
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps import Play, Stage, open_sidebar, perform
from the_way import add_footage, contents, install, save_empty, wait_for_footage

TASK = json.loads(Path(os.environ["MVMOCAP_GUI_TASK"]).read_text())


def play(stage: Stage) -> Play:
    yield from install(TASK)
    save_empty(TASK)
    yield from open_sidebar(stage)
    add_footage(stage, TASK)
    yield wait_for_footage
    yield from cancel(stage)
    yield from queue_two(stage)
    yield from kill_worker(stage)
    yield from bake_and_undo(stage)
    yield from save_and_reopen(stage)


def cancel(stage: Stage) -> Play:
    before = contents()
    yield from _solve_until(stage, 0.05)
    stage.call(bpy.ops.mvmocap.cancel_solve)
    yield _is_over
    state = bpy.context.window_manager.mvmocap
    stage.facts["cancelled"] = [state.state, contents() == before, _workers()]
    yield from stage.show("11_cancelled")


def queue_two(stage: Stage) -> Play:
    settings, state = bpy.context.scene.mvmocap, bpy.context.window_manager.mvmocap
    yield from _solve_until(stage, 0.02)
    settings.take_name = "second take"
    stage.call(bpy.ops.mvmocap.solve, "INVOKE_DEFAULT")

    def is_queued() -> bool:
        return state.n_waiting == 1

    def has_moved_up() -> bool:
        return state.take_name == "second take" and state.state == "RUNNING"

    yield is_queued
    stage.facts["waiting"] = state.n_waiting
    yield from stage.show("15_two_takes")
    stage.call(bpy.ops.mvmocap.cancel_solve)
    yield has_moved_up
    stage.facts["first_ended"] = [state.take_name, state.n_waiting]
    stage.call(bpy.ops.mvmocap.cancel_solve)
    yield _is_over
    stage.facts["second_ended"] = [state.state, _workers()]
    settings.take_name = ""


def kill_worker(stage: Stage) -> Play:
    yield from _solve_until(stage, 0.05)
    for process in _workers():
        os.kill(process, signal.SIGKILL)
    yield _is_over
    state = bpy.context.window_manager.mvmocap
    stage.facts["killed"] = [state.state, state.error, state.log]
    yield from stage.show("12_killed")


def bake_and_undo(stage: Stage) -> Play:
    scene = bpy.context.scene
    scene.mvmocap.take_folder = TASK["take"]
    bpy.ops.ed.undo_push(message="Take")
    before = contents()
    stage.call(bpy.ops.mvmocap.bake, "EXEC_DEFAULT", True)
    yield 0.5
    baked = contents()
    stage.call(bpy.ops.ed.undo)
    yield 0.5
    undone = contents()
    stage.call(bpy.ops.ed.redo)
    yield 0.5
    stage.facts["undo"] = [len(baked) - len(before), undone == before, contents() == baked]
    yield from stage.show("13_redone")


def save_and_reopen(stage: Stage) -> Play:
    before = contents()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=TASK["blend"])
    yield 1.5
    settings = bpy.context.scene.mvmocap
    names = [Path(video.filepath).name for video in settings.videos]
    state = bpy.context.window_manager.mvmocap
    stage.facts["reopened"] = [names, bool(settings.take_folder), contents() == before]
    stage.facts["verdict"] = state.verdict
    yield from stage.show("14_reopened")


def _solve_until(stage: Stage, progress: float) -> Play:
    state = bpy.context.window_manager.mvmocap
    stage.call(bpy.ops.mvmocap.solve, "INVOKE_DEFAULT")

    def is_under_way() -> bool:
        return state.is_running and state.progress > progress

    yield is_under_way


def _is_over() -> bool:
    return not bpy.context.window_manager.mvmocap.is_running


def _workers() -> list[int]:
    """Process numbers of the workers that this Blender has started and that still run."""
    return [number for number in _children(os.getpid()) if b"mvmocap_core.worker" in _said(number)]


def _children(parent: int) -> list[int]:
    found = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    return [number for number in found if _parent(number) == parent]


def _parent(process: int) -> int:
    """Process number of who started a process; 0 for one that has ended."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _said(process: int) -> bytes:
    """The command line; empty for a process that has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


perform(play, Path(TASK["folder"]))
