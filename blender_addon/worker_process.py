"""One process of the core: how it is started, heard and stopped. Knows nothing of Blender."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import mvmocap_core

from .batch.child_process import end_tree
from .batch.core_process import core_python

LOG_FILE = "worker.log"
Message = dict[str, Any]

_TERMINATE_GRACE_S = 2.0
_TAIL_LINES = 3
_FOREIGN_PYTHON = ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT")


@dataclass(frozen=True, slots=True)
class Launch:
    """How a worker is started: the command line in front of its arguments, and the environment."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


def worker_launch(first_paths: Sequence[Path] = ()) -> Launch:
    """Start the worker of the core that this process has imported.

    first_paths: folders of packages that come before all others.
    The worker's Python does not see an extension's wheels by itself: it is told where they are.
    """
    package_folder = Path(mvmocap_core.__file__).resolve().parents[1]
    wheels = [path for path in sys.path if ".local" in Path(path).parts]
    paths = [*map(str, first_paths), str(package_folder), *wheels]
    environment = {key: value for key, value in os.environ.items() if key not in _FOREIGN_PYTHON}
    environment.update(
        PYTHONPATH=os.pathsep.join(dict.fromkeys(paths)),
        PYTHONUNBUFFERED="1",
        PYTHONUTF8="1",
        PYTHONNOUSERSITE="1",
    )
    command = (str(core_python(package_folder)), "-m", "mvmocap_core.worker")
    return Launch(command, environment)


def start_worker(
    launch: Launch, arguments: Sequence[str], log: IO[bytes]
) -> "subprocess.Popen[str]":
    """Start a worker whose stderr goes to `log`. Raises OSError when it cannot be started."""
    flags = 0
    if sys.platform == "win32":  # no console window, and Blender keeps its quickness
        flags = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return subprocess.Popen(
        [*launch.command, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=dict(launch.environment),
        start_new_session=True,
        creationflags=flags,
    )


def stop_worker(process: "subprocess.Popen[str]", grace_s: float) -> None:
    """Ask a worker to stop; after `grace_s` seconds terminate it, and then kill it. Waits."""
    with suppress(OSError, ValueError):  # it has ended, or its pipe is closed
        if process.stdin is not None:
            process.stdin.write("cancel\n")
            process.stdin.flush()
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace_s)
    if process.poll() is None:
        end_tree(process, grace_s=_TERMINATE_GRACE_S)


class Listener:
    """Passes a worker's messages on until it has no more.

    begin, share: the part of the whole job that the worker does, for the fractions.
    result, error: its last message, as far as it came.
    """

    def __init__(self, tell: Callable[[Message], None], begin: float, share: float) -> None:
        self.result: Message | None = None
        self.error: Message | None = None
        self._tell = tell
        self._begin = begin
        self._share = share

    def listen(self, process: "subprocess.Popen[str]") -> None:
        """Hear every line of the process's stdout."""
        for line in process.stdout or ():
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict):
                self._hear(message)

    def _hear(self, message: Message) -> None:
        kind = message.get("type")
        if kind == "result":
            self.result = message
        elif kind == "error":
            self.error = message
        elif kind == "progress":
            fraction = self._begin + self._share * float(message.get("fraction", 0.0))
            self._tell({**message, "fraction": fraction})
        else:
            self._tell(message)


def how_it_ended(exit_code: int, log: bytes) -> str:
    """Why a worker that gave no answer ended, in one line, from its exit code and stderr."""
    lines = [line.strip() for line in log.decode("utf-8", "replace").splitlines() if line.strip()]
    if lines and lines[-1].startswith("ModuleNotFoundError"):
        return f"the solver's packages are not installed ({lines[-1]})"
    if exit_code == -getattr(signal, "SIGKILL", 9):
        return "the solver was killed from outside, perhaps because memory ran out"
    tail = " | ".join(lines[-_TAIL_LINES:]) or "it said nothing"
    return f"the solver ended with exit code {exit_code}: {tail}"


def keep_log(log: bytes, folder: Path | None) -> Path:
    """Write a worker's stderr into a folder, or into a temporary one where that cannot be.

    Raises OSError when neither can be written.
    """
    if folder is not None:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / LOG_FILE).write_bytes(log)
            return folder / LOG_FILE
    path = Path(tempfile.mkdtemp(prefix="mvmocap-")) / LOG_FILE
    path.write_bytes(log)
    return path
