"""Detects in several videos at once, each in a process of its own."""

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any, TypeVar

from mvmocap_core.detection.child import ERROR_KINDS, Request
from mvmocap_core.detection.detections import Detections
from mvmocap_core.detection.detector import Detector, VideoReader
from mvmocap_core.errors import MocapError
from mvmocap_core.progress import Progress, silent
from mvmocap_core.storage import from_arrays, load_arrays

POLL_S = 0.1
LOG_LINES = 3

Range = tuple[float | None, float | None]
T = TypeVar("T")


def detect_videos(
    videos: Sequence[Path],
    *,
    detector: Detector,
    ranges: Sequence[Range] | None = None,
    progress: Progress = silent,
) -> list[Detections]:
    """Find people in every video. See `read_videos`."""
    return read_videos(videos, detector, Detections, ranges=ranges, progress=progress)


def read_videos(
    videos: Sequence[Path],
    reader: VideoReader,
    found: type[T],
    *,
    ranges: Sequence[Range] | None = None,
    progress: Progress = silent,
) -> list[T]:
    """Look for something in every video, as many at a time as there are cores.

    Args:
        videos: files.
        reader: copied into each process.
        found: the class of what it finds.
        ranges: start and end of each video in seconds since its first frame; None is open.
        progress: called often, from this thread; what it raises ends all processes.

    Raises the MocapError that a reader raised first, or one with reason detector_crashed.
    """
    spans = ranges if ranges is not None else [(None, None)] * len(videos)
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as folder:
        jobs = [
            _Job(reader, video, span, Path(folder) / str(number))
            for number, (video, span) in enumerate(zip(videos, spans, strict=True))
        ]
        with _all_ended(jobs):
            _work_through(jobs, progress)
        return [job.found(found) for job in jobs]


def _work_through(jobs: Sequence["_Job"], progress: Progress) -> None:
    messages: Queue[tuple[_Job, dict[str, Any] | None]] = Queue()
    waiting = list(jobs)
    n_running = 0
    text = "Starting the detector"
    while waiting or n_running:
        while waiting and n_running < _core_count():
            waiting.pop(0).start(messages)
            n_running += 1
        try:
            job, message = messages.get(timeout=POLL_S)
        except Empty:
            pass
        else:
            n_running -= message is None
            text = job.handle(message) or text
        progress(sum(job.fraction for job in jobs) / len(jobs), text)


@contextmanager
def _all_ended(jobs: Sequence["_Job"]) -> Iterator[None]:
    try:
        yield
    finally:
        for job in jobs:
            job.end()


class _Job:
    """One video and the process that works on it."""

    def __init__(self, reader: VideoReader, video: Path, span: Range, stem: Path) -> None:
        self.request = Request(reader, video, *span, stem.with_suffix(".npz"))
        self.log = stem.with_suffix(".log")
        self.fraction = 0.0
        self.is_done = False
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, messages: "Queue[tuple[_Job, dict[str, Any] | None]]") -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mvmocap_core.detection.child"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=_environment(),
            )  # fmt: skip
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("The detector's process has no pipes.")
        Thread(target=self._listen, args=(stdout, messages), daemon=True).start()
        try:
            with stdin:
                stdin.write(pickle.dumps(self.request))
        except (BrokenPipeError, OSError):
            pass  # it ended at once; why is found when its messages end

    def _listen(
        self, stdout: IO[bytes], messages: "Queue[tuple[_Job, dict[str, Any] | None]]"
    ) -> None:
        for line in stdout:
            messages.put((self, json.loads(line)))
        messages.put((self, None))

    def handle(self, message: dict[str, Any] | None) -> str | None:
        """Take in one message, None for the end. Returns what there is to tell a person."""
        if message is None:
            if not self.is_done:
                raise self._crash()
            return None
        if "error" in message:
            error = message["error"]
            kind = ERROR_KINDS.get(error["kind"], MocapError)
            raise kind(error["message"], reason=error["reason"])
        if "done" in message:
            self.fraction, self.is_done = 1.0, True
            return None
        self.fraction = float(message["fraction"])
        return str(message["message"])

    def end(self) -> None:
        """End the process if it still runs, and wait for it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def found(self, kind: type[T]) -> T:
        arrays = load_arrays(self.request.result)
        if arrays is None:
            raise self._crash()
        return from_arrays(kind, arrays)

    def _crash(self) -> MocapError:
        status = self.process.wait() if self.process is not None else None
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        last = " | ".join(line.strip() for line in lines[-LOG_LINES:]) or "it said nothing"
        return MocapError(
            f"{self.request.video}: the detector's process ended with status {status}: {last}",
            reason="detector_crashed",
        )


def _environment() -> dict[str, str]:
    """The child finds the same packages, also those that Blender unpacked for an extension."""
    paths = [path for path in sys.path if path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


def _core_count() -> int:
    if hasattr(os, "sched_getaffinity"):  # fewer than the machine has, in a container or a farm
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
