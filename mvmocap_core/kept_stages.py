"""The stages after detection whose results a take keeps, and what each depends on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.calibration.given import GivenFacts
from mvmocap_core.detecting import Inputs, JobVideos
from mvmocap_core.detection.detections import Detections, Track
from mvmocap_core.group.clocks import common_timeline
from mvmocap_core.lifting.lifted import Lifted
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.progress import Progress
from mvmocap_core.room.axes import RoomAxes
from mvmocap_core.room.edges import look_at_room
from mvmocap_core.solving import find_cameras, fit_people
from mvmocap_core.stabilisation.steady import CameraMotion
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.take import code_hash
from mvmocap_core.video.audio import read_sound
from mvmocap_core.video.frames import VideoInfo

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Rooms:
    """What the stage "room" keeps: of every video's camera what its background tells."""

    rooms: tuple[RoomAxes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Fits:
    """What the stage "body" keeps: every performer's fitted motion."""

    clips: tuple[MotionClip, ...]


def look_at_rooms(
    files: JobVideos, detections: Sequence[Detections], moved: Sequence[CameraMotion]
) -> tuple[GivenFacts, Inputs]:
    """What is known of the cameras before the performer is looked at."""
    inputs: Inputs = {
        "detections": files.inputs(),
        "code": code_hash("room", "stabilisation", "geometry", "video"),
    }
    found = _kept(
        files,
        "room",
        inputs,
        _Rooms,
        lambda _: _Rooms(tuple(map(look_at_room, files.videos, detections, moved))),
    )
    return replace(files.given, rooms=found.rooms), inputs


def find_clocks(
    files: JobVideos, people: Sequence[Sequence[Track]], matched_s: float | None, edits: Inputs
) -> tuple[Timeline, Inputs]:
    """The time line of everybody's tracks, which the edits shaped. See `common_timeline`."""
    inputs: Inputs = {
        "detections": files.inputs(),
        "offset_s": _as_json(files.given.offset_s),
        **edits,
        "code": code_hash(
            "people", "group", "corrections", "stabilisation", "sync", "geometry", "video"
        ),
    }
    timeline = _kept(
        files,
        "sync",
        inputs,
        Timeline,
        lambda _: common_timeline(
            people,
            lambda: [read_sound(video) for video in files.videos],
            files.given.offset_s,
            matched_s,
        ),
    )
    return timeline, inputs


def calibrate(
    files: JobVideos,
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    infos: Sequence[VideoInfo],
    given: GivenFacts,
    upstream: Inputs,
) -> tuple[Calibration, Inputs]:
    """See `find_cameras`."""
    inputs: Inputs = {
        **upstream,
        "given": [_as_json(v) for v in (given.focal_px, given.K, given.dist, given.T_cam_world)],
        "code": code_hash("calibration", "geometry"),
    }
    calibration = _kept(
        files,
        "calibrate",
        inputs,
        Calibration,
        lambda progress: find_cameras(
            people, timeline, [info.focal_35mm for info in infos], given, progress
        ),
    )
    return calibration, inputs


def fit_bodies(
    files: JobVideos,
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    calibration: Calibration,
    lifted: Sequence[Lifted | None],
    fps: float,
    upstream: Inputs,
) -> Sequence[MotionClip]:
    """See `fit_people`."""
    options = files.options
    inputs: Inputs = {
        "calibrate": upstream,
        "options": [options.height_m, options.fps, options.start_s, options.end_s],
        "lifted": [None if own is None else own.source for own in lifted],
        "code": code_hash("body", "geometry", "motion", "lifting", "lifting.volume"),
    }
    return _kept(
        files,
        "body",
        inputs,
        _Fits,
        lambda told: _Fits(
            tuple(fit_people(people, timeline, calibration, lifted, options, fps, told))
        ),
    ).clips


def _kept(
    files: JobVideos,
    stage: str,
    inputs: Inputs,
    cls: type[T],
    compute: Callable[[Progress], T],
) -> T:
    def work(progress: Progress) -> T:
        stored = files.take.load(stage, inputs, cls)
        if stored is not None:
            files.stages.note_reused(stage)
            return stored
        result = compute(progress)
        files.take.store(stage, inputs, result)
        return result

    return files.stages.run(stage, work)


def _as_json(values: np.ndarray) -> list[float | None]:
    """Numbers of a stage's key; JSON has no NaN."""
    return [float(value) if np.isfinite(value) else None for value in values.ravel()]
