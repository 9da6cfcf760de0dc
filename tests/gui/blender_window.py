"""A real Blender with a window on a virtual screen."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

    def command(
        self,
        arguments: Sequence[str],
        environment: dict[str, str],
        *,
        folders: Sequence[Path] = (),
        has_network: bool = True,
    ) -> list[str]:
        """Command line that runs a program there with a few variables set.

        folders: of this system, which the program is to see under the same paths.
        has_network: in a root folder it may be cut off from it; a screen without a network would
            take the number of another one.

        What is mounted into the root folder goes with the program, however that ends: nothing of
        this system may lie in a folder that somebody deletes later.
        """
        said = ["/usr/bin/env", *(f"{k}={v}" for k, v in environment.items()), *arguments]
        if self.root is None:
            return said
        lines = ["set -e"]
        for place in [*_SYSTEM, *map(str, folders)]:
            inside = shlex.quote(f"{self.root}{place}")
            lines.append(f"mkdir -p {inside}; mount --bind {shlex.quote(place)} {inside}")
        lines.append(f"exec {shlex.join(['chroot', str(self.root), *said])}")
        apart = ["unshare", "--mount", *([] if has_network else ["--net"])]
        return [*apart, "sh", "-c", "\n".join(lines)]


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
        _screen(blender, folder) as display,
    ):
        width, height, _ = _SCREEN.split("x")
        window = ["--no-window-focus", "--enable-event-simulate", "-p", "0", "0", width, height]
        arguments = ["--factory-startup", *window, "--python-exit-code", "1"]
        arguments += ["--python", str(PLAYS / f"{play}.py")]
        command = blender.command(
            [blender.program, *arguments],
            {**environment, "DISPLAY": display},
            folders=[PLAYS.parents[2], folder.parents[1]],
            has_network=False,
        )
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
