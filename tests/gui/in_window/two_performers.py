"""TASK.json: a take of two performers: each is chosen, and baked onto an armature of its own."""

import json
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps import Play, Stage, open_sidebar, perform
from the_way import add_metarig, install, save_empty

TASK = json.loads(Path(os.environ["MVMOCAP_GUI_TASK"]).read_text())
FRAMES = (5, 30)


def play(stage: Stage) -> Play:
    yield from install(TASK)
    save_empty(TASK)
    yield from open_sidebar(stage)
    scene = bpy.context.scene
    stage.call(bpy.ops.mvmocap.open_take, filepath=TASK["take"])
    stage.call(bpy.ops.mvmocap.setup_scene, "EXEC_DEFAULT", True)
    rigs = [add_metarig(), add_metarig()]
    yield 1.0
    bake = scene.mvmocap_bake
    for person, rig in enumerate(rigs):
        bake.person, bake.target = str(person), rig
        yield lambda: len(bake.bones) > 0
        yield from stage.scroll_sidebar(3)
        yield from stage.show(f"4{person + 1}_performer_{person + 1}")
        stage.call(bpy.ops.mvmocap.bake, "EXEC_DEFAULT", True)
    yield from stage.show("43_two_performers")
    stage.facts["actions"] = [rig.animation_data.action.name for rig in rigs]
    stage.facts["hips_m"] = []
    for frame in FRAMES:
        scene.frame_set(frame)
        stage.facts["hips_m"].append(
            [list(rig.matrix_world @ rig.pose.bones["spine"].head) for rig in rigs]
        )
    stage.call(bpy.ops.mvmocap.link)
    stage.facts["linked"] = bool(rigs[1].pose.bones["spine"].constraints)
    yield from stage.show("44_linked")


perform(play, Path(TASK["folder"]))
