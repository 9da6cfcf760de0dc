"""Start other processes so that none outlives its work."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_GRACE_S = 10.0


class ChildTimeout(Exception):  # noqa: N818 - named after what happened
    """The child ran longer than it may; it has been stopped."""


def run_child(
    command: Sequence[str],
    *,
    on_line: Callable[[str], None],
    timeout_s: float | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> int:
    """Run a command and return its exit code, negative for a signal.

    on_line: called with each line of its stdout and stderr, without the line's end.
    If this process is interrupted or terminated meanwhile, the child and its children end too.

    Raises:
        ChildTimeout: after `timeout_s` seconds.
        OSError: when the command cannot be started.
    """
    with (
        _terminated_as_interrupt(),
        subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=None if environment is None else {**os.environ, **environment},
            cwd=folder,
            start_new_session=True,
        ) as child,
    ):
        reader = threading.Thread(target=_pass_lines, args=(child, on_line), daemon=True)
        reader.start()
        try:
            code = child.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ChildTimeout(f"stopped after {timeout_s:g} s") from error
        finally:
            end_tree(child)
            reader.join(_GRACE_S)
    return code


@contextmanager
def _terminated_as_interrupt() -> Iterator[None]:
    """Let a polite request to end (SIGTERM) unwind the stack as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGTERM, signal.SIGINT)  # Blender takes Ctrl-C for itself
    earlier = {number: signal.signal(number, _interrupt) for number in signals}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _pass_lines(child: "subprocess.Popen[str]", on_line: Callable[[str], None]) -> None:
    if child.stdout is not None:
        for line in child.stdout:
            on_line(line.rstrip("\r\n"))


def end_tree(child: "subprocess.Popen[str]", grace_s: float = _GRACE_S) -> None:
    """End a child that still runs, and whatever it started and left behind.

    child:   leads a session of its own (`start_new_session`).
    grace_s: how long it may take to end by itself after being asked to.
    """
    if sys.platform == "win32":
        if child.poll() is None:
            tree = ["taskkill", "/T", "/F", "/PID", str(child.pid)]
            subprocess.run(tree, check=False, capture_output=True)
        return
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)  # it ends its own children first
        with suppress(subprocess.TimeoutExpired):
            child.wait(grace_s)
    with suppress(ProcessLookupError, PermissionError):  # macOS may not tell the dead
        os.killpg(child.pid, signal.SIGKILL)
