"""The result of a solve: one person's motion, and the cameras that saw it."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from mvmocap_core.errors import InputError

SCHEMA_VERSION = 1
_OPTIONAL = "T_cam_world_frames"
FRAMED = (
    "times_s", "positions_m", "rotations_quat_wxyz", "error_m", "confidence", "contacts",
    "landmarks_m",
)  # fmt: skip
"""Fields whose first axis is the frames."""


@dataclass(frozen=True, slots=True, eq=False)
class MotionClip:
    """F frames, J joints, L landmarks, V videos. Metres, right-handed, Z up, floor at 0.

    The origin is on the floor under the pelvis at the first solved frame; there the performer
    faces -Y and left is +X. Clock zero is the first video's first frame.

    fps:                scalar, frames a second; times_s: (F,) seconds.
    joint_names:        (J,) str; joint_parents: (J,) int, -1 for the pelvis.
    positions_m:        (F, J, 3) world.
    rotations_quat_wxyz:(F, J, 4) local: R_j = R_parent q_j; the pelvis's is in the world.
                        Identity everywhere is a T-pose facing -Y.
    rest_offsets_m:     (J, 3): p_j = p_parent + R_parent rest_offset_j; 0 for the pelvis.
    error_m:            (F, J) radius that holds the truth with 68 % probability.
    confidence:         (F, J) in [0, 1].
    contacts:           (F, 2, 2) bool: left/right foot, heel/toe on the floor.
    landmark_names:     (L,) str; landmarks_m: (F, L, 3) world, NaN where not solved.
    K:                  (V, 3, 3) pixels; dist: (V, 4) k1, k2, p1, p2.
    image_size:         (V, 2) width, height, upright.
    T_cam_world:        (V, 4, 4) OpenCV axes.
    sync_offset_s, sync_drift_ppm: (V,) see `Timeline`.
    T_cam_world_frames: (V, F, 4, 4) where a camera turned, of every frame; None where all were
                        still. T_cam_world is then where they pointed most of the time.
    """

    fps: float
    times_s: np.ndarray
    joint_names: np.ndarray
    joint_parents: np.ndarray
    positions_m: np.ndarray
    rotations_quat_wxyz: np.ndarray
    rest_offsets_m: np.ndarray
    error_m: np.ndarray
    confidence: np.ndarray
    contacts: np.ndarray
    landmark_names: np.ndarray
    landmarks_m: np.ndarray
    K: np.ndarray
    dist: np.ndarray
    image_size: np.ndarray
    T_cam_world: np.ndarray
    sync_offset_s: np.ndarray
    sync_drift_ppm: np.ndarray
    T_cam_world_frames: np.ndarray | None = None

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The arrays of `motion.npz`."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {name: np.asarray(value) for name, value in values.items() if value is not None}
        return {"schema_version": np.asarray(SCHEMA_VERSION), **arrays}


def load_motion(path: Path) -> MotionClip:
    """Read a `motion.npz`. Raises InputError if it is not one."""
    try:
        with np.load(path, allow_pickle=False) as data:
            if int(data["schema_version"]) != SCHEMA_VERSION:
                raise InputError(f"{path}: made by another version; solve the take again.")
            names = [f.name for f in fields(MotionClip)]
            values: dict[str, Any] = {
                name: data[name] for name in names if name in data or name != _OPTIONAL
            }
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise InputError(f"{path}: not a motion file ({error}); solve the take again.") from error
    values["fps"] = float(values["fps"])
    return MotionClip(**values)
