"""A take on disk: every stage's result, kept as soon as it is done and found again."""

import hashlib
import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from mvmocap_core import __version__
from mvmocap_core.errors import InputError
from mvmocap_core.files import TEMPORARY_PREFIX, creating, write_text
from mvmocap_core.options import SolveOptions
from mvmocap_core.storage import from_arrays, load_arrays, save_arrays, to_arrays
from mvmocap_core.take_files import count_motions, motion_file

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


T = TypeVar("T")

STAGES_SCHEMA = 1
_CHUNK_BYTES = 1 << 22
_KEY_BYTES = 10
_HASHED = (".py", ".safetensors")
_OF_INPUTS = re.compile(rf"[a-z]+-[0-9a-f]{{{2 * _KEY_BYTES}}}\.npz")


def content_hash(path: Path) -> str:
    """Hash of a whole file, so that two files are the same input only if every byte is.

    The whole of it, not a sample: a re-graded or re-cut video may keep its size and its ends,
    and reading a file costs under a hundredth of detecting a person in it.

    Raises InputError if it cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; check the path.", reason="missing_file") from error
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); choose a video file."
        raise InputError(message, reason="unreadable") from error
    return digest.hexdigest()


def code_hash(*packages: str) -> str:
    """Hash of this package's parts, so that a stage's new code or weights make new results.

    packages: names below `mvmocap_core`, for example "sync".
    """
    digest = hashlib.blake2b(__version__.encode(), digest_size=16)
    for package in packages:
        spec = importlib.util.find_spec(f"mvmocap_core.{package}")
        folders = spec.submodule_search_locations if spec else None
        files = (p for folder in folders or () for p in Path(folder).iterdir())
        for source in sorted(p for p in files if p.suffix in _HASHED):
            digest.update(source.name.encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked of a take: the videos, in order, and the options."""

    videos: tuple[Path, ...]
    options: SolveOptions


class Take:
    """A take's folder. Open it with `open_take`, which holds the lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._used: set[Path] = set()

    @property
    def motion_path(self) -> Path:
        """Where the finished motion of the first performer is, or will be."""
        return self.motion_path_of(0)

    def motion_path_of(self, person: int) -> Path:
        """Where the finished motion of a performer is, or will be; the first one's number is 0."""
        return motion_file(self.folder, person)

    @property
    def n_people(self) -> int:
        """How many performers have a finished motion."""
        return count_motions(self.folder)

    @property
    def report_path(self) -> Path:
        """Where the report for programs is; `report.html` beside it is for people."""
        return self.folder / "report.json"

    def load(self, stage: str, inputs: Mapping[str, object], cls: type[T]) -> T | None:
        """Give the stage's stored result; None where there is none that is whole."""
        path = self.stage_path(stage, inputs)
        self._used.add(path)
        arrays = load_arrays(path)
        if arrays is None:
            return None
        try:
            return from_arrays(cls, arrays)
        except (KeyError, TypeError, ValueError):
            return None

    def store(self, stage: str, inputs: Mapping[str, object], result: object) -> None:
        """Keep the stage's result. Raises InputError when it cannot be written."""
        path = self.stage_path(stage, inputs)
        self._used.add(path)
        save_arrays(path, to_arrays(result))

    def drop_unused(self) -> None:
        """Delete the stages' results for other inputs than those used since the take was opened.

        Detections stay whatever their inputs: they cost more than all the rest.
        """
        for path in (self.folder / "stages").glob("*.npz"):
            is_kept = path in self._used or not _OF_INPUTS.fullmatch(path.name)
            if not is_kept and not path.name.startswith("detect-"):
                with suppress(OSError):  # another program reads it: it goes the next time
                    path.unlink()

    def save_job(self, job: Job) -> None:
        """Remember the videos and options, so that the report can be made again."""
        record = {
            "videos": [str(video.absolute()) for video in job.videos],
            "options": asdict(job.options),
        }
        write_text(self.folder / "take.json", json.dumps(record, indent=2) + "\n")

    def load_job(self) -> Job:
        """Read what `save_job` kept. Raises InputError if this is not a take."""
        path = self.folder / "take.json"
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            videos = tuple(Path(video) for video in record["videos"])
            return Job(videos=videos, options=SolveOptions(**record["options"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{self.folder}: not a take; solve two videos into it first."
            raise InputError(message, reason="no_take") from error

    def stage_path(self, stage: str, inputs: Mapping[str, object]) -> Path:
        """Where the stage's result for these inputs is, or will be."""
        return self.folder / "stages" / f"{stage}-{input_key(inputs)}.npz"


def input_key(inputs: Mapping[str, object]) -> str:
    """Short hash of a stage's inputs, given as JSON values."""
    text = json.dumps({"schema": STAGES_SCHEMA, **inputs}, sort_keys=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=_KEY_BYTES).hexdigest()


@contextmanager
def open_take(folder: Path) -> Iterator[Take]:
    """Make the folder if needed, lock it against other processes, and clear old leftovers.

    The lock is the operating system's, on an open file: it ends with the process, however the
    process ends.

    Raises InputError if the folder cannot be written or another process is at work in it.
    """
    lock_path = folder / ".lock"
    with creating(lock_path):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _try_lock(handle):
            message = f"{folder}: another solve is at work there; wait for it or use another --out."
            raise InputError(message, reason="take_busy")
        _remove_leftovers(folder)
        yield Take(folder)
    finally:
        os.close(handle)


def _remove_leftovers(folder: Path) -> None:
    """Remove half-written files of a process that was killed; nobody else writes here now."""
    for leftover in [*folder.glob(f"{TEMPORARY_PREFIX}*"), *folder.glob(f"*/{TEMPORARY_PREFIX}*")]:
        leftover.unlink(missing_ok=True)
