"""An installation in the background."""

from pathlib import Path
from threading import Event, Thread

from mvmocap_core.errors import Cancelled

from .builds import GpuBuild, GpuSolverError
from .install import install


class InstallJob:
    """Installs a build, here or in a thread.

    n_bytes: how much of the download is there.
    is_done: whether it ended, well or not; problem: why it did not end well.
    """

    def __init__(self, build: GpuBuild, card: str, folder: Path) -> None:
        self.build = build
        self.card = card
        self.n_bytes = 0
        self.is_done = False
        self.is_cancelled = False
        self.problem = ""
        self._folder = folder
        self._stop = Event()

    def start(self) -> None:
        """Install in a thread, and return at once."""
        Thread(target=self.run, daemon=True).start()

    def cancel(self) -> None:
        """Ask it to stop; what it has fetched is deleted."""
        self._stop.set()

    def run(self) -> None:
        """Install, and return when it ended."""
        try:
            install(self.build, self.card, self._folder, self._tell)
        except Cancelled:
            self.is_cancelled = True
        except GpuSolverError as error:
            self.problem = str(error)
        finally:
            self.is_done = True

    def _tell(self, n_bytes: int) -> None:
        if self._stop.is_set():
            raise Cancelled
        self.n_bytes = n_bytes
