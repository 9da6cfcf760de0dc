"""What values in `scenes.toml` have to be, and what options of a solve are made of them."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mvmocap_core.cli_arguments import FIELD_OF_FLAG, corners
from mvmocap_core.options import SolveOptions

OWN_KEYS = ("height_m", "fps", "start_s", "end_s")
"""Options of a solve that are keys of the scene itself; all others stand in its `options`."""

UNKNOWN = "auto"
"""Stands for a number that is not known, as on the command line."""

Rule = tuple[Callable[[object], bool], str]
"""Whether a value is of the right kind, and what is to be given."""

_FLAG = re.compile(r"--[a-z][\w-]*")
_SIZE = re.compile(r"\d{1,4}x\d{1,4}")


def scene_words(sentence: str) -> str:
    """A sentence of the core with this file's keys for the command line's options."""
    return _FLAG.sub(_key_of, sentence)


def _key_of(flag: re.Match[str]) -> str:
    if flag[0] == "--out":
        return "out"
    field = FIELD_OF_FLAG.get(flag[0])
    if field is None:
        return flag[0]
    return field if field in OWN_KEYS else f"options.{field}"


# ---- kinds of values -----------------------------------------------------------------------


def is_text(value: object) -> bool:
    """Some text, not blank."""
    return isinstance(value, str) and value.strip() != "" and "\0" not in value


def is_number(value: object) -> bool:
    """Any number; what it may be, the options say."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_switch(value: object) -> bool:
    """True or false."""
    return isinstance(value, bool)


def is_list_of(is_right: Callable[[object], bool]) -> Callable[[object], bool]:
    """A list of such values, not empty."""
    return lambda value: isinstance(value, list) and len(value) > 0 and all(map(is_right, value))


def _is_one_or_list_of(is_right: Callable[[object], bool]) -> Callable[[object], bool]:
    is_list = is_list_of(is_right)
    return lambda value: is_right(value) or is_list(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_fact(value: object) -> bool:
    return value == UNKNOWN or (is_number(value) and not math.isnan(value))


def _is_size(value: object) -> bool:
    return isinstance(value, str) and _SIZE.fullmatch(value) is not None


# ---- options of a solve --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OptionKind:
    """How an option stands in the file.

    read: (value, folder of the file) gives the option's value, with absolute paths.
    """

    is_right: Callable[[object], bool]
    wanted: str
    read: Callable[[Any, Path], object]


def _as_it_is(value: object, _folder: Path) -> object:
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _facts(value: Any, _folder: Path) -> tuple[float | None, ...]:
    return tuple(None if each == UNKNOWN else each for each in _listed(value))


def _paths(value: Any, folder: Path) -> tuple[str, ...]:
    return tuple(str(folder / each) for each in _listed(value))


_KINDS: dict[object, OptionKind] = {
    str: OptionKind(is_text, "a text", _as_it_is),
    int: OptionKind(_is_count, "a whole number", _as_it_is),
    bool: OptionKind(is_switch, "true or false", _as_it_is),
    tuple[str, ...]: OptionKind(_is_one_or_list_of(is_text), "a path, or a list of paths", _paths),
    tuple[float | None, ...] | None: OptionKind(
        _is_one_or_list_of(_is_fact), f'a number or "{UNKNOWN}", or a list of these', _facts
    ),
    tuple[int, int]: OptionKind(
        _is_size, 'columns and rows, such as "9x6"', lambda value, _: corners(value)
    ),
}
OPTION_KINDS = {
    field.name: _KINDS[field.type] for field in fields(SolveOptions) if field.name not in OWN_KEYS
}
"""Keys of a scene's `options`: every option of a solve that is no key of the scene itself."""
