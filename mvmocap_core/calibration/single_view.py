"""The camera of a single video: nothing tells it but the file's metadata and what phones have."""

import numpy as np

from mvmocap_core.calibration.cameras import Calibration, Cameras
from mvmocap_core.calibration.given import GivenFacts
from mvmocap_core.calibration.lenses import likely_focals
from mvmocap_core.detection.detections import Track


def assume_camera(track: Track, focal_35mm: float | None, given: GivenFacts) -> Calibration:
    """A camera at the origin with its likely lens, see `likely_focals`.

    focal_35mm: 35 mm equivalent that the file tells. What only two views could tell is NaN.
    """
    image_size = np.asarray(track.image_size, dtype=float)[None]
    log_focal, focal_std = likely_focals(image_size, [focal_35mm], given)
    focal_px = float(np.exp(log_focal[0]))
    K = np.array([[focal_px, 0.0, 0.0], [0.0, focal_px, 0.0], [0.0, 0.0, 1.0]])
    K[:2, 2] = image_size[0] / 2.0
    has_lens = bool(given.has_lens[0])
    return Calibration(
        cameras=Cameras(
            K=given.K if has_lens else K[None],
            dist=given.dist if has_lens else np.zeros((1, 4)),
            image_size=image_size,
            T_cam_world=np.eye(4)[None],
        ),
        offset_s=np.zeros(1),
        offset_std_s=np.zeros(1),
        agreement=np.ones(1),
        focal_std=focal_std,
        rotation_std_deg=0.0,
        lone_focal_std=focal_std,
        lone_rotation_std_deg=0.0,
        view_angle_deg=float("nan"),
        reprojection_rms_px=np.full(1, np.nan),
        reprojection_rel=np.full(1, np.nan),
        bone_variation=float("nan"),
        swapped_share=np.zeros(1),
        margin=float("nan"),
        n_frames=len(track.times_s),
        room_axes=given.room_axes,
    )
