"""Which wheels make up the GPU solver on a platform: `builds.toml`, which names each by hash."""

import platform as machine
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mvmocap_core.errors import MocapError

BUILDS_FILE = Path(__file__).with_name("builds.toml")

_PLATFORMS = {
    ("linux", "x86_64"): "linux-x64",
    ("win32", "AMD64"): "windows-x64",
    ("darwin", "arm64"): "macos-arm64",
}


class GpuSolverError(MocapError):
    """The GPU solver cannot be installed or removed; the message says why and what to do."""

    reason = "gpu_solver"


@dataclass(frozen=True, slots=True)
class GpuWheel:
    """A file to fetch, and what it has to be. The size is in bytes."""

    url: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuBuild:
    """PyTorch for one platform and Python, with all that it needs beyond the extension's wheels.

    name:       with its version, for people.
    min_driver: the first major version of NVIDIA's driver that serves; 0 where there is none.
    """

    name: str
    platform: str
    python: str
    min_driver: int
    wheels: tuple[GpuWheel, ...]

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(wheel.size for wheel in self.wheels)


def read_builds(path: Path = BUILDS_FILE) -> list[GpuBuild]:
    """Read every build there is."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    shared = [GpuWheel(**row) for row in rows["shared"]]
    return [
        GpuBuild(
            name=row["name"],
            platform=row["platform"],
            python=row["python"],
            min_driver=row["min_driver"],
            wheels=(*(GpuWheel(**wheel) for wheel in row["wheels"]), *shared),
        )
        for row in rows["build"]
    ]


def build_for_this_machine(path: Path = BUILDS_FILE) -> GpuBuild:
    """The build for this system and Python. Raises GpuSolverError if there is none."""
    platform = _PLATFORMS.get((sys.platform, machine.machine()))
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for build in read_builds(path):
        if (build.platform, build.python) == (platform, python):
            return build
    raise GpuSolverError(
        f"There is no GPU solver for {sys.platform} on {machine.machine()} with Python {python}: "
        "solve on the processor."
    )
