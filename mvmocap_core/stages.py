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
    "detect": 0.65,
    "steady": 0.0,
    "room": 0.01,
    "people": 0.01,
    "sync": 0.04,
    "calibrate": 0.12,
    "lift": 0.02,
    "body": 0.08,
    "correct": 0.01,
    "clean": 0.01,
    "report": 0.03,
}
"""The stages in their order, and about what part of a job's time each takes."""
_HANDS_AFTER, _HANDS_SHARE = "body", 1.2
"""Where a job that looks for hands does so, and about how long that takes it."""


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

    only: the stages that the job has, in order; None for all of them.
    has_hands: the job looks for hands too.
    timings_s: seconds by stage, of the stages done so far.
    reused:    the stages whose result was found in the take.
    """

    def __init__(
        self,
        progress: Progress,
        on_stage: Callable[[StageEvent], None] = ignore_event,
        *,
        only: Sequence[str] | None = None,
        has_hands: bool = False,
    ) -> None:
        self.timings_s: dict[str, float] = {}
        self.reused: list[str] = []
        self._progress = progress
        self._on_stage = on_stage
        self._shares: dict[str, float] = {}
        for name in only or STAGE_SHARES:
            self._shares[name] = STAGE_SHARES[name]
            if has_hands and name == _HANDS_AFTER:
                self._shares["hands"] = _HANDS_SHARE

    def run(self, stage: str, work: Callable[[Progress], T]) -> T:
        """Do a stage's work. `work` is given the progress of this stage alone, 0 to 1."""
        begin, share = self._place(stage)

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

    def _place(self, stage: str) -> tuple[float, float]:
        """Where the stage begins in the whole job, and its part of it."""
        whole = sum(self._shares.values())
        names = list(self._shares)
        begin = sum(self._shares[name] for name in names[: names.index(stage)])
        return begin / whole, self._shares[stage] / whole
