"""A real Blender with a window on a virtual screen."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLAYS = Path(__file__).resolve().parent / "in_window"
VARIABLE = "MVMOCAP_BLENDER"
CACHED_ROOT = "mvmocap/blender-trixie"
"""Where `./run test gui` makes one, in the user's cache folder."""

_SCREEN = "1600x1000x24"
_TIMEOUT_S = 560.0
_SYSTEM = ("/proc", "/dev", "/dev/shm")  # noqa: S108 - not ours, only shown


@dataclass(frozen=True, slots=True)
class RealBlender:
    """Where Blender is.

    root:    folder with a whole system in it, into which programs are locked; None for this one.
    program: Blender's executable, as seen from there.
    """

    root: Path | None
    program: str

    def command(self, arguments: Sequence[str], environment: dict[str, str]) -> list[str]:
        """Command line that runs a program there with a few variables set."""
        inside = [] if self.root is None else ["chroot", str(self.root)]
        return [*inside, "/usr/bin/env", *(f"{k}={v}" for k, v in environment.items()), *arguments]


def find_blender() -> RealBlender | str:
    """Blender as $MVMOCAP_BLENDER says or as `./run test gui` has made it, or why there is none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    chosen = Path(os.environ.get(VARIABLE, cache / CACHED_ROOT))
    if chosen.is_file():
        return RealBlender(None, str(chosen))
    if not (chosen / "usr/bin/blender").exists():
        return f"no Blender with a window: ./run test gui makes one, or set {VARIABLE}"
    if os.geteuid() != 0:
        return f"{chosen} is a system folder, which only root can enter"
    return RealBlender(chosen, "/usr/bin/blender")


def run_play(blender: RealBlender, play: str, task: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Play `in_window/PLAY.py` in a fresh Blender; return what it found. Pictures go to dist/gui.

    task: what the play reads; its paths lie beside `folder`, one folder up, or in the repository.
    """
    task_file = folder / "task.json"
    task_file.write_text(json.dumps({**task, "folder": str(folder)}))
    for name in ("home", "user"):
        (folder / name).mkdir(exist_ok=True)
    environment = {
        "HOME": str(folder / "home"),
        "BLENDER_USER_RESOURCES": str(folder / "user"),
        "MVMOCAP_GUI_TASK": str(task_file),
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "OMP_NUM_THREADS": "1",
    }
    with (
        _kept_pictures(play, folder),
        _mounted(blender.root, [PLAYS.parents[2], folder.parents[1]]),
        _screen(blender, folder) as display,
    ):
        width, height, _ = _SCREEN.split("x")
        window = ["--no-window-focus", "--enable-event-simulate", "-p", "0", "0", width, height]
        arguments = ["--factory-startup", *window, "--python-exit-code", "1"]
        arguments += ["--python", str(PLAYS / f"{play}.py")]
        command = blender.command(
            [blender.program, *arguments], {**environment, "DISPLAY": display}
        )
        if blender.root is not None:
            command = ["unshare", "--net", *command]  # not the screen: it would share its number
        with (folder / "blender.log").open("w") as log:
            done = subprocess.run(command, stdout=log, stderr=log, timeout=_TIMEOUT_S, check=False)
    facts = folder / "facts.json"
    said = (folder / "blender.log").read_text()
    assert facts.is_file(), f"exit code {done.returncode}\n{said[-3000:]}"
    found: dict[str, Any] = json.loads(facts.read_text())
    assert found["failure"] == "", f"{found['failure']}\n{said[-3000:]}"
    return found


@contextmanager
def _kept_pictures(play: str, folder: Path) -> Iterator[None]:
    """Copies what was taken of the window, also where the play fails; not an earlier failure."""
    pictures = PLAYS.parents[2] / "dist" / "gui"
    pictures.mkdir(parents=True, exist_ok=True)
    failure = pictures / f"failure_{play}.png"
    failure.unlink(missing_ok=True)
    try:
        yield
    finally:
        for picture in folder.glob("*.png"):
            shutil.copy(picture, failure if picture.stem == "failure" else pictures)


@contextmanager
def _screen(blender: RealBlender, folder: Path) -> Iterator[str]:
    """A virtual screen; gives its name."""
    arguments = ["Xvfb", "-displayfd", "1", "-screen", "0", _SCREEN]
    arguments += ["+extension", "GLX", "+render", "-noreset"]
    with (folder / "screen.log").open("w") as log:
        screen = subprocess.Popen(
            blender.command(arguments, {}), stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert screen.stdout is not None
        number = screen.stdout.readline().strip()
        assert number, (folder / "screen.log").read_text()
        yield f":{number}"
    finally:
        screen.terminate()
        screen.wait(10)


@contextmanager
def _mounted(root: Path | None, folders: Sequence[Path]) -> Iterator[None]:
    """Show the system's devices and our folders inside a root folder, under their own paths."""
    with ExitStack() as mounts:
        places = [*_SYSTEM, *map(str, folders)] if root else []
        for place in places:
            inside = Path(f"{root}{place}")
            if os.path.ismount(inside):
                continue
            inside.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--bind", "--make-private", place, str(inside)], check=True)
            mounts.callback(_unmount, inside)
        yield


def _unmount(place: Path) -> None:
    for _ in range(20):
        if subprocess.run(["umount", str(place)], check=False, capture_output=True).returncode == 0:
            return
        time.sleep(0.5)  # a program that has just ended may still hold it
    raise RuntimeError(f"{place} cannot be unmounted; do it by hand before deleting the folder")
