"""How long a job will still take."""

import time
from collections.abc import Callable

_SURE_AFTER_S = 2.0
_SURE_AFTER_SHARE = 0.01


class TimeLeft:
    """Guesses the seconds until a job's end from the pace since real work began."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start_s = clock()
        self._start_fraction = 0.0
        self._fraction = 0.0

    def skip(self) -> None:
        """Forget the pace so far: what was passed had been done in an earlier solve."""
        self._start_s, self._start_fraction = self._clock(), self._fraction

    def seconds(self, fraction: float) -> float:
        """Seconds left now that the job has come to `fraction`; −1 while too little is known."""
        self._fraction = fraction
        spent_s = self._clock() - self._start_s
        gained = fraction - self._start_fraction
        if spent_s < _SURE_AFTER_S or gained < _SURE_AFTER_SHARE:
            return -1.0
        return spent_s * (1.0 - fraction) / gained
