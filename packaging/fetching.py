"""Gets wheels through pip, for platforms other than this one too, and checks them."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from packaging.utils import parse_wheel_filename
from requirements import Pin
from targets import PLATFORMS, Target, targets
from wheel_files import fits, sha256_of
from wheel_lock import CACHE_FOLDER, LockedWheel

TIMEOUT_S = 1800
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""Has the local versions (2.13.0+cpu), which PyPI takes of no package."""


class FetchError(Exception):
    """A wheel could not be had; the message says which, and pip's reason."""


def download(pins: Sequence[Pin], target: Target, folder: Path) -> None:
    """Put the wheels of these pins for the target into a folder, their hashes checked by pip.

    Raises FetchError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tags = [f"--platform={tag}" for tag in target.platform.pip_tags]
    lines = [
        " ".join((f"{pin.name}=={pin.version}", *(f"--hash=sha256:{each}" for each in pin.hashes)))
        for pin in pins
    ]
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as name:
        listing = Path(name) / "requirements.txt"
        if any("+" in pin.version for pin in pins):
            lines.insert(0, f"--extra-index-url {CPU_INDEX}")
        listing.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run(
            [
                sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet",
                "--no-deps", "--only-binary=:all:", "--require-hashes",
                f"--python-version={target.python}", "--implementation=cp", *tags,
                f"--dest={folder}", "-r", str(listing),
            ],
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        wanted = ", ".join(pin.name for pin in pins)
        raise FetchError(f"{target}: pip did not get {wanted}:\n{done.stderr.strip()}")


def fetch_locked(wheels: Iterable[LockedWheel]) -> None:
    """Make every locked wheel lie in the cache with its SHA-256. Raises FetchError."""
    wheels = list(wheels)
    missing = [wheel for wheel in wheels if not _is_whole(wheel)]
    for platform in PLATFORMS.values():
        for target in targets(platform):
            here = [
                wheel
                for wheel in missing
                if platform.name in wheel.platforms and fits(wheel.file, target)
            ]
            if here:
                download([_as_pin(wheel) for wheel in here], target, CACHE_FOLDER)
                missing = [wheel for wheel in missing if not _is_whole(wheel)]
    if missing:
        names = ", ".join(wheel.file for wheel in missing)
        raise FetchError(f"The index has other files than the lock names: {names}.")


def _is_whole(wheel: LockedWheel) -> bool:
    if not wheel.path.is_file():
        return False
    if sha256_of(wheel.path) == wheel.sha256:
        return True
    wheel.path.unlink()  # an interrupted download; pip would keep it
    return False


def _as_pin(wheel: LockedWheel) -> Pin:
    name, version, _, _ = parse_wheel_filename(wheel.file)
    return Pin(name, str(version), None, (wheel.sha256,))
