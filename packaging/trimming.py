"""Leaves out of a large wheel what nothing loads at run time, and what Windows cannot unpack.

PyTorch's wheel brings ten thousand header files, test programs and static libraries, and licence
texts so deep in folders that Windows refuses their paths.
"""

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from reproducible import write_zip
from wheel_files import is_licence, is_too_long, read_wheel

LEFT_OUT = {
    "torch": (
        "torch/include/*", "torch/share/*", "torch/test/*", "torch/lib/*.lib", "torch/lib/*.h",
        "torch/bin/[!t]*", "torch/bin/test_*",
    ),
}  # fmt: skip
"""Files of a wheel, by its name, that only developers of C++ use."""


def trimmed(path: Path, folder: Path) -> Path:
    """Path of the wheel to carry: the given one, or one in `folder` with less in it.

    The smaller one has the same name and depends on the given one's content alone. Licence texts
    that it lacks are in the zip's own folder of licences.
    """
    facts = read_wheel(path)
    useless = LEFT_OUT.get(facts.name)
    if useless is None:
        return path
    kept = [
        name
        for name in facts.files
        if not any(fnmatchcase(name, pattern) for pattern in useless)
        and not (is_licence(name) and is_too_long(name))
    ]
    with zipfile.ZipFile(path) as wheel:
        entries = {name: wheel.read(name) for name in kept}
    write_zip(folder / path.name, with_record(entries))
    return folder / path.name


def with_record(entries: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files of a wheel with its RECORD written anew."""
    record = next(name for name in entries if name.endswith(".dist-info/RECORD"))
    lines = [
        f"{name},sha256={_record_hash(content)},{len(content)}\n"
        for name, content in sorted(entries.items())
        if name != record
    ]
    return {**entries, record: "".join([*lines, f"{record},,\n"]).encode()}


def _record_hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
