"""What a minute of several people costs, over a minute of one.

Composed videos (see `benchmarks.duets`) are detected once through; further frames take as long as
these on average, and the network starts once. Then what was found is played there and back for a
minute, told apart and solved. Because the moments return, movement fits at many offsets of the
clocks, and chance would decide how many of them a solve tries: the true one is given.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.duets import Duet, compose, filmed, found
from benchmarks.tables import show
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.detection.detections import Detections
from mvmocap_core.detection.mediapipe_pose import MediaPipePose
from mvmocap_core.group.performers import Performers, find_performers
from mvmocap_core.options import SolveOptions
from mvmocap_core.people.tracks import select_performer
from mvmocap_core.solving import solve_people
from mvmocap_core.stabilisation.steady import find_camera_motion

EXPLANATION = """
The walk of a rendered clip is composed into videos of one, two and three people (see
`benchmarks/people_time.py`). Seconds are the processor's, of a minute of video in two views, whose
clocks are known; *over one* is the whole over that of one person.
"""
PEOPLE = (1, 2, 3)
HEAD = ("people", "all found %", "solved", "detect s", "solve s", "whole s", "over one")
_FPS = 30.0
_MINUTE = 1800
_OFFSET_S = 0.0
"""Of the second view's clock: the composed views are of the same moments."""


def measure(clip: Path, people: int) -> dict[str, Any]:
    """Processor seconds for a minute of so many people, in two views."""
    duets = [compose(clip, view, people=people) for view in range(2)]
    views, detect_s = zip(*(_detected_minute(duet, people) for duet in duets), strict=True)
    is_found = [found(view, duet.boxes_px) for view, duet in zip(views, duets, strict=True)]
    minute = [_there_and_back(view) for view in views]
    start_s = time.process_time()
    performers = _performers(minute, people)
    solution = solve_people(
        performers.people,
        (None, None),
        SolveOptions(people=people),
        fps=_FPS,
        focal_35mm=(None, None),
        given=replace(nothing_given(2), offset_s=np.array([0.0, _OFFSET_S])),
        matched_s=performers.offset_s,
    )
    return {
        "people": people,
        "found": float(np.mean([each.all(axis=1).mean() for each in is_found])),
        "solved": len(solution.motions),
        "detect_s": sum(detect_s),
        "solve_s": time.process_time() - start_s,
    }


def _detected_minute(duet: Duet, people: int) -> tuple[Detections, float]:
    """What is found in a composed video, and the processor seconds of a minute like it."""
    detector = MediaPipePose(people=people)
    with filmed(duet) as video:
        detector.detect(video, end_s=0.0)  # loads MediaPipe, which no second run does again
        _, start_s = _timed(lambda: detector.detect(video, end_s=0.0))
        detections, whole_s = _timed(lambda: detector.detect(video))
    frame_s = (whole_s - start_s) / (len(duet.frames) - 1)
    return detections, start_s + (_MINUTE - 1) * frame_s


def _timed(work: Callable[[], Detections]) -> tuple[Detections, float]:
    """What it gives, and the processor seconds that it took."""
    start_s = time.process_time()
    return work(), time.process_time() - start_s


def _performers(views: Sequence[Detections], people: int) -> Performers:
    """As the command does."""
    if people == 1:
        return Performers([[select_performer(view) for view in views]], None)
    moved = [find_camera_motion(view) for view in views]
    return find_performers(views, moved, people, offsets_s=[_OFFSET_S])


def _there_and_back(found: Detections) -> Detections:
    """The composed moments run forward and back: so they can follow themselves for a minute."""
    rows = np.resize(np.arange(len(found.times_s)), _MINUTE)
    appearance = found.appearance
    return replace(
        found,
        times_s=np.arange(_MINUTE) / _FPS,
        keypoints_2d_px=found.keypoints_2d_px[rows],
        confidence=found.confidence[rows],
        world_landmarks_m=found.world_landmarks_m[rows],
        camera=None,
        appearance=None if appearance is None else appearance[rows],
    )


def rows(results: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Below `HEAD`; the first result is of one."""
    whole_s = [result["detect_s"] + result["solve_s"] for result in results]
    return [
        [
            str(result["people"]),
            show(100.0 * result["found"], 0),
            str(result["solved"]),
            show(result["detect_s"], 0),
            show(result["solve_s"], 0),
            show(seconds, 0),
            show(seconds / whole_s[0], 2),
        ]
        for result, seconds in zip(results, whole_s, strict=True)
    ]
