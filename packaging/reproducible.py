"""Zip archives that depend on their content alone."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3
_PACKED = (".whl", ".task")  # already compressed, or does not compress


def write_zip(target: Path, entries: Mapping[str, bytes | Path]) -> None:
    """Write an archive of files by name: sorted, one date for all; whole or not at all.

    entries: contents, or where they lie.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for name in sorted(entries):
            content = entries[name]
            archive.writestr(
                _entry(name), content.read_bytes() if isinstance(content, Path) else content
            )
    unfinished.replace(target)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.create_system = _UNIX
    entry.external_attr = _PLAIN_FILE
    is_packed = name.endswith(_PACKED)
    entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    return entry
