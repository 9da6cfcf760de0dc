"""Jobs of the worker, one at a time. Knows nothing of Blender."""

from threading import Lock, Thread

from .worker_client import Job


class JobQueue:
    """Runs jobs one after another, in the order in which they were given."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._lock = Lock()
        self._is_working = False

    def submit(self, job: Job) -> None:
        """Add a job and return at once."""
        with self._lock:
            self._jobs.append(job)
            if not self._is_working:
                self._is_working = True
                Thread(target=self._work, daemon=True).start()

    @property
    def running(self) -> Job | None:
        """The job that is being done."""
        with self._lock:
            return next((job for job in self._jobs if job.is_started and not job.outcome), None)

    @property
    def n_waiting(self) -> int:
        """Number of jobs that wait for their turn."""
        with self._lock:
            return sum(not job.is_started and job.outcome is None for job in self._jobs)

    def cancel_all(self) -> None:
        """Cancel what runs and what waits. Returns at once."""
        with self._lock:
            jobs = list(reversed(self._jobs))  # what waits first, so that it never starts
        for job in jobs:
            job.cancel()

    def end(self, grace_s: float) -> None:
        """Cancel everything, wait at most `grace_s` for the worker, then kill it."""
        self.cancel_all()
        if (job := self.running) is not None:
            job.end(grace_s)

    def _work(self) -> None:
        while True:
            with self._lock:
                self._jobs = [job for job in self._jobs if job.outcome is None]
                if not self._jobs:
                    self._is_working = False
                    return
                job = self._jobs[0]
            job.run()
