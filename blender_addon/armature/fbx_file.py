"""Binary FBX files as trees, by Blender's own reader and writer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME_END = b"\x00\x01"
"""Ends an object's name; its class follows."""
_ADDERS = {
    "B": "bool", "C": "char", "Z": "int8", "Y": "int16", "I": "int32", "L": "int64",
    "F": "float32", "D": "float64", "R": "bytes", "S": "string", "i": "int32_array",
    "l": "int64_array", "f": "float32_array", "d": "float64_array", "b": "bool_array",
    "c": "byte_array",
}  # fmt: skip


@dataclass(slots=True)
class FbxElement:
    """A node of the file: values, the letters of their types, children."""

    name: bytes
    values: list[Any]
    types: str
    children: "list[FbxElement]"

    def every(self, *names: bytes) -> "Iterator[FbxElement]":
        """The children with one of these names."""
        return (child for child in self.children if child.name in names)

    def properties(self) -> "Iterator[FbxElement]":
        """The lines of its Properties70: name, three words, and then the values."""
        return (line for table in self.every(b"Properties70") for line in table.every(b"P"))

    @property
    def title(self) -> bytes:
        """The name that an object of the file goes by."""
        return bytes(self.values[1]).partition(NAME_END)[0]


def read_fbx(path: Path) -> tuple[FbxElement, int]:
    """The file and the version of its format. Raises OSError when it cannot be read."""
    from io_scene_fbx import parse_fbx  # enabled by the export

    parsed, version = parse_fbx.parse(str(path))
    return _element(parsed), version


def write_fbx(path: Path, root: FbxElement, version: int) -> None:
    """Write what `read_fbx` has read. Raises OSError when it cannot be written."""
    from io_scene_fbx import encode_bin

    encoded = encode_bin.FBXElem(b"")
    encoded.elems = [_encoded(child, encode_bin.FBXElem) for child in root.children]
    encode_bin.write(str(path), encoded, version)


def objects_of(root: FbxElement, *names: bytes) -> dict[int, FbxElement]:
    """The file's objects of these kinds by their ids."""
    found = (item for objects in root.every(b"Objects") for item in objects.every(*names))
    return {item.values[0]: item for item in found}


def links_of(root: FbxElement) -> list[tuple[int, int]]:
    """Ids of the file's objects and of what they belong to."""
    lists = root.every(b"Connections")
    return [(link.values[1], link.values[2]) for links in lists for link in links.children]


def _element(parsed: Any) -> FbxElement:
    types = bytes(parsed.props_type).decode("ascii")
    children = [_element(child) for child in parsed.elems if child is not None]
    return FbxElement(parsed.id, list(parsed.props), types, children)


def _encoded(element: FbxElement, kind: Any) -> Any:
    encoded = kind(element.name)
    for value, letter in zip(element.values, element.types, strict=True):
        getattr(encoded, f"add_{_ADDERS[letter]}")(value)
    encoded.elems = [_encoded(child, kind) for child in element.children]
    return encoded
