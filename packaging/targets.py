"""The Blenders that the extension is built for: operating system, processor and Python."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PYTHONS = ("3.11", "3.13")
"""Of Blender 4.2 to 5.0, and of 5.1 and later. One zip serves both."""

BLENDERS = {"3.11": ("4.2.0", "5.1.0"), "3.13": ("5.1.0", None)}
"""The first Blender with a Python, and the first one after that has another."""

BLENDER_NUMPY = {"3.11": "1.26.4", "3.13": "2.3.4"}
"""What Blender carries itself, by its Python: no zip of ours brings NumPy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """An operating system with a processor, as Blender, pip and requirements name it.

    name:     in `blender_manifest.toml`.
    pip_tags: the newest systems first whose wheels run there.
    markers:  what requirements' markers see there, whatever the Python.
    """

    name: str
    pip_tags: tuple[str, ...]
    markers: dict[str, str]


_MANYLINUX = tuple(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1))

PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform(
            name="linux-x64",  # Blender itself asks for glibc 2.28
            pip_tags=(*_MANYLINUX, "manylinux2014_x86_64", "linux_x86_64"),
            markers={
                "os_name": "posix",
                "sys_platform": "linux",
                "platform_system": "Linux",
                "platform_machine": "x86_64",
            },
        ),
        Platform(
            name="windows-x64",
            pip_tags=("win_amd64",),
            markers={
                "os_name": "nt",
                "sys_platform": "win32",
                "platform_system": "Windows",
                "platform_machine": "AMD64",
            },
        ),
        Platform(
            name="macos-arm64",  # PyAV's wheel asks for macOS 14
            pip_tags=("macosx_14_0_arm64",),
            markers={
                "os_name": "posix",
                "sys_platform": "darwin",
                "platform_system": "Darwin",
                "platform_machine": "arm64",
            },
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Target:
    """One platform with one Python."""

    platform: Platform
    python: str

    def __str__(self) -> str:
        return f"{self.platform.name} with Python {self.python}"

    @property
    def markers(self) -> dict[str, str]:
        """The environment in which requirements' markers are judged."""
        return {
            **self.platform.markers,
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_version": "",
            "extra": "",
        }


def targets(platform: Platform, pythons: Iterable[str] = PYTHONS) -> Iterator[Target]:
    """The platform with each Python."""
    for python in pythons:
        yield Target(platform, python)
