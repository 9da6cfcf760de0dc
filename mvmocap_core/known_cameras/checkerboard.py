"""A phone's lens from a video of a checkerboard (Zhang 2000, as OpenCV implements it)."""

from pathlib import Path

import cv2
import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.known_cameras.camera import KnownCamera, camera_from
from mvmocap_core.progress import Progress, silent
from mvmocap_core.video.frames import iter_frames, probe_video

MIN_VIEWS = 8
MAX_VIEWS = 40
MAX_RMS = 0.002
"""Of the image's longer side: more is a bent board, a rolling shutter or another number of
corners."""
_MIN_TILT_DEG = 8.0
_STEP_S = 0.25
_SEARCH_PX = 960.0
_MIN_MOVE = 0.02
"""Of the image's longer side: a board that moved less since the last view tells nothing new."""


def measure_lens(
    video: Path, board: tuple[int, int], *, progress: Progress = silent
) -> KnownCamera:
    """K and distortion from a checkerboard with `board` inner corners, columns and rows.

    Raises InputError with reason bad_checkerboard where the video does not show it well enough.
    """
    info = probe_video(video)
    views: list[np.ndarray] = []
    next_s = 0.0
    for frame in iter_frames(video):
        if frame.time_s < next_s:
            continue
        next_s = frame.time_s + _STEP_S
        progress(min(frame.time_s / info.duration_s, 1.0), f"Looking for the board in {video.name}")
        corners = _corners(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY), board)
        if corners is not None and _is_new(corners, views, max(info.image_size)):
            views.append(corners)
    if len(views) < MIN_VIEWS:
        raise _bad(
            video,
            f"a board of {board[0]} x {board[1]} inner corners is seen in {len(views)} places, "
            f"{MIN_VIEWS} are needed; move it about slowly and give its size with --board",
        )
    chosen = np.linspace(0, len(views) - 1, min(len(views), MAX_VIEWS)).round().astype(int)
    return _lens(video, board, [views[i] for i in chosen], info.image_size)


def _corners(grey: np.ndarray, board: tuple[int, int]) -> np.ndarray | None:
    """(N, 2) corners by OpenCV's count of pixels; None where the whole board is not seen."""
    scale = min(1.0, _SEARCH_PX / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    flags = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_FAST_CHECK
    is_found, corners = cv2.findChessboardCorners(small, board, flags=flags)
    if not is_found:
        return None
    corners = ((corners + 0.5) / scale - 0.5).astype(np.float32).copy()
    spacing = float(np.linalg.norm(np.diff(corners[:, 0], axis=0), axis=1).min())
    reach = int(np.clip(0.3 * spacing, 2, 15))
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 30, 0.01)
    return cv2.cornerSubPix(grey, corners, (reach, reach), (-1, -1), criteria)[:, 0]


def _is_new(corners: np.ndarray, views: list[np.ndarray], side_px: float) -> bool:
    if not views:
        return True
    return float(np.linalg.norm(corners - views[-1], axis=1).mean()) > _MIN_MOVE * side_px


def _lens(
    video: Path, board: tuple[int, int], views: list[np.ndarray], size: tuple[int, int]
) -> KnownCamera:
    columns, rows = np.meshgrid(np.arange(board[0]), np.arange(board[1]))
    plane = np.stack([columns, rows, np.zeros_like(rows)], axis=-1).reshape(-1, 3)
    points = [plane.astype(np.float32)] * len(views)
    flags = cv2.CALIB_FIX_ASPECT_RATIO | cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_K3
    K = np.array([[1.0, 0.0, size[0] / 2.0], [0.0, 1.0, size[1] / 2.0], [0.0, 0.0, 1.0]])
    rms_px, K, distortion, turns, _ = cv2.calibrateCamera(
        points, views, size, K, np.zeros(5), flags=flags
    )
    if rms_px > MAX_RMS * max(size):
        raise _bad(
            video,
            f"the board's corners miss a lens's picture by {rms_px:.1f} px; use a "
            "flat, stiff board, and give its inner corners with --board",
        )
    tilt = [float(np.degrees(np.arccos(abs(cv2.Rodrigues(turn)[0][2, 2])))) for turn in turns]
    if np.percentile(tilt, 75) < _MIN_TILT_DEG:
        raise _bad(video, "the board always faces the phone; tilt it to all sides")
    try:
        return camera_from(video.stem, K, distortion[..., :5].ravel(), np.array(size, float), None)
    except ValueError as error:
        raise _bad(video, f"no lens fits: {error}; fill the picture with the board") from error


def _bad(video: Path, problem: str) -> InputError:
    return InputError(f"{video}: {problem}.", reason="bad_checkerboard")
