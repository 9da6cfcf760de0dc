"""Keypoints in a NumPy file: what `mvmocap detect` keeps, or anything with the same arrays."""

from pathlib import Path
from typing import NoReturn

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES, Detections
from mvmocap_core.errors import InputError
from mvmocap_core.storage import from_arrays, load_arrays
from mvmocap_core.video.frames import VideoInfo, frame_times_s, probe_video

_N_LANDMARKS = len(LANDMARK_NAMES)
_SAME_END_S = 0.1
_LENGTHS = {"keypoints_2d_px": 2, "confidence": None, "world_landmarks_m": 3}


def read_keypoint_arrays(file: Path, video: Path) -> Detections:
    """Read an npz of a video's keypoints; docs/formats.md lists its arrays.

    Raises InputError with reason bad_keypoints where it is not what it should be.
    """
    arrays = load_arrays(file)
    if arrays is None:
        _fail(file, "is not a whole NumPy .npz file")
    if "keypoints_2d_px" not in arrays:
        _fail(file, 'lacks "keypoints_2d_px"')
    arrays.pop("appearance", None)  # of other pictures, as far as anybody knows
    for name in _LENGTHS.keys() & arrays.keys():
        arrays[name] = _people(file, arrays, name)
    keypoints = arrays["keypoints_2d_px"]
    info = probe_video(video)
    seen = np.isfinite(keypoints).all(axis=-1)
    arrays.setdefault("confidence", seen.astype(float))
    arrays.setdefault("world_landmarks_m", np.full((*seen.shape, 3), np.nan))
    arrays["times_s"] = _times_s(file, arrays, info, len(keypoints))
    arrays["image_size"] = _image_size(file, arrays, info)
    _check_camera(file, arrays, len(keypoints))
    shapes = {arrays[name].shape[:3] for name in _LENGTHS}
    if shapes != {seen.shape}:
        _fail(file, "has arrays of different numbers of frames or people")
    arrays["confidence"] = np.where(seen, np.clip(arrays["confidence"], 0.0, 1.0), 0.0)
    arrays["keypoints_2d_px"] = np.where(arrays["confidence"][..., None] > 0, keypoints, np.nan)
    return from_arrays(Detections, arrays)


def _people(file: Path, arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    """(F, P, 33, ...) of numbers; the people's axis may be left out for one."""
    values, length = arrays[name], _LENGTHS[name]
    tail = (_N_LANDMARKS,) if length is None else (_N_LANDMARKS, length)
    if values.dtype.kind not in "fiu" or values.shape[-len(tail) :] != tail:
        _fail(file, f'has "{name}" of shape {values.shape}; it must end in {tail}')
    if values.ndim == 1 + len(tail):
        values = values[:, None]
    if values.ndim != 2 + len(tail) or 0 in values.shape:
        _fail(file, f'has "{name}" of shape {arrays[name].shape}; its axes are frames, people, ...')
    if np.isinf(values).any() or (name == "confidence" and np.isnan(values).any()):
        _fail(file, f'has a number in "{name}" that is not finite')
    return values.astype(float)


def _times_s(
    file: Path, arrays: dict[str, np.ndarray], info: VideoInfo, n_frames: int
) -> np.ndarray:
    if "times_s" not in arrays:
        times_s = frame_times_s(info.path)
        if len(times_s) != n_frames:
            _fail(file, f"has {n_frames} frames, the video has {len(times_s)}; or give times_s")
        return times_s
    times_s = arrays["times_s"].astype(float) if arrays["times_s"].dtype.kind in "fiu" else None
    if times_s is None or times_s.shape != (n_frames,) or not np.isfinite(times_s).all():
        _fail(file, 'needs a number in "times_s" for each frame')
    if (np.diff(times_s) <= 0.0).any() or times_s[0] < 0.0:
        _fail(file, 'has "times_s" that do not rise from the video\'s first frame')
    if times_s[-1] > info.duration_s + _SAME_END_S:
        _fail(file, f"ends at {times_s[-1]:.2f} s, the video at {info.duration_s:.2f} s")
    return times_s


def _check_camera(file: Path, arrays: dict[str, np.ndarray], n_frames: int) -> None:
    shapes = {"rotmat": (n_frames, 3, 3), "is_break": (n_frames,), "focal_px": ()}
    found = {name: arrays.get(f"camera.{name}") for name in shapes}
    if all(value is None for value in found.values()):
        return
    for name, value in found.items():
        if value is None or value.shape != shapes[name] or value.dtype.kind not in "fiub":
            _fail(file, f'lacks "camera.{name}" of shape {shapes[name]}')


def _image_size(file: Path, arrays: dict[str, np.ndarray], info: VideoInfo) -> np.ndarray:
    size = arrays.get("image_size", np.array(info.image_size))
    if size.shape != (2,) or tuple(size.tolist()) != info.image_size:
        wanted = "x".join(map(str, info.image_size))
        _fail(file, f"is of images of {size.tolist()} pixels, the video's are {wanted}")
    return size


def _fail(path: Path, problem: str) -> NoReturn:
    raise InputError(f"{path} {problem}; export the keypoints again.", reason="bad_keypoints")
