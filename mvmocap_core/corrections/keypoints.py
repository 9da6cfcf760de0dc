"""`TAKE/keypoints.npz`, `keypoints_2.npz`, ...: what the detector found of each performer.

For programs that show and correct it; the first performer's number is 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mvmocap_core.corrections.apply import apply_to_track
from mvmocap_core.corrections.corrections import ViewCorrections
from mvmocap_core.detection.detections import LANDMARK_NAMES, Track
from mvmocap_core.errors import InputError
from mvmocap_core.storage import load_arrays, save_arrays
from mvmocap_core.take_files import own_file

SCHEMA_VERSION = 1
FILE_NAME = "keypoints.npz"


@dataclass(frozen=True, slots=True, eq=False)
class ViewKeypoints:
    """The performer in one video.

    track:   as the detector found it; without `world_landmarks_m` (NaN) when read from a file.
    swapped: (F, 2) bool, where the solver found left and right of the upper, lower body exchanged.
    """

    track: Track
    swapped: np.ndarray

    def corrected(self, corrections: ViewCorrections) -> Track:
        """What the solver is given of this video."""
        return apply_to_track(corrections, self.track, self.swapped)


def save_keypoints(take_folder: Path, views: Sequence[ViewKeypoints], person: int = 0) -> None:
    """Write a performer's keypoints. Raises InputError when they cannot be written."""
    arrays = {
        "schema_version": np.asarray(SCHEMA_VERSION),
        "landmark_names": np.array(LANDMARK_NAMES),
    }
    for number, view in enumerate(views, start=1):
        track = view.track
        arrays |= {
            f"times_s_{number}": track.times_s,
            f"keypoints_2d_px_{number}": track.keypoints_2d_px.astype(np.float32),
            f"confidence_{number}": track.confidence.astype(np.float32),
            f"image_size_{number}": np.asarray(track.image_size),
            f"swapped_{number}": view.swapped,
        }
    save_arrays(own_file(take_folder, FILE_NAME, person), arrays)


def load_keypoints(take_folder: Path, person: int = 0) -> list[ViewKeypoints]:
    """Read a performer's keypoints, a view a video. Raises InputError if they are not there."""
    path = own_file(take_folder, FILE_NAME, person)
    arrays = load_arrays(path)
    if arrays is None or int(arrays.get("schema_version", np.asarray(0))) != SCHEMA_VERSION:
        message = f"{take_folder}: holds no keypoints of this version; solve the videos again."
        raise InputError(message, reason="no_keypoints")
    n_views = sum(name.startswith("swapped_") for name in arrays)
    try:
        return [_view(arrays, number) for number in range(1, n_views + 1)]
    except KeyError as error:
        message = f"{path}: {error} is missing; solve the videos again."
        raise InputError(message, reason="no_keypoints") from error


def _view(arrays: dict[str, np.ndarray], number: int) -> ViewKeypoints:
    keypoints = arrays[f"keypoints_2d_px_{number}"].astype(np.float64)
    track = Track(
        times_s=arrays[f"times_s_{number}"],
        keypoints_2d_px=keypoints,
        confidence=arrays[f"confidence_{number}"].astype(np.float64),
        world_landmarks_m=np.full((*keypoints.shape[:2], 3), np.nan),
        image_size=arrays[f"image_size_{number}"],
    )
    return ViewKeypoints(track, arrays[f"swapped_{number}"])
