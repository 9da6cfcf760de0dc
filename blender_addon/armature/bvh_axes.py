"""BVH files of Blender, which are Z up, turned to Y up as other programs expect. No Blender.

The performer who faces -Y faces +Z afterwards: x stays, y becomes -z and z becomes y. A turn about
an axis becomes the same turn about the axis's new place, so the order of the turns stays too.
"""

from collections.abc import Iterator
from pathlib import Path

_NEW_AXIS = {"X": ("X", 1.0), "Y": ("Z", -1.0), "Z": ("Y", 1.0)}
"""Where each axis goes, and its sign there."""

_DIGITS = 8


def turn_to_y_up(path: Path) -> None:
    """Rewrite a BVH file that is Z up. Raises OSError when it cannot be read or written."""
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(_turned(lines)) + "\n", encoding="utf-8")


def _turned(lines: list[str]) -> Iterator[str]:
    places: list[int] = []  # for each value of a frame: where it came from
    signs: list[float] = []
    in_motion = False
    for line in lines:
        words = line.split()
        if in_motion:
            yield _frame(words, places, signs)
        elif words[:1] == ["OFFSET"]:
            x, y, z = map(float, words[1:])
            yield f"{_indent(line)}OFFSET {_text(x)} {_text(z)} {_text(-y)}"
        elif words[:1] == ["CHANNELS"]:
            names, order, turned = _channels(words[2:])
            places += [len(places) + place for place in order]
            signs += turned
            yield _indent(line) + " ".join(["CHANNELS", str(len(names)), *names])
        else:
            in_motion = words[:2] == ["Frame", "Time:"]
            yield line


def _channels(names: list[str]) -> tuple[list[str], list[int], list[float]]:
    """New names of a joint's channels, which old channel each one takes, and its sign."""
    renamed = [(_NEW_AXIS[name[0]], name[1:]) for name in names]
    found = [(f"{axis}{kind}", place, sign) for place, ((axis, sign), kind) in enumerate(renamed)]
    moves = sorted(item for item in found if item[0].endswith("position"))  # as X, Y, Z
    turns = [item for item in found if item[0].endswith("rotation")]
    ordered = [*moves, *turns]
    return [item[0] for item in ordered], [item[1] for item in ordered], [i[2] for i in ordered]


def _frame(words: list[str], places: list[int], signs: list[float]) -> str:
    values = [float(word) for word in words]
    pairs = zip(places, signs, strict=True)
    return " ".join(_text(sign * values[place]) for place, sign in pairs)


def _text(value: float) -> str:
    return f"{value + 0.0:.{_DIGITS}f}"  # no minus before a zero


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
