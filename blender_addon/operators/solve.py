"""Solve the scene's videos into a take, in the worker, while Blender goes on."""

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy

from mvmocap_core.errors import Cancelled, MocapError

from .. import session
from ..batch.core_process import solve_arguments
from ..properties import as_kept
from ..sidebar import redraw_sidebars
from ..solve_state import SolveWatch, panel_words
from ..take_folders import label
from ..worker_client import CANCELLED, DONE, Job, Outcome, Step, run_job
from ..worker_process import Message

TICK_S = 0.1
MESSAGES_A_TICK = 50

_PROXIES_SHARE = 0.15
_TENTHS = 10
_MIN_VIDEOS = 2


class MVMOCAP_OT_solve(bpy.types.Operator):
    """Puts the scene's videos into the queue, and watches over them until they are solved."""

    bl_idname = "mvmocap.solve"
    bl_label = "Solve"
    bl_description = (
        "Find the performer's motion in the videos. What an earlier solve has finished is reused"
    )
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender's way; without REGISTER nothing repeats it

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Two videos have to be chosen."""
        n_videos = sum(bool(video.filepath.strip()) for video in context.scene.mvmocap.videos)
        if n_videos < _MIN_VIDEOS:
            cls.poll_message_set("Choose two videos of the performer first")
        return n_videos >= _MIN_VIDEOS

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start the worker and stay beside it; another take may have to be finished first."""
        if bpy.app.background:
            return self.execute(context)
        if not self._prepare(context):
            return {"CANCELLED"}
        manager = context.window_manager
        if session.QUEUE.running is None and not session.QUEUE.n_waiting:
            self._watch.begin(manager.mvmocap)
        session.QUEUE.submit(self._job)
        self._timer = manager.event_timer_add(TICK_S, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Hear the worker a few times a second; Esc ends the running solve, not those that wait."""
        is_running = session.QUEUE.running is self._job
        if event.type == "ESC" and event.value == "PRESS" and is_running:
            self._job.cancel()
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        outcome = self._job.outcome  # before its last messages are taken, not after
        self._tell(context, is_running)
        if outcome is None:
            return {"PASS_THROUGH"}
        self._leave(context)
        return self._finish(context, outcome)

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender takes the operator away: its window closes, or another file is loaded."""
        self._job.cancel()
        self._leave(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Solve and wait, for scripts and for Blender without a window."""
        if not self._prepare(context):
            return {"CANCELLED"}
        state, printer = context.window_manager.mvmocap, _Printer()

        def hear(message: Message) -> None:
            self._watch.hear(state, message)
            printer.hear(message)

        with suppress(MocapError, Cancelled):  # told below, like every other end
            run_job(self._job, hear)
        return self._finish(context, self._job.outcome or Outcome(CANCELLED))

    def _prepare(self, context: bpy.types.Context) -> bool:
        settings = context.scene.mvmocap
        videos = settings.video_paths()
        try:
            folder = session.scene_take_folder(context.scene)
            options = settings.to_options()
        except MocapError as error:
            self.report({"ERROR"}, panel_words(str(error)))
            return False
        self._scene_name = context.scene.name
        self._folder = folder
        self._watch = SolveWatch(label(folder), folder)
        self._job = solve_job(videos, folder, solve_arguments(videos, folder, options))
        return True

    def _tell(self, context: bpy.types.Context, is_running: bool) -> None:
        state = context.window_manager.mvmocap
        messages = self._job.messages(MESSAGES_A_TICK)
        if is_running:
            self._watch.begin(state)
        for message in messages:
            self._watch.hear(state, message)
        if not is_running:
            return
        n_waiting = session.QUEUE.n_waiting
        if not messages and state.n_waiting == n_waiting and not self._job.is_cancelled:
            return
        state.n_waiting = n_waiting
        if self._job.is_cancelled:
            state.state = "STOPPING"
        context.workspace.status_text_set(_status(state))
        redraw_sidebars()

    def _finish(self, context: bpy.types.Context, outcome: Outcome) -> set[str]:
        state = context.window_manager.mvmocap
        state.n_waiting = session.QUEUE.n_waiting
        self._watch.finish(state, outcome)
        redraw_sidebars()
        if outcome.status == CANCELLED:
            self.report(
                {"WARNING"}, "Cancelled. What was finished is kept: Solve goes on from there"
            )
            return {"CANCELLED"}
        if outcome.status != DONE:
            self.report({"ERROR"}, state.error)
            return {"CANCELLED"}
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is not None:
            scene.mvmocap.take_folder = as_kept(self._folder)
            scene.mvmocap_clean.read(self._folder, state.motion_start_s, state.motion_end_s)
        self.report({"INFO"}, f"Solved {label(self._folder)}: {state.verdict}")
        return {"FINISHED"}

    def _leave(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace is not None:
            context.workspace.status_text_set(None)


def solve_job(videos: tuple[Path, ...], folder: Path, arguments: list[str]) -> Job:
    """The job behind the operator: the solve, and then the footage to show behind the skeleton."""
    proxies = ("proxies", str(folder), *map(str, videos))
    steps = [
        Step(tuple(arguments), share=1.0 - _PROXIES_SHARE),
        Step(proxies, share=_PROXIES_SHARE, is_optional=True),
    ]
    return Job(steps, name=label(folder), folder=folder, launch=session.launch())


def _status(state: Any) -> str:
    left = ""
    if state.seconds_left >= 0.0:
        left = f", {time.strftime('%M:%S', time.gmtime(state.seconds_left))} left"
    waiting = f", {state.n_waiting} waiting" if state.n_waiting else ""
    return f"{state.take_name}: {state.progress:.0%} {state.message}{left}{waiting}  (Esc: cancel)"


class _Printer:
    """Prints every tenth of the way."""

    def __init__(self) -> None:
        self._tenth = -1

    def hear(self, message: Message) -> None:
        kind = message.get("type")
        if kind == "warning":
            _print(f"Note: {panel_words(str(message['message']))}")
        elif kind == "progress" and int(_TENTHS * float(message["fraction"])) > self._tenth:
            self._tenth = int(_TENTHS * float(message["fraction"]))
            _print(f"{_TENTHS * self._tenth:3d} % {message['message']}")


def _print(line: str) -> None:
    sys.stdout.write(f"mvmocap: {line}\n")
    sys.stdout.flush()


CLASSES = (MVMOCAP_OT_solve,)
