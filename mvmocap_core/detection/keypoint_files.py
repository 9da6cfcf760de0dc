"""Keypoints that another program found: OpenPose, Pose2Sim and COCO JSON files."""

import json
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES, Detections
from mvmocap_core.detection.keypoint_formats import FORMATS, to_landmarks
from mvmocap_core.errors import InputError
from mvmocap_core.progress import Progress, silent
from mvmocap_core.video.frames import frame_times_s, probe_video

MAX_PEOPLE = 8
"""In one frame; the most confident ones are kept."""

MIN_COVERAGE = 0.9
"""Share of the video's frames up to which files must reach; fewer belong to another video."""

_NUMBER = re.compile(r"(\d+)(?:_keypoints)?$")
_LABELLED_VISIBILITY = {0.0: 0.0, 1.0: 0.5, 2.0: 1.0}  # COCO's: not labelled, hidden, visible

People = list[np.ndarray]  # each (33, 3): x, y, confidence
Frames = dict[int, People]


@dataclass(frozen=True, slots=True)
class KeypointFiles:
    """Reads keypoints instead of detecting.

    path: a folder with one OpenPose-like JSON file for each frame (BODY_25, COCO_18, HALPE_26 or
          33 landmarks), or one COCO JSON file (image_id is the frame's number, from 0); or a
          folder that has such a folder or file for each video, named after it (`A`, `A_json`,
          `A.json` for A.mp4).
    fps:  rate of the keypoints; None takes the times of the video's own frames.
    """

    path: Path
    fps: float | None = None

    def detect(
        self,
        video: Path,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        progress: Progress = silent,
    ) -> Detections:
        """Read the frames between start and end. See `Detector`.

        Raises InputError with reason bad_keypoints where a file is not what it should be.
        """
        source = source_of(self.path, video)
        progress(0.0, f"Reading keypoints of {video.name}")
        frames = _read_coco(source) if source.is_file() else _read_folder(source)
        times_s = _frame_times(video, self.fps, frames)
        frames = _numbered_from_zero(frames, len(times_s), source)
        chosen = np.flatnonzero(
            (times_s >= (-math.inf if start_s is None else start_s))
            & (times_s <= (math.inf if end_s is None else end_s))
        )
        if chosen.size == 0:
            raise InputError(f"{video}: no frame in the chosen part.", reason="empty_range")
        progress(1.0, f"Read keypoints of {video.name}")
        image_size = np.array(probe_video(video).image_size)
        return _detections([frames.get(int(i), []) for i in chosen], times_s[chosen], image_size)


def _detections(rows: list[People], times_s: np.ndarray, image_size: np.ndarray) -> Detections:
    n_people = max(1, min(MAX_PEOPLE, max(map(len, rows))))
    shape = (len(rows), n_people, len(LANDMARK_NAMES))
    values = np.full((*shape, 3), np.nan)
    for row, people in zip(values, rows, strict=True):
        best = sorted(people, key=lambda person: -float(person[:, 2].sum()))[:n_people]
        for slot, person in enumerate(best):
            row[slot] = person
    confidence = np.clip(np.nan_to_num(values[..., 2], nan=0.0), 0.0, 1.0)
    return Detections(
        times_s=times_s,
        keypoints_2d_px=np.where(confidence[..., None] > 0, values[..., :2], np.nan),
        confidence=confidence,
        world_landmarks_m=np.full((*shape, 3), np.nan),
        image_size=image_size,
    )


def source_of(path: Path, video: Path) -> Path:
    """The file or folder of a video's keypoints in a folder of several videos', or `path` itself.

    Raises InputError where there is nothing.
    """
    if path.is_file():
        return path
    for name in (
        video.stem,
        f"{video.stem}_json",
        f"{video.stem}.json",
        f"{video.stem}.npz",
    ):
        if (path / name).exists():
            return path / name
    if path.is_dir():
        return path
    raise InputError(f"{path}: no such file or folder of keypoints.", reason="missing_file")


