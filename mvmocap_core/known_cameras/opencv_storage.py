"""Calibrations that OpenCV's FileStorage wrote: YAML and XML."""

from pathlib import Path

import cv2
import numpy as np

from mvmocap_core.known_cameras.camera import KnownCamera, bad_calibration, camera_from, rigid

_MATRIX = ("camera_matrix", "Camera_Matrix", "cameraMatrix", "K", "mtx")
_DISTORTION = ("distortion_coefficients", "Distortion_Coefficients", "distCoeffs", "D", "dist")
_ROTATION = ("R", "rotation", "rvec")
_TRANSLATION = ("T", "t", "translation", "tvec")


def is_opencv(text: str) -> bool:
    """Whether the text is a file of OpenCV's."""
    return text.startswith("%YAML") or "<opencv_storage" in text[:2000]


def read_opencv(text: str, path: Path) -> list[KnownCamera]:
    """One camera, or the pair of a stereo calibration (M1, D1, M2, D2, R, T).

    Raises InputError where the file is not what it should be.
    """
    try:
        flags = cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY
        storage = cv2.FileStorage(text, flags)
    except (cv2.error, SystemError) as error:  # the second: raised within the constructor
        bad_calibration(path, f"is not a readable file of OpenCV's ({error})")
    try:
        return _cameras(storage, path.stem)
    except (ValueError, cv2.error) as error:
        bad_calibration(path, str(error))
    finally:
        storage.release()


def _cameras(storage: cv2.FileStorage, name: str) -> list[KnownCamera]:
    size = _image_size(storage)
    if _matrix(storage, ("M1",)) is None:
        pose = _pose(storage)
        return [_camera(storage, name, (_MATRIX, _DISTORTION), size, pose)]
    second = _pose(storage)
    poses = (None, None) if second is None else (np.eye(4), second)
    return [
        _camera(storage, f"{name}_{k}", ((f"M{k}",), (f"D{k}",)), size, pose)
        for k, pose in enumerate(poses, start=1)
    ]


def _camera(
    storage: cv2.FileStorage,
    name: str,
    keys: tuple[tuple[str, ...], tuple[str, ...]],
    size: np.ndarray,
    pose: np.ndarray | None,
) -> KnownCamera:
    K, distortion = (_matrix(storage, names) for names in keys)
    if K is None:
        raise ValueError(f"has no {keys[0][0]}")
    return camera_from(name, K, np.zeros(4) if distortion is None else distortion, size, pose)


def _pose(storage: cv2.FileStorage) -> np.ndarray | None:
    R, t = _matrix(storage, _ROTATION), _matrix(storage, _TRANSLATION)
    return None if R is None or t is None else rigid(R, t)


def _image_size(storage: cv2.FileStorage) -> np.ndarray:
    """(2,), NaN where the file does not say."""
    size = np.full(2, np.nan)
    for index, names in enumerate(
        (("image_width", "image_Width"), ("image_height", "image_Height"))
    ):
        for name in names:
            node = storage.getNode(name)
            if not node.empty() and (node.isInt() or node.isReal()) and node.real() > 0:
                size[index] = node.real()
    return size


def _matrix(storage: cv2.FileStorage, names: tuple[str, ...]) -> np.ndarray | None:
    for name in names:
        node = storage.getNode(name)
        if not node.empty() and node.isMap():
            return np.asarray(node.mat(), dtype=float)
    return None
