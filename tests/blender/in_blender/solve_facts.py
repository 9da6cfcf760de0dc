"""PART FOLDER: what the operators of a solve do, with a worker that plays parts."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import bpy
from bench import HERE, arguments, finish

from blender_addon import preferences, register, session, unregister
from blender_addon.operators import solve
from blender_addon.worker_process import Launch

STUB = HERE.parent / "stub_worker.py"
part, folder = arguments()[0], Path(arguments()[1])
session.launch = lambda: Launch((sys.executable, str(STUB)), dict(os.environ))


def choose(*names: str) -> Any:
    settings = bpy.context.scene.mvmocap
    settings.videos.clear()
    for name in names:
        settings.videos.add().filepath = str(folder / f"{name}.mp4")
    return settings


def try_solve() -> dict[str, Any]:
    """Solve; tell what came back and what the scene and the panel hold now."""
    before = bpy.context.scene.mvmocap.take_folder
    error, result = "", set()
    try:
        result = bpy.ops.mvmocap.solve()
    except RuntimeError as raised:
        error = str(raised)
    state, settings = bpy.context.window_manager.mvmocap, bpy.context.scene.mvmocap
    return {
        "result": sorted(result),
        "error": error,
        "state": state.state,
        "is_running": state.is_running,
        "verdict": state.verdict,
        "advice": [item.text for item in state.advice],
        "told": state.error,
        "log": state.log,
        "take": settings.take_folder,
        "take_before": before,
        "working_folder": state.take_folder,
    }


def wait_for_part(job: Any) -> None:
    end_s = time.monotonic() + 30.0
    while time.monotonic() < end_s:
        if any(message["type"] == "progress" for message in job.messages()):
            return
        time.sleep(0.02)
    raise TimeoutError("the worker did not begin")


def submitted(name: str) -> Any:
    videos, take = (folder / f"{name}.mp4", folder / "b.mp4"), folder / f"take {name}"
    steps = ["solve", *map(str, videos), "--out", str(take)]
    job = solve.solve_job(videos, take, steps)
    session.QUEUE.submit(job)
    wait_for_part(job)
    return job


def solve_twice() -> dict[str, Any]:
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scène 1.blend"))
    choose("good", "b").height_m = 1.8
    done = try_solve()
    choose("nobody", "b")
    failed = try_solve()
    choose("crash", "b")
    crashed = try_solve()
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_empty=True)
    cleared = bpy.context.window_manager.mvmocap.verdict
    bpy.ops.wm.open_mainfile(filepath=str(folder / "scène 1.blend"))
    state = bpy.context.window_manager.mvmocap
    reopened = {"verdict": state.verdict, "state": state.state, "advice": state.advice[0].text}
    return {
        "done": done,
        "failed": failed,
        "crashed": crashed,
        "cleared": cleared,
        "reopened": reopened,
    }


def unsaved() -> dict[str, Any]:
    preferences.cache_folder = lambda context: folder / "cache"
    choose("good", "b")
    return try_solve()


def contradiction() -> dict[str, Any]:
    settings = choose("good", "b")
    settings.use_range, settings.start_s, settings.end_s = True, 5.0, 2.0
    return try_solve()


def too_few() -> dict[str, Any]:
    choose("good", "b").videos[1].filepath = "  "
    return {
        "can_solve": bpy.ops.mvmocap.solve.poll(),
        "can_cancel": bpy.ops.mvmocap.cancel_solve.poll(),
    }


def other_file() -> dict[str, Any]:
    jobs = [submitted("slow")]
    second = solve.solve_job((folder / "good.mp4",) * 2, folder / "two", ["solve"])
    session.QUEUE.submit(second)
    bpy.ops.wm.read_homefile(use_empty=True)
    return {"statuses": [job.wait(30.0) and job.outcome.status for job in [*jobs, second]]}


def disabled() -> dict[str, Any]:
    job = submitted("slow")
    unregister()
    facts = {"status": job.wait(30.0) and job.outcome.status}
    register()
    return facts


def cancelled() -> dict[str, Any]:
    jobs = [submitted("slow")]
    result = bpy.ops.mvmocap.cancel_solve()
    jobs[0].wait(30.0)
    jobs.append(submitted("slow"))
    waiting = solve.solve_job((folder / "good.mp4",) * 2, folder / "two", ["solve"])
    session.QUEUE.submit(waiting)
    bpy.ops.mvmocap.cancel_solve(include_waiting=True)
    jobs[1].wait(30.0)
    statuses = [job.outcome.status for job in (*jobs, waiting)]
    return {"result": sorted(result), "statuses": statuses}


def abandoned() -> dict[str, Any]:
    """Blender dies while the worker works; the test looks whether the worker lives."""
    job = submitted("slow")
    return {"worker": job._process.pid}


def registered() -> dict[str, Any]:
    unregister()
    leftover = [
        owner
        for owner in ("Scene", "WindowManager")
        if hasattr(getattr(bpy.types, owner), "mvmocap")
    ]
    classes = [name for name in dir(bpy.types) if name.startswith("MVMOCAP_")]
    handlers = len(bpy.app.handlers.load_pre) + len(bpy.app.handlers.load_post)
    register()
    return {
        "leftover": leftover,
        "classes": classes,
        "handlers": handlers,
        "is_back": hasattr(bpy.types.Scene, "mvmocap"),
    }


def opened() -> dict[str, Any]:
    """The test has put a take into the folder, and one of its videos beside it."""
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
    bpy.ops.mvmocap.open_take(filepath=str(folder / "sent" / "motion.npz"))
    settings, state = bpy.context.scene.mvmocap, bpy.context.window_manager.mvmocap
    facts = {
        "take": settings.take_folder,
        "videos": [video.filepath for video in settings.videos],
        "quality": settings.quality,
        "height_m": settings.to_options().height_m,
        "verdict": state.verdict,
    }
    try:
        bpy.ops.mvmocap.open_take(filepath=str(folder))
    except RuntimeError as error:
        facts["error"] = str(error)
    return {**facts, "take_after_error": settings.take_folder}


def options() -> dict[str, Any]:
    settings = bpy.context.scene.mvmocap
    untouched = str(settings.to_options())
    settings.height_m, settings.quality = 1.8, "DRAFT"
    preferences.device = lambda context: "cpu"
    settings.use_range, settings.start_s, settings.end_s = True, 0.1, 2.7
    settings.use_fps, settings.fps = True, 29.97
    from mvmocap_core.options import SolveOptions

    chosen = SolveOptions(
        height_m=1.8, detector="lite", device="cpu", start_s=0.1, end_s=2.7, fps=29.97
    )
    return {
        "untouched_are_defaults": untouched == str(SolveOptions()),
        "chosen_are_exact": settings.to_options() == chosen,
    }


register()
finish(globals()[part]())
