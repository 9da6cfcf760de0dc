"""Results of earlier runs of the same code, and measurements in processes of their own."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.tables import REPOSITORY
from mvmocap_core.files import write_text
from mvmocap_core.storage import from_arrays, load_arrays, save_arrays, to_arrays

Result = TypeVar("Result")

SOLVER = tuple(
    f"mvmocap_core/{folder}"
    for folder in ("body", "calibration", "geometry", "motion", "room", "sync", "report")
)
"""What decides, with given tracks, what a solve and its verdict are."""


def code_key(*sources: str, salt: str = "", without: Collection[str] = ()) -> str:
    """A key that changes with the code.

    sources: files, and folders with all that is below them but files and folders named `without`.
    """
    digest = hashlib.blake2b(salt.encode(), digest_size=8)
    for source in sources:
        path = REPOSITORY / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if {*without}.isdisjoint(file.relative_to(path).parts):
                digest.update(file.read_bytes())
    return digest.hexdigest()


def kept(path: Path, measure: Callable[[], Result], *, again: bool) -> Result:
    """What JSON file `path` keeps of an earlier run; where it is not, or `again`, it is measured.

    What `measure` raises is not kept.
    """
    if path.exists() and not again:
        return json.loads(path.read_text(encoding="utf-8"))
    result = measure()
    write_text(path, json.dumps(result))
    return result


def kept_arrays(
    path: Path, cls: type[Result], measure: Callable[[], Result], *, again: bool = False
) -> Result:
    """As `kept`, of a dataclass of arrays in an .npz file."""
    arrays = None if again else load_arrays(path)
    if arrays is not None:
        return from_arrays(cls, arrays)
    result = measure()
    save_arrays(path, to_arrays(result))
    return result


def measured_apart(*arguments: str) -> dict[str, Any]:
    """The JSON that a bench prints last, run in a process of its own.

    Raises ChildProcessError with the last that it said if it crashed.
    """
    command = [sys.executable, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ChildProcessError(f"crashed ({done.returncode}): {last}")
    return json.loads(done.stdout.strip().splitlines()[-1])