def _frame_times(video: Path, fps: float | None, frames: Frames) -> np.ndarray:
    if fps is None:
        return frame_times_s(video)
    return np.arange(max(frames, default=-1) + 1) / fps


def _numbered_from_zero(frames: Frames, n_frames: int, source: Path) -> Frames:
    """Check that the numbers fit the video. Some programs count from 1."""
    if not frames:
        _fail(source, "holds no keypoints")
    if min(frames) == 1 and max(frames) == n_frames:
        frames = {number - 1: people for number, people in frames.items()}
    if max(frames) >= n_frames or max(frames) + 1 < MIN_COVERAGE * n_frames:
        _fail(
            source,
            f"has keypoints up to frame {max(frames)}, the video has {n_frames} frames; "
            "they belong to another video or another part of it",
        )
    return frames


def _read_folder(folder: Path) -> Frames:
    """Read one OpenPose-like file for each frame; the number in the name counts frames."""
    frames: Frames = {}
    for file in sorted(folder.glob("*.json")):
        match = _NUMBER.search(file.stem)
        if match is None:
            _fail(file, "has no frame number at the end of its name")
        number = int(match[1])
        if number in frames:
            _fail(file, f"is the second file for frame {number}")
        content = _read_json(file)
        if not isinstance(content, dict):
            _fail(file, 'is not an OpenPose file: no "people"')
        people = cast("dict[str, Any]", content).get("people")
        if not isinstance(people, list):
            _fail(file, 'is not an OpenPose file: no "people"')
        frames[number] = [
            _person(file, _field(file, person, "pose_keypoints_2d"))
            for person in cast("list[Any]", people)
        ]
    return frames


def _read_coco(file: Path) -> Frames:
    """Read a COCO result list, or a COCO data set with annotations."""
    content = _read_json(file)
    is_labelled = isinstance(content, dict)
    entries = _field(file, content, "annotations") if is_labelled else content
    if not isinstance(entries, list):
        _fail(file, "is not a COCO keypoint file")
    frames: defaultdict[int, People] = defaultdict(list)
    for entry in cast("list[Any]", entries):
        number = _field(file, entry, "image_id")
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            _fail(file, f"has image_id {number!r}; it must be the frame's number")
        person = _person(file, _field(file, entry, "keypoints"))
        if is_labelled and set(np.unique(person[:, 2])) <= set(_LABELLED_VISIBILITY):
            person[:, 2] /= max(_LABELLED_VISIBILITY)
        frames[number].append(person)
    return dict(frames)


def _read_json(file: Path) -> object:
    def reject(name: str) -> NoReturn:
        _fail(file, f"holds {name}, which is not a number")

    try:
        return json.loads(file.read_bytes(), parse_constant=reject)
    except (ValueError, RecursionError) as error:
        _fail(file, f"is not readable JSON ({error})")
    except OSError as error:
        _fail(file, f"cannot be read ({error.strerror})")


def _field(file: Path, entry: object, name: str) -> Any:
    if not isinstance(entry, dict) or name not in entry:
        _fail(file, f'lacks "{name}"')
    return cast("dict[str, Any]", entry)[name]


def _person(file: Path, values: object) -> np.ndarray:
    """(33, 3) x, y, confidence from a flat list of triples of a known number of points."""
    if not isinstance(values, list):
        _fail(file, "has keypoints that are not a list")
    numbers = cast("list[Any]", values)
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in numbers):
        _fail(file, "has a keypoint that is not a number")
    if len(numbers) % 3 or len(numbers) // 3 not in FORMATS:
        known = ", ".join(map(str, sorted(FORMATS)))
        _fail(file, f"has {len(numbers)} values a person; known are 3 times {known}")
    try:
        points = np.array(numbers, dtype=float).reshape(-1, 3)
    except OverflowError:
        points = np.array([[math.inf] * 3])
    if not np.isfinite(points).all():
        _fail(file, "holds a number that is not finite")
    return to_landmarks(points)


def _fail(path: Path, problem: str) -> NoReturn:
    raise InputError(f"{path} {problem}; export the keypoints again.", reason="bad_keypoints")
