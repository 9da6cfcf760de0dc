"""Run the core in a Python of its own, where its libraries are."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mvmocap_core.errors import InputError
from mvmocap_core.options import SolveOptions

from .child_process import run_child

_EXIT_INPUT = 2
Say = Callable[[str], None]


def core_python(repository: Path) -> Path:
    """The `.venv` beside build.py where there is one, else the Python that is running.

    Inside Blender `sys.executable` is Blender's own Python, not Blender.
    """
    in_venv = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    venv = repository / ".venv" / in_venv
    return venv if venv.is_file() else Path(sys.executable)


def solve_arguments(videos: Sequence[Path], take: Path, options: SolveOptions) -> list[str]:
    """Arguments of the core's `solve`, with the options that are not left to it."""
    flags = {
        "--height": options.height_m,
        "--fps": options.fps,
        "--start": options.start_s,
        "--end": options.end_s,
        "--device": options.device,
        "--method": options.method,
        "--people": options.people,
        "--detector": options.detector,
        "--offset": _numbers(options.offset_s),
        "--focal-35mm": _numbers(options.focal_35mm),
        "--board": "x".join(map(str, options.board)) if options.checkerboard else None,
    }
    chosen = [f"{flag}={value}" for flag, value in flags.items() if value is not None]
    chosen += ["--hands"] if options.hands else []
    chosen += [f"--keypoints={path}" for path in options.keypoints]
    chosen += [f"--calibration={path}" for path in options.calibration]
    chosen += [f"--checkerboard={path}" for path in options.checkerboard]
    return ["solve", *map(str, videos), "--out", str(take), *chosen]


def _numbers(values: Sequence[float | None] | None) -> str | None:
    if values is None:
        return None
    return ",".join("auto" if value is None else str(value) for value in values)


def run_core(repository: Path, arguments: Sequence[str], say: Say) -> None:
    """Run `python -m ARGUMENTS` of the core, which prints JSON lines; tell `say` how it goes.

    Raises:
        InputError: with the core's own one-line message where the input is at fault.
        RuntimeError: when the core failed otherwise.
    """
    listener = _Listener(say)
    path = os.pathsep.join(filter(None, [str(repository), os.environ.get("PYTHONPATH")]))
    python = core_python(repository)
    code = run_child(
        [str(python), "-m", *arguments],
        on_line=listener.hear,
        environment={"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
    )
    if code == 0:
        return
    if "ModuleNotFoundError" in listener.last_line:
        message = f"{python}: {listener.last_line}; `./run setup` makes .venv beside build.py."
        raise InputError(message, reason="not_installed")
    message = listener.error or listener.last_line or f"{arguments[0]} ended with exit code {code}"
    if code == _EXIT_INPUT:
        raise InputError(message, reason=listener.reason)
    raise RuntimeError(f"{arguments[0]}: {message} (exit code {code})")


class _Listener:
    """Turns the core's JSON lines into lines for a person, every tenth of the way."""

    def __init__(self, say: Say) -> None:
        self.error = ""
        self.reason = "bad_input"
        self.last_line = ""
        self._say = say
        self._tenth = -1

    def hear(self, line: str) -> None:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            self.last_line = line or self.last_line
            return
        kind = record.get("type")
        if kind == "error":
            self.error, self.reason = str(record.get("message")), str(record.get("reason"))
        elif kind == "warning":
            self._say(f"note: {record.get('message')}")
        elif kind == "progress":
            self._hear_progress(float(record.get("fraction", 0.0)), str(record.get("message", "")))

    def _hear_progress(self, fraction: float, message: str) -> None:
        tenth = int(10 * fraction)
        if tenth > self._tenth:
            self._tenth = tenth
            self._say(f"{10 * tenth:3d} % {message}")
