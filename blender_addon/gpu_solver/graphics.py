"""Whether this machine has a graphics card that PyTorch can compute on."""

import shutil
import subprocess
import sys

from .builds import GpuBuild, GpuSolverError

_TIMEOUT_S = 10.0
_QUERY = ("--query-gpu=name,driver_version", "--format=csv,noheader")
_NO_CARD = (
    "No NVIDIA graphics card with its driver was found. Cards of other makers cannot be used yet: "
    "solve on the processor."
)


def find_card(build: GpuBuild) -> str:
    """Name of the card that the build would use. Raises GpuSolverError if there is none for it."""
    if sys.platform == "darwin":
        return "Apple GPU"
    name, driver = _ask_driver()
    major = int(driver.partition(".")[0])
    if major < build.min_driver:
        raise GpuSolverError(
            f"The driver of {name} is version {driver}, and {build.name} needs {build.min_driver} "
            "or later: update NVIDIA's driver."
        )
    return name


def _ask_driver() -> tuple[str, str]:
    """Name of the first NVIDIA card, and its driver's version."""
    program = shutil.which("nvidia-smi")
    if program is None:
        raise GpuSolverError(_NO_CARD)
    flags = subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
    try:
        done = subprocess.run(
            [program, *_QUERY], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True,
            creationflags=flags,
        )  # fmt: skip
        name, driver = done.stdout.splitlines()[0].rsplit(",", 1)
        int(driver.strip().partition(".")[0])
    except (OSError, subprocess.SubprocessError, IndexError, ValueError) as error:
        raise GpuSolverError(_NO_CARD) from error
    return name.strip(), driver.strip()
