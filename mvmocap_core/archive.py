"""A take as one file, to send it to another machine and go on with it there.

An archive comes from a stranger: `unpack_take` reads names, sizes and contents as if somebody had
made them to do harm. It writes nothing outside the new folder, and nothing that could be run; the
report's page, which a browser would run, stays out and is made anew.
"""

import errno
import json
import shutil
import stat
import struct
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.files import TEMPORARY_PREFIX, atomic_path, creating, write_text, writing
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.progress import Progress, silent
from mvmocap_core.storage import load_arrays
from mvmocap_core.take import Take

ARCHIVE_SCHEMA = 1
CARD = "mvmocap-take.json"
"""The archive's member that says what it is."""

MAX_MEMBERS = 500
MAX_DATA_BYTES = 4 << 30
"""Of all that is compressed; videos are stored as they are, so they cannot be bombs."""

VIDEOS = "videos"
_DATA = (".npz", ".json", ".bvh")
_FILMS = (".mp4", ".mov", ".m4v", ".mkv", ".avi", ".webm", ".mts", ".m2ts", ".mpg", ".mpeg", ".3gp")
_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 0x1
_FORBIDDEN = frozenset('<>:"|?*\\')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


def pack_take(
    folder: Path, target: Path, *, has_videos: bool = True, progress: Progress = silent
) -> None:
    """Write a take, and its videos unless told otherwise, into one zip file.

    Raises InputError if this is not a solved take, a video is gone, or the file cannot be written.
    """
    take = Take(folder)
    load_motion(take.motion_path)
    job = take.load_job()
    videos = _named(job.videos) if has_videos else {}
    for video in videos.values():
        if not video.is_file():
            message = f"{video}: the video is gone; put it back, or pack without videos."
            raise InputError(message, reason="missing_file")
    files = {path.relative_to(folder).as_posix(): path for path in _take_files(folder)} | videos
    whole = sum(path.stat().st_size for path in files.values())
    done = 0
    with atomic_path(target) as temporary, ZipFile(temporary, "w", allowZip64=True) as archive:
        card = {"schema_version": ARCHIVE_SCHEMA, "name": folder.name, "videos": list(videos)}
        archive.writestr(CARD, json.dumps(card, indent=2) + "\n", ZIP_DEFLATED)
        for name, path in files.items():
            kind = ZIP_STORED if path.suffix.lower() in _FILMS else ZIP_DEFLATED
            info = ZipInfo.from_file(path, name, strict_timestamps=False)
            info.compress_type = kind
            with _content(path) as source, archive.open(info, "w") as member:
                while chunk := source.read(_CHUNK_BYTES):
                    member.write(chunk)
                    done += len(chunk)
                    progress(done / whole, f"Packing {path.name}")


def unpack_take(archive_path: Path, folder: Path, *, progress: Progress = silent) -> None:
    """Unpack what `pack_take` has written into a new folder, whole or not at all.

    Raises InputError if the archive is not one, is damaged or could do harm, the folder is not
    empty, or there is no room.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder}: there is something already; choose a new folder."
        raise InputError(message, reason="folder_in_use")
    with _opened(archive_path) as archive:
        members = _checked(archive, archive_path)
        card = _card(archive, archive_path)
        with _new_folder(folder) as temporary:
            _check_room(members, temporary, archive_path)
            _extract(archive, members, temporary, archive_path, progress)
            _point_to_videos(temporary, folder, card["videos"])
            load_motion(temporary / "motion.npz")


@contextmanager
def _content(path: Path) -> Iterator[BinaryIO]:
    """What is packed of a file: all but how people look, which stays on this machine."""
    arrays = load_arrays(path) if path.name.startswith("detect-") else None
    if arrays is None or "appearance" not in arrays:
        with path.open("rb") as source:
            yield source
        return
    del arrays["appearance"]
    with BytesIO() as buffer:
        np.savez_compressed(buffer, **cast("dict[str, Any]", arrays))
        buffer.seek(0)
        yield buffer


def _take_files(folder: Path) -> Iterator[Path]:
    """What belongs to a take; no logs, no locks, and not the page, which is made anew."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        is_ours = path.suffix in _DATA or (path.suffix == ".mp4" and path.parent == folder)
        is_near = len(name.parts) == 1 or name.parts[0] == "stages"
        is_plain = path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        if is_ours and is_near and is_plain:
            yield path


def _named(videos: Sequence[Path]) -> dict[str, Path]:
    """The videos by their names in the archive, which differ even where the files' do not."""
    names = [video.name.lower() for video in videos]
    has_twins = len(set(names)) < len(names)
    return {
        f"{VIDEOS}/{number}_{video.name}" if has_twins else f"{VIDEOS}/{video.name}": video
        for number, video in enumerate(videos, 1)
    }


