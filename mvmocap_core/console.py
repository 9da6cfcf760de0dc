"""What the command line says: to a person on a terminal, or to a program as JSON lines."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

from tqdm import tqdm

from mvmocap_core.stages import StageEvent

_PROGRESS_EVERY_S = 0.1


class Console(Protocol):
    """Where a command's progress and outcome go."""

    def progress(self, fraction: float, message: str) -> None:
        """Say how far the job is, 0 to 1."""
        ...

    def stage(self, event: StageEvent) -> None:
        """Say that a stage began or is done."""
        ...

    def warn(self, message: str) -> None:
        """Say something that the user should know, though the work goes on."""
        ...

    def result(self, record: Mapping[str, Any], lines: list[str]) -> None:
        """Give the outcome: `record` to programs, `lines` to people."""
        ...

    def error(self, message: str, reason: str, exit_code: int) -> None:
        """Say in one line why the command failed."""
        ...


class Terminal:
    """For people: a progress bar where there is a terminal, else a line a stage."""

    def __init__(self, bar: "tqdm[Any] | None") -> None:
        self._bar = bar

    def progress(self, fraction: float, message: str) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.set_description_str(message, refresh=False)
            self._bar.update(max(0.0, 100.0 * fraction - self._bar.n))

    def stage(self, event: StageEvent) -> None:
        """Without a bar, tell how long each stage took."""
        if self._bar is None and event.state == "done":
            how = "from the take" if event.is_reused else f"{event.seconds:.1f} s"
            _write_line(f"{event.stage}: {how}", sys.stdout)

    def warn(self, message: str) -> None:
        """Say it on stderr."""
        if self._bar is not None:
            self._bar.clear()
        _write_line(f"Note: {message}", sys.stderr)

    def result(self, record: Mapping[str, Any], lines: list[str]) -> None:
        """Print the lines; the record is for programs."""
        del record
        self._close()
        for line in lines:
            _write_line(line, sys.stdout)

    def error(self, message: str, reason: str, exit_code: int) -> None:
        """Say it on stderr, in one line."""
        del reason, exit_code
        self._close()
        _write_line(f"mvmocap: {message}", sys.stderr)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class JsonLines:
    """For programs: one JSON object a line on stdout; see docs/schemas/messages.schema.json."""

    def __init__(self, write_line: Callable[[str], None]) -> None:
        self._write_line = write_line
        self._last_s = -1.0

    def progress(self, fraction: float, message: str) -> None:
        """Send at most ten of these a second."""
        now_s = time.monotonic()
        if fraction >= 1.0 or now_s - self._last_s >= _PROGRESS_EVERY_S:
            self._last_s = now_s
            self._send({"type": "progress", "fraction": round(fraction, 4), "message": message})

    def stage(self, event: StageEvent) -> None:
        """Send that a stage began or is done."""
        self._send(
            {
                "type": "stage",
                "stage": event.stage,
                "state": event.state,
                "seconds": round(event.seconds, 3),
                "is_reused": event.is_reused,
            }
        )

    def warn(self, message: str) -> None:
        """Send a warning."""
        self._send({"type": "warning", "message": message})

    def result(self, record: Mapping[str, Any], lines: list[str]) -> None:
        """Send the record."""
        del lines
        self._send({"type": "result", **record})

    def error(self, message: str, reason: str, exit_code: int) -> None:
        """Send the error, and say it on stderr too."""
        self._send({"type": "error", "reason": reason, "message": message, "exit_code": exit_code})
        _write_line(f"mvmocap: {message}", sys.stderr)

    def _send(self, record: Mapping[str, Any]) -> None:
        self._write_line(json.dumps(record, allow_nan=False))


@contextmanager
def open_console(*, is_json: bool, messages: TextIO | None = None) -> Iterator[Console]:
    """Give the console for this process's stdout and stderr.

    messages: where JSON lines go instead of stdout.
    """
    if is_json:
        yield JsonLines(lambda line: _write_line(line, messages or sys.stdout))
    elif sys.stderr.isatty():
        form = "{l_bar}{bar}| {elapsed}, {remaining} left"
        with tqdm(total=100.0, bar_format=form, file=sys.stderr, leave=False) as bar:
            yield Terminal(bar)
    else:
        yield Terminal(None)


def _write_line(line: str, file: TextIO) -> None:
    file.write(line + "\n")
    file.flush()
