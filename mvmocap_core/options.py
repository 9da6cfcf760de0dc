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
        _check_number("--start", self.start_s, -math.inf, math.inf, "seconds")
        _check_number("--end", self.end_s, -math.inf, math.inf, "seconds")
        if self.start_s is not None and self.end_s is not None and self.end_s <= self.start_s:
            raise InputError("--end must be later than --start.", reason="bad_option")
        _check_choice("--device", self.device, DEVICES)
        _check_choice("--method", self.method, METHODS)
        _check_choice("--detector", self.detector, DETECTORS)
        if self.people != 1:
            raise InputError("--people: this version solves one performer.", reason="bad_option")


ASSUMED_HEIGHT_M = 1.72


def _check_number(name: str, value: float | None, low: float, high: float, hint: str) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        bounds = f" between {low:g} and {high:g}" if math.isfinite(low) else ""
        raise InputError(f"{name} {value:g}: give a number{bounds}, {hint}.", reason="bad_option")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(
            f"{name} {value}: choose one of {', '.join(choices)}.", reason="bad_option"
        )
