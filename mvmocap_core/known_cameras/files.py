"""Which camera of which calibration file filmed which video."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.known_cameras.camera import KnownCamera, bad_calibration, for_size
from mvmocap_core.known_cameras.opencv_storage import is_opencv, read_opencv
from mvmocap_core.known_cameras.qualisys import is_qualisys, read_qualisys
from mvmocap_core.known_cameras.toml_cameras import read_toml

_MAX_BYTES = 4_000_000
FORMATS = "Pose2Sim or Caliscope TOML, OpenCV YAML or XML, or Qualisys .qca.txt"


def read_cameras(path: Path) -> list[KnownCamera]:
    """Every camera in a calibration file, whatever program wrote it.

    Raises InputError with reason missing_file, or bad_calibration with what is wrong.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); check the path."
        raise InputError(message, reason="missing_file") from error
    if len(content) > _MAX_BYTES:
        bad_calibration(path, "is too large for a calibration")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        bad_calibration(path, f"is no text; give {FORMATS}")
    if is_qualisys(text):
        return read_qualisys(text, path)
    if is_opencv(text):
        return read_opencv(text, path)
    if path.suffix.lower() == ".toml":
        return read_toml(text, path)
    bad_calibration(path, f"is of an unknown format; give {FORMATS}")


def cameras_of_videos(
    files: Sequence[Path], videos: Sequence[Path], image_sizes: Sequence[tuple[int, int]]
) -> list[KnownCamera]:
    """The camera of each video: of the same name, or in the same order where there are as many.

    files: calibration files, whose cameras are counted one file after the other.
    image_sizes: width, height of each video.

    Raises InputError, see `read_cameras`; also where cameras and videos do not match.
    """
    found = [(camera, path) for path in files for camera in read_cameras(path)]
    by_name = {_plain(camera.name): (camera, path) for camera, path in found}
    names = [_plain(video.stem) for video in videos]
    if len(by_name) == len(found) and len(set(names)) == len(names) and set(names) <= set(by_name):
        chosen = [by_name[name] for name in names]
    elif len(found) == len(videos):
        chosen = found
    else:
        known = ", ".join(camera.name for camera, _ in found)
        raise InputError(
            f"{files[0]}: {len(found)} cameras ({known}) for {len(videos)} videos; name the "
            "videos after their cameras, or give as many cameras as videos.",
            reason="bad_calibration",
        )
    return [
        for_size(camera, np.array(size, dtype=float), path)
        for (camera, path), size in zip(chosen, image_sizes, strict=True)
    ]


def _plain(name: str) -> str:
    """A name without case, signs and leading zeros: cam_01, Cam1 and cam-1 are one."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[^a-z0-9]", "", name.lower()))
