"""TASK.json: drag a keypoint with the mouse, undo, mark, solve again; pictures of it."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from steps import Play, Stage, open_sidebar, perform
from the_way import contents, install, save_empty

TASK = json.loads(Path(os.environ["MVMOCAP_GUI_TASK"]).read_text())
TAKE = Path(TASK["take"])
FRAME = 40
BY_PX = (40, -25)


def play(stage: Stage) -> Play:
    yield from install(TASK)
    save_empty(TASK)
    yield from open_sidebar(stage)
    yield from drop_folder(stage)
    yield from drop_sent(stage)
    yield from drag(stage, TAKE)
    stage.call(bpy.ops.mvmocap.setup_scene, "EXEC_DEFAULT", True)
    bpy.context.scene.frame_set(FRAME)
    yield 1.0
    yield from show_keypoints(stage)
    yield from drag_wrist(stage)
    yield from undo_and_redo(stage)
    yield from mark(stage)
    yield from cancel(stage)
    yield from solve_again(stage)
    stage.facts["by_script"] = sorted(stage.call(bpy.ops.mvmocap.clean_up))


def drop_folder(stage: Stage) -> Play:
    yield from drag(stage, TAKE)
    scene = bpy.context.scene
    stage.facts["dropped"] = Path(bpy.path.abspath(scene.mvmocap.take_folder)).name
    stage.facts["name"] = scene.mvmocap.take_name


def drop_sent(stage: Stage) -> Play:
    """A take that was sent, as one file."""
    sent = TAKE.with_name("from afar.mocapzip")
    stage.call(bpy.ops.mvmocap.send_take, filepath=str(sent), has_videos=False)
    yield from drag(stage, sent)
    stage.facts["received"] = Path(bpy.path.abspath(bpy.context.scene.mvmocap.take_folder)).name


def drag(stage: Stage, path: Path) -> Play:
    """From another program onto the 3D view; wait until the scene has another take."""
    region, before = stage.region("WINDOW"), bpy.context.scene.mvmocap.take_folder
    x, y = region.x + region.width // 2, region.y + region.height // 2
    place = [str(x), str(stage.window.height - y)]
    source = Path(__file__).with_name("drag_source.py")
    dragged = subprocess.Popen([sys.executable, str(source), *place, str(path)])

    def is_taken() -> bool:
        assert not dragged.poll(), "the drag has failed: see the log"
        return bpy.context.scene.mvmocap.take_folder != before

    yield is_taken
    dragged.wait(10)


def show_keypoints(stage: Stage) -> Play:
    stage.call(bpy.ops.mvmocap.show_keypoints, "EXEC_DEFAULT", True)
    tool = bpy.context.workspace.tools.from_space_view3d_mode("OBJECT")
    stage.facts["tool"] = tool.idname
    yield from drawn(stage)
    yield from stage.scroll_sidebar(1)
    yield from stage.show("31_keypoints")


def drag_wrist(stage: Stage) -> Play:
    """The left wrist, by the mouse; each step when Blender has followed the one before."""
    state = bpy.context.window_manager.mvmocap_correct
    items = bpy.context.scene.mvmocap_correct.items
    yield from drawn(stage)
    start = wrist(stage)
    end = start[0] + BY_PX[0], start[1] + BY_PX[1]
    point_at(stage, start)
    yield 1.0
    mouse(stage, "LEFTMOUSE", "PRESS", start)
    yield lambda: state.dragged == "left_wrist"
    point_at(stage, end)

    def has_followed() -> bool:
        return math.dist(wrist(stage), end) < 2.0

    yield has_followed
    stage.facts["while_dragged"] = corrections()
    yield from stage.show("32_dragging")
    mouse(stage, "LEFTMOUSE", "RELEASE", end)
    yield lambda: len(items) > 0
    moved = wrist(stage)
    stage.facts["dragged_px"] = [moved[axis] - start[axis] for axis in (0, 1)]
    stage.facts["dragged"] = [item.text for item in items]
    stage.facts["in_the_file"] = corrections()
    point_at(stage, (20, 20))
    yield from drawn(stage)
    yield from stage.show("33_moved")


def drawn(stage: Stage) -> Play:
    """Wait until the 3D view has been drawn anew."""
    seen: list[bool] = []
    handle = bpy.types.SpaceView3D.draw_handler_add(
        lambda: seen.append(True), (), "WINDOW", "POST_PIXEL"
    )
    stage.view.tag_redraw()
    yield lambda: bool(seen)
    bpy.types.SpaceView3D.draw_handler_remove(handle, "WINDOW")
    yield 0.5


def undo_and_redo(stage: Stage) -> Play:
    moved = corrections()
    stage.call(bpy.ops.ed.undo)
    yield 0.5
    undone = corrections(), len(bpy.context.scene.mvmocap_correct.items)
    stage.call(bpy.ops.ed.redo)
    yield 0.5
    stage.facts["undone"] = undone
    stage.facts["is_redone"] = corrections() == moved


def mark(stage: Stage) -> Play:
    correct = bpy.context.scene.mvmocap_correct
    correct.use_range, correct.first, correct.last = True, FRAME - 5, FRAME + 5
    stage.call(bpy.ops.mvmocap.mark_contact, "EXEC_DEFAULT", True, in_contact=True)
    correct.landmark = "right_wrist"
    stage.call(bpy.ops.mvmocap.hide_landmark, "EXEC_DEFAULT", True)
    yield from stage.show("34_marked")


def cancel(stage: Stage) -> Play:
    before, motion = contents(), (TAKE / "motion.npz").read_bytes()
    stage.call(bpy.ops.mvmocap.solve_again, "INVOKE_DEFAULT")
    yield 0.2
    stage.call(bpy.ops.mvmocap.cancel_solve)
    yield is_over
    same = (TAKE / "motion.npz").read_bytes() == motion
    stage.facts["cancelled"] = [contents() == before, same]


def solve_again(stage: Stage) -> Play:
    before, motion = contents(), (TAKE / "motion.npz").read_bytes()
    stage.longest_pauses_s()
    stage.call(bpy.ops.mvmocap.solve_again, "INVOKE_DEFAULT")
    stage.facts["was_running"] = not is_over()
    yield is_over
    stage.facts["pauses_s"] = stage.longest_pauses_s()
    same = (TAKE / "motion.npz").read_bytes() == motion
    stage.facts["solved"] = [contents() == before, not same, bpy.context.scene.frame_current]
    yield from stage.show("35_solved_again")


def is_over() -> bool:
    return not bpy.context.window_manager.mvmocap_correct.is_running


def corrections() -> dict:
    path = TAKE / "corrections.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def wrist(stage: Stage) -> tuple[float, float]:
    """Where the left wrist is drawn, in the view's pixels from its lower left corner."""
    package = sys.modules["bl_ext.user_default.mvmocap"].__name__
    overlay = sys.modules[f"{package}.keypoint_overlay"]
    view = sys.modules[f"{package}.keypoint_view"]
    with bpy.context.temp_override(
        window=stage.window, area=stage.view, region=stage.region("WINDOW")
    ):
        scene, region = bpy.context.scene, stage.region("WINDOW")
        frame = overlay.footage_frame(scene, region, stage.view.spaces.active.region_3d)
        return overlay.places(bpy.context, view.keypoints_now(bpy.context), frame)["left_wrist"]


def point_at(stage: Stage, place: tuple[float, float]) -> None:
    mouse(stage, "MOUSEMOVE", "NOTHING", place)


def mouse(stage: Stage, kind: str, value: str, place: tuple[float, float]) -> None:
    region = stage.region("WINDOW")
    x, y = round(region.x + place[0]), round(region.y + place[1])
    stage.window.event_simulate(type=kind, value=value, x=x, y=y)


perform(play, Path(TASK["folder"]))
