"""Other programs' packages, each in an environment of its own in the user's cache folder.

What is installed is pinned in `peer_programs/NAME.txt`; other pins are another environment.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import platformdirs

PROGRAMS = Path(__file__).with_name("peer_programs")
INSTALL_TIMEOUT_S = 1800.0


class PeerError(Exception):
    """A peer cannot be installed or did not give a result; the message says why, in one line."""


def peer_python(name: str, cache: Path | None = None) -> Path:
    """The Python that has the packages of `peer_programs/NAME.txt`; installs them first.

    An installation that was interrupted is made anew; pip keeps what it has downloaded.
    Raises PeerError.
    """
    pins = PROGRAMS / f"{name}.txt"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    key = hashlib.blake2b(pins.read_bytes(), digest_size=6).hexdigest()
    root = cache or platformdirs.user_cache_path("mvmocap", appauthor=False) / "peers"
    folder = root / f"{name}-{version}-{key}"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = folder / "ready"
    if not stamp.exists():
        print(f"  installing {name} into {folder} ...", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        run([str(python), "-m", "pip", "install", "-q", "-r", str(pins)], INSTALL_TIMEOUT_S)
        stamp.touch()
    return python


def run(command: list[str], timeout_s: float) -> None:
    """Run a peer's program, its algebra in one thread as ours. Raises PeerError."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)  # our own modules are not for it
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment,
            timeout=timeout_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"not done after {timeout_s:g} s") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise PeerError(f"exit {done.returncode}: {lines[-1] if lines else 'it said nothing'}")
