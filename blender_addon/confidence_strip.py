"""Coloured pictures for the strip that says how far each moment may be trusted."""

import math
from collections.abc import Sequence
from typing import Any

from .preview_icons import PreviewIcons

COLUMNS = 8
"""Moments that one picture shows side by side."""

_SIDE_PX = 32
_COLOURS = {
    "firm": (0.33, 0.66, 0.36),
    "doubtful": (0.92, 0.67, 0.22),
    "weak": (0.83, 0.28, 0.25),
    "unknown": (0.42, 0.42, 0.42),
}

_icons = PreviewIcons()


def level(trust: float, firm: float, weak: float) -> str:
    """Which colour a trust has; below zero and NaN stand for unknown."""
    if math.isnan(trust) or trust < 0.0:
        return "unknown"
    if trust >= firm:
        return "firm"
    return "doubtful" if trust >= weak else "weak"


def columns(trust: Sequence[float], n_tiles: int) -> list[list[int]]:
    """For each of the strip's columns, which of the trust's bins it shows; at least one each."""
    n_columns = n_tiles * COLUMNS
    edges = [round(place * len(trust) / n_columns) for place in range(n_columns + 1)]
    last = len(trust) - 1
    return [
        list(range(begin, end)) or [min(begin, last)]
        for begin, end in zip(edges[:-1], edges[1:], strict=True)
    ]


def tile_icon(levels: Sequence[str]) -> int:
    """Icon of `COLUMNS` moments, or of one that fills it; 0 while the extension is disabled."""
    name = " ".join(levels)

    def paint(previews: Any) -> bool:
        width = _SIDE_PX // len(levels)
        line = [value for kind in levels for value in (*_COLOURS[kind], 1.0) * width]
        picture = previews.new(name)
        picture.icon_size = (_SIDE_PX, _SIDE_PX)
        picture.icon_pixels_float = line * _SIDE_PX
        return True

    return _icons.icon(name, paint)


register, unregister = _icons.open, _icons.close
CLASSES: tuple[type, ...] = ()
