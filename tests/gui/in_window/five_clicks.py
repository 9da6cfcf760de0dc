"""TASK.json: from two files to an FBX by mouse alone, and how long the window stands still."""

import json
import os
import subprocess
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from hand import Hand
from steps import Play, Stage, open_sidebar, perform, time_our_calls
from the_way import install, save_empty, wait_for_footage

TASK = json.loads(Path(os.environ["MVMOCAP_GUI_TASK"]).read_text())
BUSY = "import os\nos.nice(5)\nwhile True: pass"
"""What keeps a core as busy as a worker does, without the extension."""

_BASELINE_S = 10.0
_REDRAW_S = 0.1


def play(stage: Stage) -> Play:
    yield from install(TASK)
    save_empty(TASK)
    yield from open_sidebar(stage)
    hand = Hand(stage)
    yield from hand.click("mvmocap.import_views", "click_1_add_videos")
    yield from hand.choose_all(Path(TASK["footage"]), "click_1_file_browser")
    yield wait_for_footage
    yield 1.0
    stage.facts["baseline_pauses_s"] = yield from baseline(stage)
    ours_s = time_our_calls("bl_ext.user_default.mvmocap")
    yield from hand.click("mvmocap.solve", "click_2_solve")
    yield from watch_solve(stage)
    stage.facts["ours_s"] = dict(sorted(ours_s.items(), key=lambda item: -item[1][1]))
    yield from hand.click("mvmocap.bake", "click_3_bake")
    yield _is_baked
    stage.facts["keys"] = list(_baked().animation_data.action.frame_range)
    yield from hand.click("mvmocap.export", "click_4_export")
    target = Path(TASK["fbx"])
    yield from hand.name_file(target, "click_4_file_browser")

    def is_written() -> bool:
        return target.is_file() and target.stat().st_size > 0

    yield is_written
    yield 0.5
    stage.facts["clicks"] = hand.clicks
    stage.facts["fbx_bytes"] = target.stat().st_size
    yield from stage.show("click_5_done")
    yield from read_back(stage, target)


def _baked() -> bpy.types.Object | None:
    return bpy.context.scene.mvmocap_bake.baked


def _is_baked() -> bool:
    return _baked() is not None


def baseline(stage: Stage) -> Play:
    """The longest pauses while other programs compute, and the sidebar is drawn as in a solve."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() or 1)]
    try:
        yield 1.0
        stage.longest_pauses_s()
        for _ in range(int(_BASELINE_S / _REDRAW_S)):
            stage.region("UI").tag_redraw()
            yield _REDRAW_S
        return stage.longest_pauses_s()
    finally:
        for process in busy:
            process.kill()


def watch_solve(stage: Stage) -> Play:
    state = bpy.context.window_manager.mvmocap

    def has_begun() -> bool:
        return state.state != "IDLE"

    def is_over() -> bool:
        return not state.is_running

    yield has_begun
    stage.longest_pauses_s()
    yield is_over
    stage.facts["solve_pauses_s"] = stage.longest_pauses_s()
    stage.facts |= {"state": state.state, "verdict": state.verdict, "error": state.error}
    yield 0.5


def read_back(stage: Stage, target: Path) -> Play:
    """What a program finds in the FBX: bones, and whether they move."""
    before = set(bpy.data.objects)
    bpy.ops.import_scene.fbx(filepath=str(target))
    rig = next(found for found in set(bpy.data.objects) - before if found.type == "ARMATURE")
    heads = []
    for frame in (2, 40):
        bpy.context.scene.frame_set(frame)
        yield 0.1
        heads.append([list(rig.matrix_world @ bone.head) for bone in rig.pose.bones])
    moved = [
        max(abs(a - b) for a, b in zip(first, later, strict=True))
        for first, later in zip(*heads, strict=True)
    ]
    first, last = rig.animation_data.action.frame_range
    stage.facts["fbx"] = {
        "n_bones": len(heads[0]),
        "moved_m": max(moved),
        "n_frames": round(last - first) + 1,
    }


perform(play, Path(TASK["folder"]))
