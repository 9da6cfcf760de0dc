"""Keypoints that the user has, in place of a detector."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from mvmocap_core.detection.detections import CameraTurns, Detections
from mvmocap_core.detection.keypoint_arrays import read_keypoint_arrays
from mvmocap_core.detection.keypoint_files import KeypointFiles, source_of
from mvmocap_core.errors import InputError
from mvmocap_core.progress import Progress

_FRAMED = ("times_s", "keypoints_2d_px", "confidence", "world_landmarks_m")


@dataclass(frozen=True, slots=True)
class GivenKeypoints:
    """Reads keypoints instead of detecting. sources: files or folder of each video."""

    sources: dict[Path, Path]

    def detect(
        self, video: Path, *, start_s: float | None, end_s: float | None, progress: Progress
    ) -> Detections:
        """Read the frames between start and end. See `Detector`.

        Raises InputError with reason bad_keypoints where a file is not what it should be.
        """
        source = self.sources[video]
        if source.suffix.lower() == ".npz":
            return _part(read_keypoint_arrays(source, video), video, start_s, end_s)
        return KeypointFiles(source).detect(video, start_s=start_s, end_s=end_s, progress=progress)


def find_sources(given: Sequence[str], videos: Sequence[Path]) -> dict[Path, Path]:
    """Which of the given files and folders has each video's keypoints.

    One folder may hold those of all videos, under their names. Raises InputError otherwise, or
    where there is nothing.
    """
    if len(given) not in (1, len(videos)):
        message = f"--keypoints: {len(given)} given for {len(videos)} videos; give one for each."
        raise InputError(message, reason="bad_option")
    each = list(given) * (1 if len(given) == len(videos) else len(videos))
    sources = [source_of(Path(path), video) for path, video in zip(each, videos, strict=True)]
    for source in sources:
        if sources.count(source) > 1:
            message = (
                f"{source} has the keypoints of one video; give a file or folder for each video, "
                "or one folder with a part for each, named like it."
            )
            raise InputError(message, reason="bad_keypoints")
    return dict(zip(videos, sources, strict=True))


def content_of(source: Path) -> str:
    """Hash of all that a source holds. Raises InputError if it cannot be read."""
    digest = hashlib.blake2b(digest_size=16)
    files = sorted(source.glob("*.json")) if source.is_dir() else [source]
    try:
        for file in files:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    except OSError as error:
        message = f"{source}: cannot be read ({error.strerror}); export the keypoints again."
        raise InputError(message, reason="bad_keypoints") from error
    return digest.hexdigest()


def _part(found: Detections, video: Path, start_s: float | None, end_s: float | None) -> Detections:
    chosen = found.times_s >= (-np.inf if start_s is None else start_s)
    chosen &= found.times_s <= (np.inf if end_s is None else end_s)
    if not chosen.any():
        raise InputError(f"{video}: no frame in the chosen part.", reason="empty_range")
    camera = found.camera
    if camera is not None:
        camera = CameraTurns(camera.rotmat[chosen], camera.is_break[chosen], camera.focal_px)
    framed = {f.name: getattr(found, f.name)[chosen] for f in fields(found) if f.name in _FRAMED}
    return replace(found, **framed, camera=camera)
