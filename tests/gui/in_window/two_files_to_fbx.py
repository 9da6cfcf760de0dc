"""TASK.json: the whole way from two videos to an FBX, with a picture of every step."""

import json
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps import Play, Stage, open_sidebar, perform
from the_way import add_footage, add_metarig, install, save_empty, wait_for_footage

TASK = json.loads(Path(os.environ["MVMOCAP_GUI_TASK"]).read_text())


def play(stage: Stage) -> Play:
    yield from install(TASK)
    save_empty(TASK)
    yield from open_sidebar(stage)
    yield from stage.show("01_empty")
    yield from footage(stage)
    yield from solve(stage)
    yield from scene_and_bake(stage)
    yield from export(stage)


def footage(stage: Stage) -> Play:
    add_footage(stage, TASK)
    yield wait_for_footage
    settings = bpy.context.scene.mvmocap
    stage.facts["videos"] = [
        [video.fps, video.duration_s, video.has_audio] for video in settings.videos
    ]
    yield 1.0
    yield from stage.show("02_footage")


def solve(stage: Stage) -> Play:
    state = bpy.context.window_manager.mvmocap
    stage.call(bpy.ops.mvmocap.solve, "INVOKE_DEFAULT")
    stages: list[str] = []

    def has_begun() -> bool:
        return state.state != "IDLE"

    def is_under_way() -> bool:
        return state.progress > 0.1 or not state.is_running

    def is_over() -> bool:
        if state.stage and state.stage not in stages:
            stages.append(state.stage)
        return not state.is_running

    yield has_begun
    yield is_under_way
    yield from stage.show("03_solving")
    yield is_over
    yield 0.5
    stage.facts |= {"stages": stages, "verdict": state.verdict, "error": state.error}
    stage.facts |= {"state": state.state, "take": state.take_folder}
    yield from stage.show("04_solved")


def scene_and_bake(stage: Stage) -> Play:
    scene = bpy.context.scene
    stage.facts["setup"] = stage.call(bpy.ops.mvmocap.setup_scene, "INVOKE_DEFAULT")

    def is_set_up() -> bool:
        return scene.camera is not None

    yield is_set_up
    scene.frame_set(40)
    yield 1.0
    yield from stage.show("05_scene")
    stage.facts["fps"] = scene.render.fps / scene.render.fps_base
    stage.facts["frames"] = [scene.frame_start, scene.frame_end]
    stage.facts["cameras"] = [found.name for found in scene.objects if found.type == "CAMERA"]
    rig = add_metarig()
    bake = scene.mvmocap_bake
    bake.target = rig

    def has_bones() -> bool:
        return len(bake.bones) > 0

    yield has_bones
    stage.facts["map"] = [bake.preset, bake.score]
    yield from stage.scroll_sidebar(3)
    yield from stage.show("06_target")
    stage.facts["bake"] = stage.call(bpy.ops.mvmocap.bake, "INVOKE_DEFAULT")
    action = rig.animation_data.action
    stage.facts["keys"] = list(action.frame_range)
    stage.facts["hips_m"] = []
    for frame in (1, 40):
        scene.frame_set(frame)
        stage.facts["hips_m"].append(list(rig.matrix_world @ rig.pose.bones["spine"].head))
    yield from stage.show("07_baked")


def export(stage: Stage) -> Play:
    target = TASK["fbx"]
    stage.facts["export"] = stage.call(bpy.ops.mvmocap.export, filepath=target)
    stage.facts["fbx_bytes"] = Path(target).stat().st_size
    yield from stage.show("08_exported")


perform(play, Path(TASK["folder"]))
