"""Fetches a build's wheels into a folder: all of them, each with its hash, or nothing."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .builds import GpuBuild, GpuSolverError, GpuWheel

if TYPE_CHECKING:
    import ssl

NOTE_FILE = "gpu_solver.json"

_CHUNK = 1 << 20
_TIMEOUT_S = 30.0
_ROOM = 3
"""Unpacked and with a wheel beside it, a build takes so many times its download."""
_LEFT_OUT = ("torch/include/", "torch/share/", "torch/test/")
"""What only developers of C++ use, as in the full zips."""
_LONGEST = 135
"""Licence texts in deeper folders have paths that Windows refuses."""

Tell = Callable[[int], None]
"""Hears how many bytes of the download are there; raises Cancelled to stop it."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What lies in the folder: the build's name, and the card that it was installed for."""

    name: str
    card: str


def read_installed(folder: Path) -> Installed | None:
    """What is installed in the folder; None if nothing is, or not all of it."""
    try:
        return Installed(**json.loads((folder / NOTE_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def install(build: GpuBuild, card: str, folder: Path, tell: Tell) -> None:
    """Fetch, check and unpack a build beside the folder, and put it in the folder's place then.

    Raises GpuSolverError with what to do, or Cancelled; what was in the folder stays then.
    """
    unfinished = folder.with_name(folder.name + ".part")
    _delete(unfinished)
    try:
        with _as_errors_of_the_disk():
            unfinished.mkdir(parents=True)
            _check_room(build, unfinished)
            before = 0
            for wheel in build.wheels:
                _fetch_and_unpack(wheel, unfinished, lambda n, before=before: tell(before + n))
                before += wheel.size
            note = json.dumps(asdict(Installed(build.name, card)))
            (unfinished / NOTE_FILE).write_text(note, encoding="utf-8")
            remove(folder)
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def remove(folder: Path) -> None:
    """Delete what is installed. Raises GpuSolverError if a process uses it, and leaves it then."""
    old = folder.with_name(folder.name + ".old")
    _delete(old)
    if not folder.exists():
        return
    try:
        folder.rename(old)
    except OSError as error:
        raise GpuSolverError(
            f"The GPU solver is in use, stop the solve first ({error.strerror})."
        ) from error
    shutil.rmtree(old, ignore_errors=True)


def _delete(leftover: Path) -> None:
    if leftover.exists():
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def _as_errors_of_the_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GpuSolverError(
            f"The GPU solver was not installed: {error.strerror or error}. Nothing was changed."
        ) from error


def _check_room(build: GpuBuild, folder: Path) -> None:
    wanted, free = _ROOM * build.size, shutil.disk_usage(folder).free
    if free < wanted:
        raise GpuSolverError(
            f"The GPU solver needs {wanted / 1e9:.1f} GB of disk and {folder.parent} has "
            f"{free / 1e9:.1f} GB: make room first."
        )


def _fetch_and_unpack(wheel: GpuWheel, folder: Path, tell: Tell) -> None:
    path = folder / "unfinished.whl"
    try:
        _download(wheel, path, tell)
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if _is_wanted(name)]
            for name in names:
                tell(wheel.size)
                archive.extract(name, folder)
    except zipfile.BadZipFile as error:
        raise GpuSolverError(f"{wheel.url} is not a wheel; please report it.") from error
    path.unlink()


def _is_wanted(name: str) -> bool:
    return not name.startswith(_LEFT_OUT) and len(name) <= _LONGEST


def _download(wheel: GpuWheel, path: Path, tell: Tell) -> None:
    digest = hashlib.sha256()
    n_bytes = 0
    with path.open("wb") as file:
        for chunk in _chunks(wheel.url):
            file.write(chunk)
            digest.update(chunk)
            n_bytes += len(chunk)
            tell(min(n_bytes, wheel.size))
    if n_bytes < wheel.size:
        raise GpuSolverError(
            f"The download broke off after {n_bytes} of {wheel.size} bytes: try again."
        )
    if digest.hexdigest() != wheel.sha256:
        raise GpuSolverError(
            f"{wheel.url} is not the file that it has to be, so nothing was installed: try again "
            "later, or look for a new version of this extension."
        )


def _chunks(url: str) -> Iterator[bytes]:
    """The file's content. Raises GpuSolverError where the server does not give it."""
    import http.client  # slow to import, and seldom used
    import urllib.request

    try:
        with urllib.request.urlopen(  # noqa: S310 - a file of builds.toml
            url, timeout=_TIMEOUT_S, context=_certificates()
        ) as answer:
            yield from _read(answer)
    except (OSError, http.client.HTTPException) as error:  # URLError is an OSError
        raise GpuSolverError(
            f"{url.split('/')[2]} was not reached ({error}): is there a network?"
        ) from error


def _read(answer: IO[bytes]) -> Iterator[bytes]:
    while chunk := answer.read(_CHUNK):
        yield chunk


def _certificates() -> "ssl.SSLContext":
    """Those of Blender, where its Python has no system's to look at."""
    import ssl

    try:
        import certifi
    except ImportError:
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=certifi.where())
