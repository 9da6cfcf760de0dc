"""Finds the wheels of every target from pinned versions: the closure of what the core requires."""

from pathlib import Path

from fetching import FetchError, download
from packaging.utils import canonicalize_name
from requirements import LIFTER, Pin, needed, read_pins
from targets import PLATFORMS, Target, targets
from wheel_files import WheelFacts, fits, read_wheel, sha256_of
from wheel_lock import CACHE_FOLDER, REPOSITORY, LockedWheel

REQUIREMENTS = ("requirements.txt", "requirements-lifter.txt")


def lock_wheels(core: WheelFacts) -> list[LockedWheel]:
    """Fetch what the core and its requirements need on every platform; say which files these are.

    Raises FetchError where the pinned requirements lack one or the index lacks a wheel.
    """
    pins = [pin for name in REQUIREMENTS for pin in read_pins(REPOSITORY / name)]
    small: dict[Path, set[str]] = {}
    full: dict[Path, set[str]] = {}
    for platform in PLATFORMS.values():
        for target in targets(platform):
            for path in _closure(core, target, pins, extra=""):
                small.setdefault(path, set()).add(platform.name)
            for path in _closure(core, target, pins, extra=LIFTER):
                full.setdefault(path, set()).add(platform.name)
    return [
        LockedWheel(path.name, sha256_of(path), tuple(sorted(platforms)), path not in small)
        for path, platforms in full.items()
    ]


def _closure(core: WheelFacts, target: Target, pins: list[Pin], *, extra: str) -> list[Path]:
    """Paths of all wheels that the core needs on the target, directly or not."""
    pin_of = {pin.name: pin for pin in pins if pin.applies_to(target)}
    found: dict[str, Path] = {}
    wanted = {
        canonicalize_name(requirement.name) for requirement in needed(core, target, extra=extra)
    }
    while wanted:
        absent = sorted(wanted - pin_of.keys())
        if absent:
            raise FetchError(f"{target}: no requirements file pins {', '.join(absent)}.")
        download([pin_of[name] for name in sorted(wanted)], target, CACHE_FOLDER)
        found |= {name: _wheel_in_cache(pin_of[name], target) for name in wanted}
        next_names = {
            canonicalize_name(requirement.name)
            for name in wanted
            for requirement in needed(read_wheel(found[name]), target)
        }
        wanted = next_names - found.keys()
    return list(found.values())


def _wheel_in_cache(pin: Pin, target: Target) -> Path:
    """The cached file that pip took for this pin and target."""
    for path in sorted(CACHE_FOLDER.glob("*.whl")):
        is_named = path.name.lower().startswith(f"{pin.name.replace('-', '_')}-{pin.version}-")
        if is_named and fits(path.name, target) and sha256_of(path) in pin.hashes:
            return path
    raise FetchError(f"{target}: pip left no wheel of {pin.name} {pin.version}.")
