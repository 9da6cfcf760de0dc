"""Does what a solve does, on a picture and a performance that this package brings: in seconds."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

from mvmocap_core.detection.mediapipe_pose import MediaPipePose
from mvmocap_core.errors import MocapError
from mvmocap_core.geometry.alignment import p_mpjpe
from mvmocap_core.options import SolveOptions
from mvmocap_core.self_test.performance import FPS, HEIGHT_M, perform
from mvmocap_core.solving import solve_tracks

PICTURE = Path(__file__).parent / "performer.jpg"
"""Somebody rendered, head to feet."""

TOLERANCE_M = 0.03

_N_FRAMES = 3
_ASSUMED_FOCAL_35MM = 28.0


def run_self_test() -> dict[str, Any]:
    """Write, read and search a video; solve a performance of known truth.

    Returns for "detect" and "solve": `passed`, `seconds`, and `detail`, a line for a person.
    """
    return {"detect": _run(_detect), "solve": _run(_solve)}


def _run(work: Callable[[], tuple[bool, str]]) -> dict[str, Any]:
    began_s = time.monotonic()
    try:
        passed, detail = work()
    except MocapError as error:
        passed, detail = False, str(error)
    seconds = round(time.monotonic() - began_s, 2)
    return {"passed": passed, "seconds": seconds, "detail": detail}


def _detect() -> tuple[bool, str]:
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as folder:
        video = Path(folder) / "self_test.mp4"
        _write_video(video)
        found = MediaPipePose().detect(video)
    is_seen = np.isfinite(found.keypoints_2d_px).all(axis=(2, 3)).any(axis=1)
    detail = f"the performer was found in {is_seen.sum()} of {_N_FRAMES} frames"
    return len(is_seen) == _N_FRAMES and bool(is_seen.all()), detail


def _solve() -> tuple[bool, str]:
    performance = perform()
    solution = solve_tracks(
        performance.tracks,
        [None, None],
        SolveOptions(height_m=HEIGHT_M),
        fps=FPS,
        focal_35mm=[_ASSUMED_FOCAL_35MM] * 2,
    )
    positions_m = solution.motion.positions_m
    n_frames = min(len(positions_m), len(performance.positions_m))
    error_m = p_mpjpe(positions_m[:n_frames], performance.positions_m[:n_frames])
    detail = f"joints are {1000 * error_m:.1f} mm from the truth, {1000 * TOLERANCE_M:.0f} allowed"
    return bool(error_m < TOLERANCE_M), detail


def _write_video(target: Path) -> None:
    with av.open(str(PICTURE)) as picture:
        frame = next(picture.decode(video=0))
    with av.open(str(target), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=round(FPS))
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
        for index in range(_N_FRAMES):
            image = frame.reformat(format="yuv420p")
            image.pts = index
            container.mux(stream.encode(image))
        container.mux(stream.encode())
