"""`TAKE/corrections.json`, `corrections_2.json`, ...: read with suspicion, written whole.

Each performer has a file; the first one's number is 0. `identities.json` says who is who.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar, cast

from mvmocap_core.corrections.corrections import (
    Corrections,
    FootContact,
    HiddenLandmark,
    MovedKeypoint,
    SideState,
    ViewCorrections,
)
from mvmocap_core.corrections.identities import FILE_NAME as IDENTITIES_FILE_NAME
from mvmocap_core.corrections.identities import ExchangedPeople, Identity, JoinedFragment
from mvmocap_core.errors import InputError
from mvmocap_core.files import write_text
from mvmocap_core.options import MAX_PEOPLE
from mvmocap_core.take_files import own_file

T = TypeVar("T")

SCHEMA_VERSION = 1
FILE_NAME = "corrections.json"
MAX_BYTES = 50_000_000

_REASON = "bad_corrections"
_KINDS: dict[Any, tuple[tuple[type, ...], str]] = {
    float: ((int, float), "a number"),
    float | None: ((int, float, type(None)), "a number or null"),
    int: ((int,), "a whole number"),
    bool: ((bool,), "true or false"),
    str: ((str,), "a text"),
}
"""By the kind of a field: what its value may be, and how to ask for it."""


def load_everybodys(take_folder: Path) -> tuple[Corrections, ...]:
    """Read the corrections of as many performers as a take may have, see `load_corrections`."""
    return tuple(load_corrections(take_folder, person) for person in range(MAX_PEOPLE))


def load_corrections(take_folder: Path, person: int = 0) -> Corrections:
    """Read a performer's corrections; none where there is no such file.

    Raises InputError, with the place in the file, where it cannot be used.
    """
    return _read(own_file(take_folder, FILE_NAME, person), parse_corrections, Corrections())


def load_identities(take_folder: Path) -> tuple[Identity, ...]:
    """Read who is who in a take; nothing where there is no such file.

    Raises InputError, with the place in the file, where it cannot be used.
    """
    return _read(take_folder / IDENTITIES_FILE_NAME, parse_identities, ())


def _read(path: Path, parse: Callable[[object], T], nothing: T) -> T:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: too large; delete it.", reason=_REASON)
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return nothing
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}).", reason=_REASON) from error
    try:
        return parse(json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        message = f"{path}: not JSON ({error}); mend it or delete it."
        raise InputError(message, reason=_REASON) from error
    except InputError as error:
        raise InputError(f"{path}: {error} Mend it or delete it.", reason=_REASON) from error


def save_corrections(take_folder: Path, corrections: Corrections, person: int = 0) -> None:
    """Write a performer's corrections. Raises InputError when they cannot be written."""
    text = json.dumps(corrections_record(corrections), indent=1, allow_nan=False)
    write_text(own_file(take_folder, FILE_NAME, person), text + "\n")


def save_identities(take_folder: Path, identities: Sequence[Identity]) -> None:
    """Write who is who in a take. Raises InputError when it cannot be written."""
    text = json.dumps(identities_record(identities), indent=1, allow_nan=False)
    write_text(take_folder / IDENTITIES_FILE_NAME, text + "\n")


def corrections_record(corrections: Corrections) -> dict[str, Any]:
    """The corrections as JSON values; `parse_corrections` reads them back."""
    return {
        "schema_version": SCHEMA_VERSION,
        "videos": [
            {name: [asdict(each) for each in getattr(view, name)] for name in _OF_VIEW}
            for view in corrections.views
        ],
        "contacts": [asdict(contact) for contact in corrections.contacts],
    }


def parse_corrections(record: object) -> Corrections:
    """Corrections from JSON values. Raises InputError, with the place, where they are not."""
    known = _object(record, "", {"schema_version", "videos", "contacts"})
    _check_version(known)
    return Corrections(
        views=_items(known, "videos", "", _parse_view),
        contacts=_items(known, "contacts", "", lambda item, at: _parse(FootContact, item, at)),
    )


def identities_record(identities: Sequence[Identity]) -> dict[str, Any]:
    """Who is who as JSON values; `parse_identities` reads it back."""
    return {
        "schema_version": SCHEMA_VERSION,
        "identities": [asdict(each) for each in identities],
    }


def parse_identities(record: object) -> tuple[Identity, ...]:
    """Who is who from JSON values. Raises InputError, with the place, where it is not."""
    known = _object(record, "", {"schema_version", "identities"})
    _check_version(known)
    return _items(known, "identities", "", _parse_identity)


def _parse_identity(item: object, place: str) -> Identity:
    """Who is joined has a `person`."""
    if isinstance(item, dict) and "person" in item:
        return _parse(JoinedFragment, cast("object", item), place)
    return _parse(ExchangedPeople, item, place)


def _check_version(known: Mapping[str, Any]) -> None:
    if known.get("schema_version") != SCHEMA_VERSION:
        raise InputError("schema_version: made by another version.", reason=_REASON)


def _parse_view(item: object, place: str) -> ViewCorrections:
    known = _object(item, place, set(_OF_VIEW))
    lists = {
        name: _items(known, name, place + ".", lambda each, at, cls=cls: _parse(cls, each, at))
        for name, cls in _OF_VIEW.items()
    }
    return ViewCorrections(**cast("dict[str, Any]", lists))


def _parse(cls: type[T], item: object, place: str) -> T:
    """One correction; its class checks the values."""
    expected = {field.name: field.type for field in fields(cast("Any", cls))}
    known = _object(item, place, set(expected))
    for name, kind in expected.items():
        allowed, wanted = _KINDS.get(kind, _KINDS[str])
        if name not in known:
            raise InputError(f"{place}.{name}: missing.", reason=_REASON)
        value = known[name]
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise InputError(f"{place}.{name}: give {wanted}.", reason=_REASON)
    try:
        return cls(**known)
    except (InputError, OverflowError) as error:
        raise InputError(f"{place}: {error}", reason=_REASON) from error


def _items(
    record: Mapping[str, Any], name: str, prefix: str, parse: Callable[[object, str], T]
) -> tuple[T, ...]:
    found = record.get(name, [])
    if not isinstance(found, list):
        raise InputError(f"{prefix}{name}: give a list.", reason=_REASON)
    items = cast("Sequence[object]", found)
    return tuple(parse(item, f"{prefix}{name}[{index}]") for index, item in enumerate(items))


def _object(value: object, place: str, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{place or 'the file'}: give an object.", reason=_REASON)
    known = cast("dict[str, Any]", value)
    unknown = sorted(set(known) - allowed)
    if unknown:
        where = f"{place}." if place else ""
        raise InputError(f"{where}{unknown[0]}: not known here.", reason=_REASON)
    return known


_OF_VIEW: dict[str, type] = {
    "moved": MovedKeypoint,
    "hidden": HiddenLandmark,
    "sides": SideState,
}
