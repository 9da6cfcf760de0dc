"""Every option of a solve and its default, once."""

import math
from dataclasses import dataclass

from mvmocap_core.errors import InputError

METHODS = ("geometry",)
DEVICES = ("auto", "cpu", "cuda", "mps")
DETECTORS = ("heavy", "full", "lite")


@dataclass(frozen=True, kw_only=True, slots=True)
class SolveOptions:
    """What a user may choose about a solve.

    height_m: stature of the performer; None assumes `ASSUMED_HEIGHT_M` and the report says so.
    fps:      frame rate of the motion; None takes the first video's.
    start_s, end_s: part to solve, seconds on the first video's clock; None is the whole take.
    device:   where networks run.
    method:   how 3D is found, one of `METHODS`.
    people:   number of performers.
    detector: MediaPipe pose model.
    """

    height_m: float | None = None
    fps: float | None = None
    start_s: float | None = None
    end_s: float | None = None
    device: str = "auto"
    method: str = "geometry"
    people: int = 1
    detector: str = "heavy"

    def __post_init__(self) -> None:
        _check_number("--height", self.height_m, 0.4, 3.0, "metres, for example 1.75")
        _check_number("--fps", self.fps, 1.0, 480.0, "frames a second, for example 30")
        _check_range(self.start_s, self.end_s)
        _check_choice("--device", self.device, DEVICES)
        _check_choice("--method", self.method, METHODS)
        _check_choice("--detector", self.detector, DETECTORS)
        if self.people != 1:
            raise InputError("--people: this version solves one performer.", reason="bad_option")


ASSUMED_HEIGHT_M = 1.72


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanUp:
    """What a user may choose about the clean-up of a solved motion.

    smoothing: strength, 0 (none) to 1.
    lock_feet: hold feet that stand on the floor.
    start_s, end_s: part to keep, seconds on the first video's clock; None is all that was solved.
    """

    smoothing: float = 0.3
    lock_feet: bool = True
    start_s: float | None = None
    end_s: float | None = None

    def __post_init__(self) -> None:
        _check_number("--smoothing", self.smoothing, 0.0, 1.0, "for example 0.3")
        _check_range(self.start_s, self.end_s)


def _check_number(name: str, value: float | None, low: float, high: float, hint: str) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        bounds = f" between {low:g} and {high:g}" if math.isfinite(low) else ""
        raise InputError(f"{name} {value:g}: give a number{bounds}, {hint}.", reason="bad_option")


def _check_range(start_s: float | None, end_s: float | None) -> None:
    _check_number("--start", start_s, -math.inf, math.inf, "seconds")
    _check_number("--end", end_s, -math.inf, math.inf, "seconds")
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise InputError("--end must be later than --start.", reason="bad_option")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(
            f"{name} {value}: choose one of {', '.join(choices)}.", reason="bad_option"
        )
