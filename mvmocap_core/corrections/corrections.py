"""What a person corrected by hand: kept in the take, apart from what the detector found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.errors import InputError
from mvmocap_core.motion.contacts import ContactEdit

PARTS = ("whole", "upper", "lower")
FEET = ("left", "right")
POINTS = ("heel", "toe")

BodyPart = Literal["whole", "upper", "lower"]

FARTHEST_PX = 1e5
FARTHEST_S = 1e6


@dataclass(frozen=True, slots=True)
class MovedKeypoint:
    """The performer's landmark is here at this time, whatever the detector says.

    landmark: one of `LANDMARK_NAMES`, on the performer's own left or right.
    time_s:   on the video's clock. x_px, y_px: (0, 0) is the image's top-left corner.
    """

    landmark: str
    time_s: float
    x_px: float
    y_px: float

    def __post_init__(self) -> None:
        _check_landmark(self.landmark)
        check_number("time_s", self.time_s, FARTHEST_S)
        check_number("x_px", self.x_px, FARTHEST_PX)
        check_number("y_px", self.y_px, FARTHEST_PX)


@dataclass(frozen=True, slots=True)
class HiddenLandmark:
    """The landmark is not to be seen from `start_s` to `end_s`, on the video's clock."""

    landmark: str
    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        _check_landmark(self.landmark)
        check_range(self.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class SideState:
    """Whether the detector took left for right from `start_s` to `end_s`, on the video's clock.

    is_swapped: True, its sides are exchanged; False, they are right as it found them.
    """

    part: BodyPart
    start_s: float
    end_s: float
    is_swapped: bool

    def __post_init__(self) -> None:
        _check_choice("part", self.part, PARTS)
        check_range(self.start_s, self.end_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class FootContact(ContactEdit):
    """Whether a foot's heel or toe stands on the floor, on the first video's clock."""

    def __post_init__(self) -> None:
        _check_choice("foot", self.foot, FEET)
        _check_choice("point", self.point, POINTS)
        check_range(self.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class ViewCorrections:
    """What was corrected in one video. Where two contradict each other, the later one holds."""

    moved: tuple[MovedKeypoint, ...] = ()
    hidden: tuple[HiddenLandmark, ...] = ()
    sides: tuple[SideState, ...] = ()


@dataclass(frozen=True, slots=True)
class Corrections:
    """Everything that was corrected in a take. views: in the order of its videos, may be fewer."""

    views: tuple[ViewCorrections, ...] = ()
    contacts: tuple[FootContact, ...] = ()

    def view(self, view: int) -> ViewCorrections:
        """The corrections of a video, counted from 0."""
        return self.views[view] if view < len(self.views) else ViewCorrections()

    @property
    def changes_keypoints(self) -> bool:
        """Whether there is more than contacts."""
        return any(view != ViewCorrections() for view in self.views)


def _check_landmark(name: str) -> None:
    _check_choice("landmark", name, LANDMARK_NAMES)


def _check_choice(field: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        n_more = len(choices) - 4
        shown = ", ".join(choices[:4]) + (f" and {n_more} more" if n_more > 0 else "")
        raise InputError(f"{field} {value!r}: choose one of {shown}.", reason="bad_corrections")


def check_number(field: str, value: float, farthest: float) -> None:
    """Raise InputError if a value is not finite, or beyond all sense."""
    if not (math.isfinite(value) and abs(value) <= farthest):
        message = f"{field} {value:g}: give a number within {farthest:g}."
        raise InputError(message, reason="bad_corrections")


def check_range(start_s: float, end_s: float) -> None:
    """Raise InputError if a range's ends are not times in order."""
    check_number("start_s", start_s, FARTHEST_S)
    check_number("end_s", end_s, FARTHEST_S)
    if end_s < start_s:
        message = f"end_s {end_s:g} is before start_s {start_s:g}; exchange them."
        raise InputError(message, reason="bad_corrections")