# ---- reading what a stranger wrote ----------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(path) as archive:
            yield archive
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; check the path.", reason="missing_file") from error
    except (BadZipFile, EOFError, NotImplementedError, zlib.error, struct.error) as error:
        raise _bad(path, f"it is damaged ({error})") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the file's beginning
            raise
        raise _bad(path, f"it is damaged ({error})") from error


def _checked(archive: ZipFile, path: Path) -> list[ZipInfo]:
    """The members to unpack, after a look at every one."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise _bad(path, f"it has {len(members)} files")
    names = [member.filename.casefold() for member in members]
    if len(set(names)) < len(names):
        raise _bad(path, "it has the same name twice")
    for member in members:
        problem = _problem(member)
        if problem:
            raise _bad(path, f"{member.filename[:80]!r} {problem}")
    data = sum(member.file_size for member in members if member.compress_type != ZIP_STORED)
    if data > MAX_DATA_BYTES:
        raise _bad(path, f"{data / 1e9:.0f} GB would come out of it")
    return [member for member in members if member.filename != CARD]


def _problem(member: ZipInfo) -> str:
    """What is wrong with a member; empty if nothing is."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is not a plain file"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "is compressed in an unknown way"
    if member.compress_type == ZIP_STORED and member.compress_size != member.file_size:
        return "is larger than it says"
    return _name_problem(member.filename)


def _name_problem(name: str) -> str:
    parts = name.split("/")
    if any(not _is_plain(part) for part in parts):
        return "is no name for a file of a take"
    suffix = PurePosixPath(name).suffix.lower()
    if parts[0] == VIDEOS and len(parts) == 2 and suffix in _FILMS:
        return ""
    if parts[0] == "stages" and len(parts) == 2 and suffix == ".npz":
        return ""
    if len(parts) == 1 and suffix in (*_DATA, ".mp4"):
        return ""
    return "does not belong to a take"


def _is_plain(part: str) -> bool:
    """Whether this is a file's or folder's name on every system, and nothing else."""
    is_named = bool(part.strip(". ")) and not part.startswith(".") and len(part) <= 200
    is_clean = part.isprintable() and not _FORBIDDEN & set(part) and part[-1:] not in ". "
    return is_named and is_clean and part.partition(".")[0].lower() not in _DEVICES


def _card(archive: ZipFile, path: Path) -> dict[str, Any]:
    try:
        card = json.loads(archive.read(CARD))
        version, videos = card["schema_version"], card["videos"]
    except (KeyError, ValueError, TypeError) as error:
        raise _bad(path, "it was not made by mvmocap") from error
    if version != ARCHIVE_SCHEMA:
        raise InputError(f"{path}: made by another version; install that one.", reason="version")
    if not isinstance(videos, list) or not {str(v) for v in videos} <= set(archive.namelist()):
        raise _bad(path, "its videos are missing")
    return card


def _check_room(members: Sequence[ZipInfo], folder: Path, path: Path) -> None:
    needed = sum(member.file_size for member in members)
    if needed > shutil.disk_usage(folder).free:
        message = f"{path}: {needed / 1e9:.1f} GB would come out, and the disk has no room for it."
        raise InputError(f"{message} Free some space.", reason="disk_full")


def _extract(
    archive: ZipFile,
    members: Sequence[ZipInfo],
    folder: Path,
    path: Path,
    progress: Progress,
) -> None:
    whole = max(1, sum(member.file_size for member in members))
    done = 0
    for member in members:
        target = folder.joinpath(*member.filename.split("/"))
        target.parent.mkdir(exist_ok=True)
        left = member.file_size
        with archive.open(member) as source, target.open("xb") as file:
            while chunk := source.read(_CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise _bad(path, f"{member.filename!r} is larger than it says")
                file.write(chunk)
                done += len(chunk)
                progress(done / whole, f"Unpacking {target.name}")


def _point_to_videos(unpacked: Path, folder: Path, videos: Sequence[str]) -> None:
    """Let take.json name the videos where they are now; without videos it stays as it was."""
    Take(unpacked).load_job()
    if not videos:
        return
    record = json.loads((unpacked / "take.json").read_text(encoding="utf-8"))
    if len(videos) != len(record["videos"]):
        raise _bad(folder, "its videos are not those of its take")
    record["videos"] = [str(folder.absolute().joinpath(*video.split("/"))) for video in videos]
    write_text(unpacked / "take.json", json.dumps(record, indent=2) + "\n")


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of `folder` if the block succeeds."""
    with writing(folder / "take.json"):
        with creating(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=folder.parent))
        try:
            yield temporary
            temporary.chmod(0o755)
            with suppress(FileNotFoundError):
                folder.rmdir()  # it is empty
            temporary.replace(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _bad(path: Path, why: str) -> InputError:
    message = f"{path}: not an archive of a take: {why}; ask for it again."
    return InputError(message, reason="bad_archive")
