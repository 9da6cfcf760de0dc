"""Every option of a solve and its default, once."""

import math
from dataclasses import dataclass

from mvmocap_core.errors import InputError

METHODS = ("auto", "geometry", "consistency", "geometric", "cross_view_fusion", "volume")
TORCH_METHODS = ("consistency", "geometric", "cross_view_fusion", "volume")
"""Those whose networks PyTorch runs."""
DEVICES = ("auto", "cpu", "cuda", "mps")
DETECTORS = ("heavy", "full", "lite")
MAX_PEOPLE = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class SolveOptions:
    """What a user may choose about a solve.

    height_m: stature of the performer; None assumes `ASSUMED_HEIGHT_M` and the report says so.
    fps:      frame rate of the motion; None takes the first video's.
    start_s, end_s: part to solve, seconds on the first video's clock; None is the whole take.
    device:   where networks run.
    method:   how 3D is found where two views do not see it, one of `METHODS`: "geometry" by the
              body and what came before and after alone; the others by what a lifter says,
              "auto" by the best that is known, see docs/decisions/010.
    people:   number of performers; 0 counts those who perform, and leaves bystanders out.
    detector: MediaPipe pose model.
    hands:    find fingers too; the slowest part of a solve then.
    keypoints: files or folders of keypoints that another program found, one for each video or one
              for all; empty detects.

    What is known of the cameras, and then not looked for (None or empty: nothing):
    offset_s:     of each further video on the first one's clock; None in it is not known.
    focal_35mm:   focal length of each video, or one for all, for a frame 36 mm wide.
    calibration:  calibration files of other programs.
    checkerboard: a video of a checkerboard for each video, filmed like it.
    board:        inner corners of the checkerboard, columns and rows.
    """

    height_m: float | None = None
    fps: float | None = None
    start_s: float | None = None
    end_s: float | None = None
    device: str = "auto"
    method: str = "auto"
    people: int = 1
    detector: str = "heavy"
    hands: bool = False
    keypoints: tuple[str, ...] = ()
    offset_s: tuple[float | None, ...] | None = None
    focal_35mm: tuple[float | None, ...] | None = None
    calibration: tuple[str, ...] = ()
    checkerboard: tuple[str, ...] = ()
    board: tuple[int, int] = (9, 6)

    def __post_init__(self) -> None:
        _check_number("--height", self.height_m, 0.4, 3.0, "metres, for example 1.75")
        _check_number("--fps", self.fps, 1.0, 480.0, "frames a second, for example 30")
        _check_range(self.start_s, self.end_s)
        _check_choice("--device", self.device, DEVICES)
        _check_choice("--method", self.method, METHODS)
        _check_choice("--detector", self.detector, DETECTORS)
        if not 0 <= self.people <= MAX_PEOPLE:
            message = f"--people {self.people}: give 1 to {MAX_PEOPLE}, or 0 to count them."
            raise InputError(message, reason="bad_option")
        self._check_facts()

    def _check_facts(self) -> None:
        """Also make tuples of what JSON and command lines bring as lists."""
        for name in ("keypoints", "calibration", "checkerboard", "board"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("offset_s", "focal_35mm"):  # stored arrays have NaN for None
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(
                    self, name, tuple(None if v is None or math.isnan(v) else v for v in values)
                )
        for offset_s in self.offset_s or ():
            _check_number("--offset", offset_s, -math.inf, math.inf, "seconds")
        for focal_mm in self.focal_35mm or ():
            _check_number("--focal-35mm", focal_mm, 5.0, 500.0, "millimetres, for example 26")
        lenses = (self.focal_35mm, self.calibration, self.checkerboard)
        if sum(bool(given) for given in lenses) > 1:
            message = "--focal-35mm, --calibration and --checkerboard: give one of them."
            raise InputError(message, reason="bad_option")
        if len(self.board) != 2 or min(self.board) < 3 or max(self.board) > 40:
            message = "--board: give the inner corners, columns and rows, for example 9x6."
            raise InputError(message, reason="bad_option")


def check_counts(options: SolveOptions, n_videos: int) -> None:
    """Raise InputError where not as much is given as there are videos."""
    each = "one for each video"
    _check_count("--offset", options.offset_s, (n_videos - 1,), "one for each further video")
    _check_count("--focal-35mm", options.focal_35mm, (1, n_videos), f"{each}, or one of all")
    _check_count("--checkerboard", options.checkerboard or None, (n_videos,), each)
    _check_count("--keypoints", options.keypoints or None, (1, n_videos), f"{each}, or one for all")


def _check_count(
    flag: str, given: tuple[object, ...] | None, wanted: tuple[int, ...], hint: str
) -> None:
    if given is not None and len(given) not in wanted:
        message = f"{flag}: {len(given)} given where {wanted[-1]} can be; give {hint}."
        raise InputError(message, reason="bad_option")


ASSUMED_HEIGHT_M = 1.72


SMOOTHING_PRESETS = {"none": 0.0, "action": 0.15, "natural": 0.3, "calm": 0.6}
"""Strengths of smoothing by what is filmed: fights and sports, most of it, people who talk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanUp:
    """What a user may choose about the clean-up of a solved motion.

    smoothing: strength, 0 (none) to 1.
    lock_feet: hold feet that stand on the floor.
    start_s, end_s: part to keep, seconds on the first video's clock; None is all that was solved.
    """

    smoothing: float = SMOOTHING_PRESETS["natural"]
    lock_feet: bool = True
    start_s: float | None = None
    end_s: float | None = None

    def __post_init__(self) -> None:
        _check_number("--smoothing", self.smoothing, 0.0, 1.0, "for example 0.3")
        _check_range(self.start_s, self.end_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipChoices:
    """What a user may choose about a clip that is made of solved motions.

    start_s, end_s: part of each motion, seconds on its first video's clock; None is all of it.
    mirror:  left for right.
    speed:   how many times as fast.
    fps:     frame rate; None keeps the first motion's.
    blend_s: seconds in which one motion passes into the next, or the end of a loop into its start.
    loop:    end as it begins.
    """

    start_s: float | None = None
    end_s: float | None = None
    mirror: bool = False
    speed: float = 1.0
    fps: float | None = None
    blend_s: float = 0.3
    loop: bool = False

    def __post_init__(self) -> None:
        _check_range(self.start_s, self.end_s)
        _check_number("--speed", self.speed, 0.05, 20.0, "for example 0.5")
        _check_number("--fps", self.fps, 1.0, 480.0, "frames a second, for example 30")
        _check_number("--blend", self.blend_s, 0.0, 10.0, "seconds, for example 0.3")


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
