"""Average adults who stand about, before two to four cameras: exact keypoints with known truth."""

import numpy as np

from mvmocap_core.geometry.cameras import rigid_transform
from mvmocap_core.lifting.joints import STANDING_POSE

PLACES = np.array([[-0.7, 0.2], [0.8, -0.3]])
STATURE_M = 1.75


def people(n_frames: int) -> np.ndarray:
    """(P, F, J, 3) metres, Z up; everybody walks a little to one side."""
    standing = STATURE_M * (STANDING_POSE - [0.0, 0.0, STANDING_POSE[:, 2].min()])
    walked = np.zeros((n_frames, 1, 3))
    walked[:, 0, 0] = 0.05 * np.arange(n_frames)
    turned = standing * np.array([-1.0, -1.0, 1.0])
    return np.stack(
        [
            pose + walked + np.append(place, 0.0)
            for pose, place in zip((standing, turned), PLACES, strict=True)
        ]
    )


def cameras(n_views: int) -> np.ndarray:
    """(V, 4, 4) level, about four metres away, 70 degrees from one another."""
    found = []
    for azimuth in np.radians(70.0) * np.arange(n_views):
        centre = np.array([4.0 * np.sin(azimuth), -4.0 * np.cos(azimuth), 1.3])
        forward = -centre * np.array([1.0, 1.0, 0.0]) / 4.0
        right = np.cross(forward, [0.0, 0.0, 1.0])
        R = np.stack([right, [0.0, 0.0, -1.0], forward])
        found.append(rigid_transform(R, -R @ centre))
    return np.stack(found)


def seen(joints_m: np.ndarray, T_cam_world: np.ndarray) -> np.ndarray:
    """(V, P, F, J, 3) x, y for focal length 1, and full confidence."""
    views = []
    for T in T_cam_world:
        cam = joints_m @ T[:3, :3].T + T[:3, 3]
        views.append(np.concatenate([cam[..., :2] / cam[..., 2:], np.ones_like(cam[..., 2:])], -1))
    return np.stack(views)
