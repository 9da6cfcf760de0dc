"""Jobs for the core's worker, done in the background. Knows nothing of Blender.

Starting, hearing and ending happen in threads: only the calls that say so wait.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from subprocess import Popen
from threading import Event, Lock, Thread

from mvmocap_core.errors import Cancelled, InputError, MocapError

from .batch.child_process import end_tree
from .worker_process import (
    Launch,
    Listener,
    Message,
    how_it_ended,
    keep_log,
    start_worker,
    stop_worker,
    worker_launch,
)

DONE, FAILED, CANCELLED, CRASHED = "done", "failed", "cancelled", "crashed"

CANCEL_GRACE_S = 8.0
"""How long a worker may tidy up after `cancel` before it is terminated."""

_POLL_S = 0.05
_END_GRACE_S = 2.0
_EXIT_INPUT = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    status:  `DONE`, `FAILED` (the input is at fault), `CANCELLED` or `CRASHED`.
    results: the result message of every step that was done; also of one that then found a fault.
    message: why it did not end well, in one line that says what to do; reason: its short code.
    log:     what a crashed worker left.
    """

    status: str
    results: tuple[Message, ...] = ()
    message: str = ""
    reason: str = ""
    log: Path | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the worker.

    share:       part of the job's time that it takes.
    is_optional: its failure is told as a warning, and the job goes on.
    """

    arguments: tuple[str, ...]
    share: float = 1.0
    is_optional: bool = False


class Job:
    """Commands of the worker, one after another, each in a process of its own.

    steps:  what to do.
    folder: where the log of a crash is kept; a temporary folder where it cannot be.
    Messages are those of docs/worker.md, with the fraction of the whole job.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        name: str = "",
        folder: Path | None = None,
        launch: Launch | None = None,
        cancel_grace_s: float = CANCEL_GRACE_S,
    ) -> None:
        self.name = name
        self.folder = folder
        self.is_started = False
        self.is_cancelled = False
        self.outcome: Outcome | None = None
        self._steps = tuple(steps)
        self._launch = launch
        self._cancel_grace_s = cancel_grace_s
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self._process: Popen[str] | None = None
        self._lock = Lock()
        self._ended = Event()

    def start(self) -> None:
        """Run in a thread of its own."""
        Thread(target=self.run, daemon=True).start()

    def messages(self, limit: int = 50) -> list[Message]:
        """Give what has been said since the last call, at most `limit` messages."""
        heard: list[Message] = []
        while len(heard) < limit:
            try:
                heard.append(self._messages.get_nowait())
            except Empty:
                break
        return heard

    def cancel(self) -> None:
        """Ask the worker to stop; make it stop where it does not. Returns at once."""
        with self._lock:
            if self.is_cancelled or self.outcome is not None:
                return
            self.is_cancelled = True
            if not self.is_started:
                self._finish(_CANCELLED)
            elif self._process is not None:
                self._stop(self._process)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the job's end. Returns whether it has ended."""
        return self._ended.wait(timeout_s)

    def end(self, grace_s: float) -> None:
        """Cancel, wait at most `grace_s`, and then kill: for when this process itself ends."""
        self.cancel()
        if not self.wait(grace_s):
            with self._lock:
                if self._process is not None:
                    end_tree(self._process, grace_s=0.0)

    def run(self) -> None:
        """Do the job, and return when it has ended."""
        with self._lock:
            if self.outcome is not None:
                return
            self.is_started = True
        try:
            outcome = self._run_steps()
        except OSError as error:
            message = (
                f"the solver could not be started ({error}); look at Doctor in the preferences."
            )
            outcome = Outcome(CRASHED, message=message, reason="not_started")
        with self._lock:
            self._finish(outcome)

    def _run_steps(self) -> Outcome:
        launch = self._launch or worker_launch()
        whole = sum(step.share for step in self._steps)
        results: list[Message] = []
        done = 0.0
        for step in self._steps:
            outcome = self._run_step(
                launch, step, Listener(self._messages.put, done / whole, step.share / whole)
            )
            done += step.share
            results += outcome.results
            if outcome.status == DONE:
                continue
            if outcome.status == CANCELLED or not step.is_optional:
                return outcome
            self._messages.put({"type": "warning", "message": outcome.message})
        return Outcome(DONE, tuple(results))

    def _run_step(self, launch: Launch, step: Step, listener: Listener) -> Outcome:
        with tempfile.TemporaryFile() as log:
            with self._lock:
                if self.is_cancelled:
                    return _CANCELLED
                self._process = process = start_worker(launch, step.arguments, log)
            with process:
                listener.listen(process)
                code = process.wait()
            with self._lock:
                self._process = None
            end_tree(process)  # what a crashed worker left behind
            log.seek(0)
            return self._judge(code, listener, log.read())

    def _judge(self, code: int, listener: Listener, log: bytes) -> Outcome:
        if self.is_cancelled and code != 0:
            return _CANCELLED
        if code == 0 and listener.result is not None:
            return Outcome(DONE, (listener.result,))
        error = listener.error
        if error is None:
            why = how_it_ended(code, log)
            path = keep_log(log, self.folder)
            message = f"{why}; what was finished is kept, solve again to go on. Log: {path}"
            return Outcome(CRASHED, message=message, reason="crash", log=path)
        message, reason = str(error.get("message")), str(error.get("reason"))
        if code == _EXIT_INPUT:
            results = () if listener.result is None else (listener.result,)
            return Outcome(FAILED, results, message=message, reason=reason)
        return Outcome(CRASHED, message=message, reason=reason, log=self._own_log(log))

    def _own_log(self, log: bytes) -> Path:
        """The traceback that the worker has kept itself, or what it wrote to stderr."""
        kept = self.folder / "error.log" if self.folder is not None else None
        return kept if kept is not None and kept.is_file() else keep_log(log, self.folder)

    def _stop(self, process: "Popen[str]") -> None:
        Thread(target=stop_worker, args=(process, self._cancel_grace_s), daemon=True).start()

    def _finish(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._ended.set()


def run_worker(
    arguments: Sequence[str],
    on_message: Callable[[Message], None] = lambda message: None,
    *,
    folder: Path | None = None,
) -> Message:
    """Do one command of the worker, wait for it, and return its result message.

    Raises:
        InputError: with the worker's own line, where the input is at fault.
        MocapError: when the worker crashed, with where its log is.
        Cancelled: when somebody has stopped the worker.
    """
    return run_job(Job([Step(tuple(arguments))], folder=folder), on_message).results[0]


def run_job(job: Job, on_message: Callable[[Message], None]) -> Outcome:
    """Do a job and wait for it; where it does not end well, raises as `run_worker` does."""
    job.start()
    try:
        while not job.wait(_POLL_S):
            _pass_on(job, on_message)
    except BaseException:
        job.end(_END_GRACE_S)
        raise
    _pass_on(job, on_message)
    outcome = job.outcome
    if outcome is None or outcome.status == CANCELLED:
        raise Cancelled("the worker was stopped")
    if outcome.status == FAILED:
        raise InputError(outcome.message, reason=outcome.reason)
    if outcome.status == CRASHED:
        raise MocapError(outcome.message, reason=outcome.reason)
    return outcome


def _pass_on(job: Job, on_message: Callable[[Message], None]) -> None:
    for message in job.messages(sys.maxsize):
        on_message(message)


_CANCELLED = Outcome(CANCELLED, message="cancelled; what was finished is kept.", reason="stopped")
