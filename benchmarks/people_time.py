"""What a minute of several people costs, over a minute of one.

Composed videos (see `benchmarks.duets`) are detected once through; a minute takes so many times as
much. Then what was found is played there and back for a minute, told apart and solved.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.duets import compose, detected, found
from benchmarks.tables import show
from mvmocap_core.detection.detections import Detections
from mvmocap_core.group.performers import Performers, find_performers
from mvmocap_core.options import SolveOptions
from mvmocap_core.people.tracks import select_performer
from mvmocap_core.solving import solve_people
from mvmocap_core.stabilisation.steady import find_camera_motion

PEOPLE = (1, 2, 3)
HEAD = ("people", "all found %", "solved", "detect s", "solve s", "whole s", "over one")
_FPS = 30.0
_MINUTE = 1800


def measure(clip: Path, people: int) -> dict[str, Any]:
    """Processor seconds for a minute of so many people, in two views."""
    duets = [compose(clip, view, people=people) for view in range(2)]
    start_s = time.process_time()
    views = [detected(duet, people) for duet in duets]
    detect_s = (time.process_time() - start_s) * _MINUTE / len(duets[0].frames)
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
        matched_s=performers.offset_s,
    )
    return {
        "people": people,
        "found": float(np.mean([each.all(axis=1).mean() for each in is_found])),
        "solved": len(solution.motions),
        "detect_s": detect_s,
        "solve_s": time.process_time() - start_s,
    }


def _performers(views: Sequence[Detections], people: int) -> Performers:
    """As the command does."""
    if people == 1:
        return Performers([[select_performer(view) for view in views]], None)
    return find_performers(views, [find_camera_motion(view) for view in views], people)


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
