"""Dataclasses as npz files without pickle, each whole or absent."""

import io
import types
import typing
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, cast
from zipfile import BadZipFile, ZipFile

import numpy as np

from mvmocap_core.files import atomic_file

T = TypeVar("T")


def save_arrays(target: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an npz atomically. Raises InputError when the disk is full or not writable."""
    if any(array.dtype.hasobject for array in arrays.values()):
        raise ValueError("An array of Python objects cannot be stored without pickle.")
    buffer = io.BytesIO()  # numpy's zip writer seeks; a short write would go unnoticed in between
    np.savez_compressed(buffer, **cast("dict[str, Any]", dict(arrays)))
    with atomic_file(target) as file:
        file.write(buffer.getbuffer())


def load_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """Read an npz whole, after verifying the checksum of every array.

    Returns None where there is no such file or it is damaged.
    """
    try:
        with ZipFile(path) as archive:
            if archive.testzip() is not None:
                return None
        with np.load(path, allow_pickle=False) as data:
            return {name: data[name] for name in data.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, NotImplementedError, zlib.error):
        return None


def to_arrays(value: object, prefix: str = "") -> dict[str, np.ndarray]:
    """Flatten a dataclass of arrays, numbers, strings, None and nested dataclasses.

    A nested field's name is `outer.inner`, and `outer.0.inner` in a tuple of dataclasses; None is
    left out, and NaN among numbers. Lengthened by `from_arrays`.
    """
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"{type(value).__name__} is not a dataclass.")
    arrays: dict[str, np.ndarray] = {}
    for field in fields(value):
        item = getattr(value, field.name)
        if is_dataclass(item):
            arrays.update(to_arrays(item, f"{prefix}{field.name}."))
        elif isinstance(item, tuple) and item and is_dataclass(item[0]):
            for index, part in enumerate(item):
                arrays.update(to_arrays(part, f"{prefix}{field.name}.{index}."))
        elif item is not None:
            array = _array(item)
            if array.dtype.hasobject:
                raise TypeError(f"{type(value).__name__}.{field.name} cannot be stored.")
            arrays[prefix + field.name] = array
    return arrays


def _array(item: object) -> np.ndarray:
    if isinstance(item, tuple):
        parts = cast("tuple[object, ...]", item)
        item = tuple(np.nan if part is None else part for part in parts)
    return np.asarray(str(item) if isinstance(item, Path) else item)


def from_arrays(cls: type[T], arrays: Mapping[str, np.ndarray], prefix: str = "") -> T:
    """Build the dataclass that `to_arrays` flattened.

    Raises KeyError where a field that may not be None is missing.
    """
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = {}
    for field in fields(cast("Any", cls)):
        kind, is_optional = _without_none(hints[field.name])
        name = prefix + field.name
        part = _dataclass_in_tuple(kind)
        if is_optional and name not in arrays and not any(n.startswith(name + ".") for n in arrays):
            values[field.name] = None
        elif part is not None:
            values[field.name] = _restored_tuple(part, arrays, name)
        elif is_dataclass(kind):
            values[field.name] = from_arrays(cast("type[Any]", kind), arrays, name + ".")
        else:
            values[field.name] = _restored(kind, arrays[name])
    return cls(**values)


def _dataclass_in_tuple(kind: Any) -> "type[Any] | None":
    """What `tuple[X, ...]` holds, if that is a dataclass."""
    parts = typing.get_args(kind) if typing.get_origin(kind) is tuple else ()
    return cast("type[Any]", parts[0]) if parts and is_dataclass(parts[0]) else None


def _restored_tuple(part: "type[T]", arrays: Mapping[str, np.ndarray], name: str) -> tuple[T, ...]:
    items: list[T] = []
    while any(known.startswith(f"{name}.{len(items)}.") for known in arrays):
        items.append(from_arrays(part, arrays, f"{name}.{len(items)}."))
    return tuple(items)


def _restored(kind: Any, array: np.ndarray) -> Any:
    if kind in (bool, int, float, str, Path):
        return kind(array.item())
    if kind is tuple or typing.get_origin(kind) is tuple:
        return tuple(array.tolist())
    return array


def _without_none(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
    return kinds[0], len(kinds) < len(typing.get_args(hint))
