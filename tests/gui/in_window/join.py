"""TASK.json: a take of two performers: join by the mouse who was left out of it."""

import json
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from hand import Hand
from steps import Play, Stage, open_sidebar, perform
from the_way import install, save_empty

TASK = json.loads(Path(os.environ["MVMOCAP_GUI_TASK"]).read_text())
IDENTITIES = Path(TASK["take"]) / "identities.json"
FRAME = 31


def play(stage: Stage) -> Play:
    yield from install(TASK)
    save_empty(TASK)
    yield from open_sidebar(stage)
    stage.call(bpy.ops.mvmocap.open_take, filepath=TASK["take"])
    stage.call(bpy.ops.mvmocap.setup_scene, "EXEC_DEFAULT", True)
    bpy.context.scene.frame_set(FRAME)
    yield 1.0
    stage.call(bpy.ops.mvmocap.show_keypoints, "EXEC_DEFAULT", True)
    bpy.context.scene.mvmocap_correct.person = "1"
    yield 1.0
    hand = Hand(stage)
    yield from hand.click("mvmocap.join_performer", "46_join")
    stage.window.event_simulate(type="ESC", value="PRESS", x=400, y=400)
    yield 0.5
    stage.facts["cancelled"] = identities()
    hand.clicks.clear()
    yield from hand.click("mvmocap.join_performer", "46_join")
    stage.facts["clicked"] = hand.clicks
    place = left_out(stage)
    yield from hand.click_at(place, "47_join_whom")

    def is_joined() -> bool:
        return bool(identities())

    yield is_joined
    stage.facts["identities"] = identities()
    yield from stage.show("48_joined")


def identities() -> list[dict]:
    return json.loads(IDENTITIES.read_text())["identities"] if IDENTITIES.is_file() else []


def left_out(stage: Stage) -> tuple[int, int]:
    """Where in the window the body is shown that was left out."""
    package = sys.modules["bl_ext.user_default.mvmocap"].__name__
    overlay, view = (
        sys.modules[f"{package}.{name}"] for name in ("keypoint_overlay", "keypoint_view")
    )
    region = stage.region("WINDOW")
    with bpy.context.temp_override(window=stage.window, area=stage.view, region=region):
        now = view.keypoints_now(bpy.context)
        frame = overlay.footage_frame(bpy.context.scene, region, stage.view.spaces.active.region_3d)
    points = [point for point in now.left_out_px[0].tolist() if point[0] == point[0]]
    middle = [sum(axis) / len(points) for axis in zip(*points, strict=True)]
    stage.facts["left_out_px"] = now.filmed_px(middle)
    x, y = frame.to_region(*middle)
    return round(region.x + x), round(region.y + y)


perform(play, Path(TASK["folder"]))
