"""Files that are whole or absent: atomic writing."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mvmocap_core.errors import InputError

TEMPORARY_PREFIX = ".writing-"
"""Start of the name of a file that is being written. One found later is a leftover."""

_FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`; move it onto `target` if the block succeeds.

    The file is flushed to the disk before it takes the name, so `target` is at any moment the
    old whole file or the new whole one, after a power cut too. It keeps the target's suffix,
    which tells writers such as PyAV the format. If the block fails, the temporary file is
    removed and an earlier `target` is untouched.

    Raises InputError when the disk is full or the folder cannot be written.
    """
    with writing(target):
        with creating(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(
                prefix=TEMPORARY_PREFIX, suffix=target.suffix, dir=target.parent
            )
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            _flush(temporary)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(target)
            _flush_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_file(target: Path) -> Iterator[BinaryIO]:
    """Give an open binary file that becomes `target` if the block succeeds. See `atomic_path`."""
    with atomic_path(target) as temporary, temporary.open("wb") as file:
        yield file


def write_text(target: Path, text: str) -> None:
    """Write a UTF-8 text file atomically. Raises InputError, see `atomic_path`."""
    with atomic_file(target) as file:
        file.write(text.encode("utf-8"))


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn failures to write `target` that the user can mend into InputError."""
    try:
        yield
    except OSError as error:
        _raise_as_input_error(target, error)
        raise


@contextmanager
def creating(target: Path) -> Iterator[None]:
    """Turn every failure to make a folder or an empty file for `target` into InputError."""
    try:
        yield
    except OSError as error:
        _raise_as_input_error(target, error)
        raise _cannot_write(target, error) from error


def _raise_as_input_error(target: Path, error: OSError) -> None:
    folder = target.parent
    if error.errno in _FULL_DISK:
        message = f"{folder}: the disk is full; free some space and run the command again."
        raise InputError(message, reason="disk_full") from error
    if error.errno == errno.EISDIR:
        message = f"{target}: a folder has this name; give the name of a file."
        raise InputError(message, reason="unwritable") from error
    if error.errno in _UNWRITABLE or (error.errno == errno.ENOENT and not folder.is_dir()):
        raise _cannot_write(target, error) from error


def _cannot_write(target: Path, error: OSError) -> InputError:
    message = f"{target.parent}: cannot write there ({error.strerror}); choose another folder."
    return InputError(message, reason="unwritable")


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows keeps no handle on folders, and needs none to be safe
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
