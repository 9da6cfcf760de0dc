"""What the user says of cameras and clocks, gathered from options and files."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mvmocap_core.calibration.given import GivenFacts, nothing_given
from mvmocap_core.known_cameras.camera import KnownCamera, for_size
from mvmocap_core.known_cameras.files import cameras_of_videos
from mvmocap_core.options import SolveOptions, check_counts
from mvmocap_core.video.frames import VideoInfo

FULL_FRAME_WIDTH_MM = 36.0


def gather_facts(
    options: SolveOptions,
    infos: Sequence[VideoInfo],
    measure: Callable[[Path], KnownCamera],
) -> GivenFacts:
    """All that the options say about the videos of `infos`.

    measure: gives the lens that filmed a checkerboard.

    Raises InputError where there are not as many facts as videos, or a file cannot be used.
    """
    check_counts(options, len(infos))
    facts = nothing_given(len(infos))
    if options.offset_s is not None:
        facts = replace(facts, offset_s=np.array([0.0, *map(_number, options.offset_s)]))
    sizes = [info.image_size for info in infos]
    if options.focal_35mm is not None:
        given = options.focal_35mm * (len(infos) if len(options.focal_35mm) == 1 else 1)
        longer_px = np.array([max(size) for size in sizes], dtype=float)
        focal_mm = np.array([_number(value) for value in given])
        facts = replace(facts, focal_px=focal_mm / FULL_FRAME_WIDTH_MM * longer_px)
    if options.calibration:
        files = [Path(path) for path in options.calibration]
        cameras = cameras_of_videos(files, [info.path for info in infos], sizes)
        return _with_cameras(facts, cameras)
    if options.checkerboard:
        boards = [Path(path) for path in options.checkerboard]
        return _with_cameras(
            facts,
            [
                for_size(measure(board), np.array(size, dtype=float), board)
                for board, size in zip(boards, sizes, strict=True)
            ],
        )
    return facts


def _with_cameras(facts: GivenFacts, cameras: Sequence[KnownCamera]) -> GivenFacts:
    facts = replace(
        facts,
        K=np.stack([camera.K for camera in cameras]),
        dist=np.stack([camera.dist for camera in cameras]),
    )
    poses = [camera.T_cam_world for camera in cameras if camera.T_cam_world is not None]
    return replace(facts, T_cam_world=np.stack(poses)) if len(poses) == len(cameras) else facts


def _number(value: float | None) -> float:
    return np.nan if value is None else value
