"""Where takes are kept: beside the .blend, or in a cache for a file that was never saved."""

import json
import os
import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from mvmocap_core.errors import InputError

SUFFIX = ".mocap"
"""Ending of the folder of a take: by it Blender knows what was dropped onto its window."""

_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST_NAME = 60
_LONGEST_PATH = 259
"""What Windows allows a path to have, unless it was told otherwise."""
LONGEST_FILE = 60
"""Longer than any path of a file inside a take."""


def kept_path(path: str, folder: Path) -> str:
    """A path as a .blend in `folder` keeps it: relative to it, absolute on another drive."""
    try:
        return "//" + os.path.relpath(path, folder)
    except ValueError:  # another drive, or a share of a network
        return path


def takes_folder(blend: str, cache: Path) -> Path:
    """Folder of all takes of a .blend; `blend` is empty for a file that was never saved."""
    if not blend:
        return cache / "takes"
    path = Path(blend)
    return path.parent / f"{path.stem}_takes"


def take_folder(takes: Path, name: str, videos: Sequence[Path]) -> Path:
    """Folder of the take of these videos: an earlier take of them is found again.

    takes: folder of all takes.
    name:  what the animator calls it; empty for the first video's name.
    A folder that other videos have been solved into is left alone.
    """
    stem = folder_name(name or videos[0].stem)
    for number in count(1):
        folder = numbered_folder(takes, stem, number)
        if _can_hold(folder, videos):
            return folder
    raise AssertionError("count() does not end")


def numbered_folder(takes: Path, stem: str, number: int) -> Path:
    """The folder of the first, second, ... take of a name."""
    return takes / f"{stem if number == 1 else f'{stem}_{number}'}{SUFFIX}"


def check_length(folder: Path, *, is_windows: bool = os.name == "nt") -> None:
    """Whether the system can hold the files of a take in this folder.

    Raises:
        InputError: when their paths would be too long for Windows.
    """
    if is_windows and len(str(folder)) + 1 + LONGEST_FILE > _LONGEST_PATH:
        message = (
            f"{folder}: the path is too long for Windows. Give the take a shorter name, or save "
            "the .blend in a folder nearer to the drive's root."
        )
        raise InputError(message, reason="long_path")


def label(folder: Path) -> str:
    """What a take is called."""
    return folder.name.removesuffix(SUFFIX)


def folder_name(name: str) -> str:
    """The name as every file system accepts it; letters of any script stay."""
    allowed = _NOT_IN_NAMES.sub("_", name).strip(" .")[:_LONGEST_NAME].rstrip(" .") or "take"
    return f"{allowed}_" if _WINDOWS_DEVICES.fullmatch(allowed) else allowed


def _can_hold(folder: Path, videos: Sequence[Path]) -> bool:
    """Whether the folder is new, unfinished, or of the same videos, wherever they were then."""
    try:
        record = json.loads((folder / "take.json").read_text(encoding="utf-8"))
        earlier = [Path(video) for video in record["videos"]]
    except (OSError, ValueError, KeyError, TypeError):
        return True
    if [video.absolute() for video in videos] == earlier:
        return True
    is_moved = not any(video.exists() for video in earlier)
    return is_moved and [video.name for video in videos] == [video.name for video in earlier]
