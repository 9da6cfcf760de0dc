"""How facts read in a panel. No Blender."""

import math
import textwrap
from collections.abc import Iterable

VERDICTS = {
    "good": "Good: ready to use",
    "check": "Check it before use",
    "unusable": "Not usable",
}
STAGES = {
    "probe": "Reading the videos",
    "detect": "Finding the performer",
    "steady": "Looking whether the phones moved",
    "room": "Looking at the room's edges",
    "people": "Following the performer",
    "sync": "Matching the clocks",
    "calibrate": "Finding the cameras",
    "lift": "Guessing depth from single views",
    "body": "Fitting the body",
    "hands": "Finding the fingers",
    "correct": "Correcting",
    "clean": "Cleaning up",
    "report": "Writing the report",
    "footage": "Writing footage",
}
_CHARACTER_PX = 6.1
_MARGIN_PX = 48


def length(seconds: float) -> str:
    """Minutes and seconds, as 0:07.3 or 12:04."""
    if seconds < 60:
        return f"0:{seconds:04.1f}"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def time_left(seconds: float) -> str:
    """Rounded, because it is a guess; empty where nothing is known."""
    if not math.isfinite(seconds) or seconds < 0:
        return ""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {10 * round(seconds / 10)} seconds left"
    return f"about {round(seconds / 60)} minutes left"


def video_facts(
    width_px: int, height_px: int, fps: float, duration_s: float, *, has_audio: bool
) -> str:
    """One line about a video."""
    rate = f"{fps:.2f}".rstrip("0").rstrip(".")
    sound = "sound" if has_audio else "no sound"
    return f"{length(duration_s)}, {width_px} x {height_px}, {rate} fps, {sound}"


def wrapped(text: str, region_width_px: float, ui_scale: float) -> list[str]:
    """The lines of a text in a sidebar of that width."""
    n_characters = int((region_width_px - _MARGIN_PX * ui_scale) / (_CHARACTER_PX * ui_scale))
    return textwrap.wrap(text, max(n_characters, 16)) or [""]


def sentence(text: str) -> str:
    """A message that starts as a sentence does."""
    return text[:1].upper() + text[1:]


def share(found: Iterable[bool]) -> str:
    """How many of the things were found, as 17 of 22."""
    flags = list(found)
    return f"{sum(flags)} of {len(flags)}"
