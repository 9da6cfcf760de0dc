"""How a job that has several stages tells its watchers where it is, and times itself."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from threadpoolctl import threadpool_limits

from mvmocap_core.progress import Progress

T = TypeVar("T")

STAGE_SHARES = {
    "probe": 0.02,
    "detect": 0.67,
    "steady": 0.0,
    "people": 0.01,
    "sync": 0.04,
    "calibrate": 0.12,
    "lift": 0.02,
    "body": 0.08,
    "clean": 0.01,
    "report": 0.03,
}
"""The stages in their order, and about what part of a job's time each takes."""


@dataclass(frozen=True, slots=True)
class StageEvent:
    """A stage began, or is done.

    seconds:   it took; 0 when it begins.
    is_reused: its result was found in the take.
    """

    stage: str
    state: Literal["started", "done"]
    seconds: float = 0.0
    is_reused: bool = False


def ignore_event(event: StageEvent) -> None:
    """Watch nothing."""


class Stages:
    """Runs stages one after another.

    timings_s: seconds by stage, of the stages done so far.
    reused:    the stages whose result was found in the take.
    """

    def __init__(
        self, progress: Progress, on_stage: Callable[[StageEvent], None] = ignore_event
    ) -> None:
        self.timings_s: dict[str, float] = {}
        self.reused: list[str] = []
        self._progress = progress
        self._on_stage = on_stage

    def run(self, stage: str, work: Callable[[Progress], T]) -> T:
        """Do a stage's work. `work` is given the progress of this stage alone, 0 to 1."""
        begin, share = _place(stage)

        def progress(fraction: float, message: str) -> None:
            self._progress(begin + share * min(max(fraction, 0.0), 1.0), message)

        self._on_stage(StageEvent(stage, "started"))
        progress(0.0, stage)
        start = time.perf_counter()
        with threadpool_limits(1):  # the matrices are small: threads only wait for one another
            result = work(progress)
        seconds = time.perf_counter() - start
        self.timings_s[stage] = round(seconds, 3)
        progress(1.0, stage)
        self._on_stage(StageEvent(stage, "done", seconds, stage in self.reused))
        return result

    def note_reused(self, stage: str) -> None:
        """Tell, from within a stage's work, that its result was found."""
        self.reused.append(stage)


def stages_until(last: str) -> Sequence[str]:
    """The stages up to `last`, in order."""
    names = list(STAGE_SHARES)
    return names[: names.index(last) + 1]


def _place(stage: str) -> tuple[float, float]:
    begin = sum(STAGE_SHARES[name] for name in stages_until(stage)[:-1])
    return begin, STAGE_SHARES[stage]
