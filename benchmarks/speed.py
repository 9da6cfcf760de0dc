"""`./run bench speed`: seconds and peak memory by stage, and how both grow with length.

Every figure is measured in a fresh process, so that its peak memory is its own.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.arguments import bench_parser, section_head
from benchmarks.clips import detected_track
from benchmarks.kept import code_key, kept, measured_apart
from benchmarks.long_takes import long_track, long_video
from benchmarks.motion_capture import SHARED_DATA
from benchmarks.tables import (
    RESULTS,
    machine,
    markdown_table,
    show,
    text_table,
    write_section,
)
from mvmocap_core.detection.mediapipe_pose import MediaPipePose
from mvmocap_core.detection.parallel import detect_videos
from mvmocap_core.options import SolveOptions
from mvmocap_core.people.tracks import select_performer
from mvmocap_core.solving import solve_tracks
from mvmocap_core.stages import STAGE_SHARES
from mvmocap_core.video.frames import iter_frames

CLIP, FPS = "charleston", 30.0
QUICK_LENGTHS = {
    "decode": (10.0, 60.0),
    "infer": (10.0,),
    "detect": (10.0,),
    "solve": (10.0, 60.0),
    "adapt": (60.0,),
}
LENGTHS = {
    "decode": (10.0, 60.0, 300.0),
    "infer": (10.0,),
    "detect": (10.0, 60.0, 300.0),
    "solve": (10.0, 30.0, 60.0, 120.0, 300.0),
    "adapt": (60.0,),
}
WORK_NAMES = {
    "decode": "decode one video (floor)",
    "infer": "decode and detect one video, one process (floor)",
    "detect": "detect both videos, a process each",
    "solve": "solve from detections",
    "adapt": "the same with a network that the take trains (`--method consistency`)",
}
SOLVED_STAGES = ("sync", "calibrate", "lift", "body", "clean")
HEAD = (
    "work", "video s", "frames", "seconds", "frames/s", "x length", "peak MiB",
    *(f"{stage} s" for stage in SOLVED_STAGES),
)  # fmt: skip
EXPLANATION = """
Two views of 640 x 480 at 30 frames a second, a rendered clip played there and back. *frames*
counts the moments of a take (each is two pictures where there are two videos); *x length* is
seconds of work for a second of video; *peak MiB* is the largest resident memory of the process
that worked, without the detector's children, whose largest one counts in its own row. *lift* is
what single views say, and putting it right by the take; training a network on the take, in the last
row, which uses a GPU where PyTorch finds one. Baking is timed by `./run bench rigs`.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("speed", __doc__, "short takes, under 5 minutes")
    parser.add_argument("--one", nargs=2, metavar=("WORK", "SECONDS"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one is not None:
        work, length_s = options.one
        print(json.dumps(_measure(work, float(length_s))))
        return 0
    rows = []
    for work, lengths in (QUICK_LENGTHS if options.quick else LENGTHS).items():
        for length_s in lengths:
            rows.append(_cells(work, length_s, _result(work, length_s, options.again)))
            print("  " + "  ".join(rows[-1]), file=sys.stderr, flush=True)
    print(text_table(HEAD, rows))
    if options.write_docs:
        head = section_head("Speed", "speed", options.quick)
        write_section("speed", f"{head}\n{EXPLANATION}\n{markdown_table(HEAD, rows)}")
    return 0


def _videos() -> list[Path]:
    return [SHARED_DATA / "synth" / CLIP / f"{view}.mp4" for view in "ab"]


def _measure(work: str, length_s: float) -> dict[str, Any]:
    """Do one piece of work in this process."""
    jobs: dict[str, Callable[[float], dict[str, float]]] = {
        "decode": _decode,
        "infer": _infer,
        "detect": _detect,
        "solve": _solve,
        "adapt": partial(_solve, method="consistency"),
    }
    stages_s = jobs[work](length_s)
    children = work == "detect"
    peak_kib = max(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if children else 0,
    )
    return {
        "seconds": sum(stages_s.values()),
        "stages_s": stages_s,
        "frames": int(length_s * FPS),
        "peak_mib": peak_kib / 1024.0,
    }


def _decode(length_s: float) -> dict[str, float]:
    video = long_video(_videos()[0], length_s)
    start = time.perf_counter()
    for _ in iter_frames(video):
        pass
    return {"decode": time.perf_counter() - start}


def _infer(length_s: float) -> dict[str, float]:
    video = long_video(_videos()[0], length_s)
    start = time.perf_counter()
    MediaPipePose(model="heavy").detect(video)
    return {"infer": time.perf_counter() - start}


def _detect(length_s: float) -> dict[str, float]:
    videos = [long_video(video, length_s) for video in _videos()]
    start = time.perf_counter()
    for detections in detect_videos(videos, detector=MediaPipePose(model="heavy")):
        select_performer(detections)
    return {"detect": time.perf_counter() - start}


def _solve(length_s: float, method: str = "auto") -> dict[str, float]:
    tracks = [long_track(detected_track(video), length_s, FPS) for video in _videos()]
    clock = StageClock()
    options = SolveOptions(method=method)
    solve_tracks(tracks, (None, None), options, fps=FPS, focal_35mm=(None, None), progress=clock)
    return clock.seconds


class StageClock:
    """Progress that times the stages: each is told by its name when it begins and when it ends."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun: dict[str, float] = {}

    def __call__(self, fraction: float, message: str) -> None:
        """Hear of a stage's begin or end, or of something in between."""
        if message in self._begun:
            self.seconds[message] = time.perf_counter() - self._begun[message]
        elif message in STAGE_SHARES:
            self._begun[message] = time.perf_counter()


def _result(work: str, length_s: float, again: bool) -> dict[str, Any]:
    """A measurement, from an earlier run of the same code where there is one."""
    key = code_key("mvmocap_core", "benchmarks/speed.py", salt=machine())
    path = RESULTS / "speed" / f"{work}-{length_s:g}s-{key}.json"
    try:
        return kept(
            path, lambda: measured_apart("speed", "--one", work, str(length_s)), again=again
        )
    except ChildProcessError as error:
        return {"failed": str(error)}


def _cells(work: str, length_s: float, result: dict[str, Any]) -> list[str]:
    name = WORK_NAMES[work]
    if "failed" in result:
        return [f"{name}: failed: {result['failed']}", show(length_s, 0), *[""] * (len(HEAD) - 2)]
    seconds, stages_s = result["seconds"], result["stages_s"]
    return [
        name,
        show(length_s, 0),
        str(result["frames"]),
        show(seconds),
        show(result["frames"] / seconds),
        show(seconds / length_s, 2),
        show(result["peak_mib"], 0),
        *(show(stages_s.get(stage)) for stage in SOLVED_STAGES),
    ]
