"""The camera of a single video: nothing tells it but the file's metadata and what phones have."""

import numpy as np

from mvmocap_core.calibration.calibrate import (
    DIAGONAL_35MM_MM,
    METADATA_FOCAL_LOG_STD,
    PHONE_FOCAL_35MM,
    PHONE_FOCAL_LOG_STD,
)
from mvmocap_core.calibration.cameras import Calibration, Cameras
from mvmocap_core.calibration.given import FOCAL_LOG_STD, LENS_LOG_STD, GivenFacts
from mvmocap_core.detection.detections import Track


def assume_camera(track: Track, focal_35mm: float | None, given: GivenFacts) -> Calibration:
    """A camera at the origin with the lens that is given, told by the file, or usual in phones.

    focal_35mm: 35 mm equivalent that the file tells. What only two views could tell is NaN.
    """
    diagonal = float(np.hypot(*track.image_size))
    focal_px = (focal_35mm or PHONE_FOCAL_35MM) / DIAGONAL_35MM_MM * diagonal
    focal_std = METADATA_FOCAL_LOG_STD if focal_35mm else PHONE_FOCAL_LOG_STD
    if np.isfinite(given.focal_px[0]):
        focal_px, focal_std = float(given.focal_px[0]), FOCAL_LOG_STD
    K = np.array([[focal_px, 0.0, 0.0], [0.0, focal_px, 0.0], [0.0, 0.0, 1.0]])
    K[:2, 2] = np.asarray(track.image_size) / 2.0
    has_lens = bool(given.has_lens[0])
    return Calibration(
        cameras=Cameras(
            K=given.K if has_lens else K[None],
            dist=given.dist if has_lens else np.zeros((1, 4)),
            image_size=np.asarray(track.image_size, dtype=float)[None],
            T_cam_world=np.eye(4)[None],
        ),
        offset_s=np.zeros(1),
        offset_std_s=np.zeros(1),
        agreement=np.ones(1),
        focal_std=np.array([LENS_LOG_STD if has_lens else focal_std]),
        rotation_std_deg=0.0,
        view_angle_deg=float("nan"),
        reprojection_rms_px=np.full(1, np.nan),
        reprojection_rel=np.full(1, np.nan),
        bone_variation=float("nan"),
        swapped_share=np.zeros(1),
        margin=float("nan"),
        n_frames=len(track.times_s),
    )
