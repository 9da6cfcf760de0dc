"""A hand at the mouse: it finds buttons by looking at them, clicks, and uses the file browser."""

import subprocess
from collections.abc import Generator
from pathlib import Path

import bpy
from steps import Play, Stage

_STEP_PX = 8
_LOOK_S = 0.04
_WAIT_S = 0.15


class Hand:
    """Clicks by simulated events, counts the clicks on buttons, and leaves a picture of each."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.clicks: list[str] = []

    def click(self, command: str, picture: str) -> Play:
        """Click the button of the sidebar that runs a command, such as `mvmocap.solve`.

        Raises:
            LookupError: when there is no such button in sight.
        """
        place = yield from self._find(command)
        if place is None:
            raise LookupError(f"no button in sight runs {command}")
        yield from self.click_at(place, picture)
        self.clicks.append(command)

    def click_at(self, place: tuple[int, int], picture: str) -> Play:
        """Click at a place of the window."""
        yield from self._move(place)
        yield 0.5  # until a button is drawn as one that is pointed at
        self._picture(picture, place)
        window = self.stage.window
        for value in ("PRESS", "RELEASE"):
            window.event_simulate(type="LEFTMOUSE", value=value, x=place[0], y=place[1])
            yield _LOOK_S
        yield _WAIT_S

    def choose_all(self, folder: Path, picture: str) -> Play:
        """In the file browser that has opened: go to a folder, choose its files, confirm."""
        yield _browser_is_open
        window, area = _browser()
        area.spaces.active.params.directory = bytes(folder)
        yield 1.5
        with bpy.context.temp_override(window=window, area=area, region=_region(area)):
            bpy.ops.file.select_all(action="SELECT")
        yield 0.6
        self.stage.shoot(picture)
        yield from self._confirm()

    def name_file(self, target: Path, picture: str) -> Play:
        """In the file browser that has opened: give folder and name of a new file, confirm."""
        yield _browser_is_open
        _, area = _browser()
        params = area.spaces.active.params
        params.directory, params.filename = bytes(target.parent), target.name
        yield 1.5
        self.stage.shoot(picture)
        yield from self._confirm()

    def _confirm(self) -> Play:
        window, area = _browser()
        with bpy.context.temp_override(window=window, area=area, region=_region(area)):
            bpy.ops.file.execute("INVOKE_DEFAULT")
        yield 0.5

    def _find(self, command: str) -> Generator[float, None, tuple[int, int] | None]:
        """Look over the sidebar, again if it was not drawn yet, and scrolled down to its end."""
        for pages in (0, 0, 3):
            yield from self.stage.scroll_sidebar(pages)
            place = yield from self._sweep(command)
            if place is not None:
                return place
        return None

    def _sweep(self, command: str) -> Generator[float, None, tuple[int, int] | None]:
        """Move down the sidebar until what lies under the mouse runs the command."""
        region = self.stage.region("UI")
        x = region.x + region.width // 2 - 10
        for y in range(region.y + region.height - 4, region.y, -_STEP_PX):
            yield from self._move((x, y))
            if f".{command}(" in self._command_under_mouse(region):
                return x, y - 4  # the upper edge was found
        return None

    def _move(self, place: tuple[int, int]) -> Play:
        self.stage.window.event_simulate(type="MOUSEMOVE", value="NOTHING", x=place[0], y=place[1])
        yield _LOOK_S

    def _command_under_mouse(self, region: bpy.types.Region) -> str:
        manager = bpy.context.window_manager
        manager.clipboard = ""
        stage = self.stage
        with bpy.context.temp_override(window=stage.window, area=stage.view, region=region):
            if bpy.ops.ui.copy_python_command_button.poll():
                bpy.ops.ui.copy_python_command_button()
        return manager.clipboard

    def _picture(self, name: str, place: tuple[int, int]) -> None:
        """A picture of the screen with a ring where the click is going to be."""
        self.stage.shoot(name)
        picture = self.stage.folder / f"{name}.png"
        x, y = place[0], self.stage.window.height - place[1]
        ring = ["-fill", "none", "-stroke", "#ff5ab4", "-strokewidth", "4"]
        ring += ["-draw", f"circle {x},{y} {x + 24},{y}"]
        subprocess.run(["convert", str(picture), *ring, str(picture)], check=True, timeout=30)


def _browser_is_open() -> bool:
    windows = bpy.context.window_manager.windows
    return any(area.type == "FILE_BROWSER" for area in windows[-1].screen.areas)


def _browser() -> tuple[bpy.types.Window, bpy.types.Area]:
    window = bpy.context.window_manager.windows[-1]
    return window, next(area for area in window.screen.areas if area.type == "FILE_BROWSER")


def _region(area: bpy.types.Area) -> bpy.types.Region:
    return next(region for region in area.regions if region.type == "WINDOW")
