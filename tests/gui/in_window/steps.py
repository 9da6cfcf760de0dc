"""Play a person at a Blender with a window: one step at a time, between which Blender lives on.

A play is a generator. What it yields is waited for: a number of seconds, or a function that says
whether to go on. Facts and pictures go into a folder.
"""

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from types import FunctionType
from typing import Any

import bpy

Play = Generator[float | Callable[[], bool], None, None]

_TICK_S = 0.05
_BEAT_S = 0.01
_PATIENCE_S = 420.0
_SETTLE_S = 0.6  # until a changed window is drawn, without a graphics card


class Stage:
    """The window, a folder for what is found, and a clock that notices when the window stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts: dict[str, Any] = {"version": bpy.app.version_string}
        self._last_beat = time.monotonic()
        self._pauses_s: list[tuple[float, str]] = []

    @property
    def window(self) -> bpy.types.Window:
        return bpy.context.window_manager.windows[0]

    @property
    def view(self) -> bpy.types.Area:
        areas = [area for area in self.window.screen.areas if area.type == "VIEW_3D"]
        return max(areas, key=lambda area: area.width * area.height)

    def region(self, kind: str) -> bpy.types.Region:
        return next(region for region in self.view.regions if region.type == kind)

    def call(self, operator: Callable[..., set[str]], *arguments: Any, **settings: Any) -> set[str]:
        """An operator as if pressed in the sidebar."""
        with bpy.context.temp_override(
            window=self.window, area=self.view, region=self.region("UI")
        ):
            return operator(*arguments, **settings)

    def shoot(self, name: str) -> None:
        """Write a picture of the screen; Blender's own screenshot is black without a compositor."""
        target = self.folder / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(target)], check=True, timeout=30)

    def show(self, name: str) -> Play:
        """Wait until the window is drawn, and write a picture of it."""
        for region in self.view.regions:
            region.tag_redraw()
        yield _SETTLE_S
        self.shoot(name)

    def scroll_sidebar(self, pages: int) -> Play:
        """Scroll the sidebar down by pages, up where negative."""
        operator = bpy.ops.view2d.scroll_down if pages > 0 else bpy.ops.view2d.scroll_up
        for _ in range(abs(pages)):
            self.call(operator, deltay=400, page=True)
            yield 0.1

    def write_facts(self, failure: str) -> None:
        """Hand over what was found; failure: why the play did not reach its end."""
        facts = json.dumps({**self.facts, "failure": failure}, indent=2, default=str)
        (self.folder / "facts.json").write_text(facts)

    def beat(self) -> float:
        now = time.monotonic()
        paused_s = now - self._last_beat
        if paused_s > 2 * _BEAT_S:
            state = bpy.context.window_manager.mvmocap if self.is_installed else None
            where = f"{state.state} {state.stage} {state.progress:.2f}" if state else ""
            self._pauses_s.append((round(paused_s, 4), where))
        self._last_beat = now
        return _BEAT_S

    @property
    def is_installed(self) -> bool:
        return hasattr(bpy.types.WindowManager, "mvmocap")

    def longest_pauses_s(self) -> list[tuple[float, str]]:
        """The longest times that the window stood since this was last asked, and when."""
        longest = sorted(self._pauses_s)[-8:]
        self._pauses_s = []
        self._last_beat = time.monotonic()
        return longest


def time_our_calls(package: str) -> dict[str, list[float]]:
    """Have every call that Blender makes into the extension measured from now on.

    Returns the longest of each, as seconds on the clock and of computing.
    """
    longest: dict[str, list[float]] = {}
    for module in [found for name, found in sys.modules.items() if name.startswith(package)]:
        for cls in getattr(module, "CLASSES", ()):
            for name in ("draw", "execute", "invoke", "modal"):
                if isinstance(vars(cls).get(name), FunctionType):
                    setattr(cls, name, _timed(vars(cls)[name], f"{cls.__name__}.{name}", longest))
    return longest


def _timed(
    function: FunctionType, name: str, longest: dict[str, list[float]]
) -> Callable[..., Any]:
    def measured(*arguments: Any) -> Any:
        clock_s, computing_s = time.monotonic(), time.thread_time()
        try:
            return function(*arguments)
        finally:
            took_s = [time.monotonic() - clock_s, time.thread_time() - computing_s]
            longest[name] = [
                max(pair) for pair in zip(longest.get(name, took_s), took_s, strict=True)
            ]

    def with_context(self: Any, context: Any) -> Any:  # Blender counts a function's arguments
        return measured(self, context)

    def with_event(self: Any, context: Any, event: Any) -> Any:
        return measured(self, context, event)

    return with_event if function.__code__.co_argcount == 3 else with_context


def perform(play: Callable[[Stage], Play], folder: Path) -> None:
    """Run the play by Blender's timers, write facts.json, and leave."""
    bpy.context.preferences.view.show_splash = False
    stage = Stage(folder)
    steps = _flattened(play(stage))
    waiting_for: list[float | Callable[[], bool]] = [2.0]
    since = [time.monotonic()]

    def go_on() -> float:
        waited_s = time.monotonic() - since[0]
        wish = waiting_for[0]
        if callable(wish):
            if waited_s > _PATIENCE_S:
                _leave(stage, f"waited {_PATIENCE_S:g} s in vain for {wish.__name__}")
            if not wish():
                return _TICK_S
        elif waited_s < wish:
            return _TICK_S
        try:
            waiting_for[0] = next(steps)
        except StopIteration:
            _leave(stage, "")
        except Exception:  # noqa: BLE001 - whatever it is, the test shows it
            _leave(stage, traceback.format_exc())
        since[0] = time.monotonic()
        return _TICK_S

    bpy.app.timers.register(stage.beat, persistent=True)
    bpy.app.timers.register(go_on, first_interval=1.0, persistent=True)


def _flattened(play: Play) -> Play:
    yield from play


def _leave(stage: Stage, failure: str) -> None:
    stage.write_facts(failure)
    sys.stdout.flush()
    if failure:
        with suppress(OSError, subprocess.SubprocessError):  # the screen itself may be gone
            stage.shoot("failure")
    os._exit(1 if failure else 0)


def open_sidebar(stage: Stage) -> Play:
    """One large 3D view with the tab Mocap beside it."""
    yield from _close_other_areas(stage)
    stage.view.spaces.active.show_region_ui = True
    stage.view.spaces.active.show_region_toolbar = False
    yield 1.0

    def is_chosen() -> bool:
        try:
            stage.region("UI").active_panel_category = "Mocap"
        except (AttributeError, TypeError):  # not drawn yet
            return False
        return True

    yield is_chosen
    yield 0.5


def _close_other_areas(stage: Stage) -> Play:
    for kind in ("DOPESHEET_EDITOR", "OUTLINER", "PROPERTIES"):
        for area in list(stage.window.screen.areas):
            if area.type == kind:
                with bpy.context.temp_override(window=stage.window, area=area):
                    bpy.ops.screen.area_close()
                yield 0.5
                break
