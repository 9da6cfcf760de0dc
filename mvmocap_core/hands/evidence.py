"""What the views saw of one hand, at the frames of the motion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.detection.hands import HandSightings
from mvmocap_core.geometry.cameras import undistort_points
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.hands.plan import cameras_of
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.sync.timeline import Timeline

NOISE_OF_LENGTH = 0.03
"""Standard deviation of a landmark in the picture, over the hand's length there."""
MIRROR = np.diag([-1.0, 1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True, eq=False)
class HandEvidence:
    """V views, F frames. A right hand is in a mirrored world: there it is a left one.

    xy:     (V, F, 21, 2) undistorted image coordinates (focal length 1); 0 where not seen.
    weight: (V, F) in [0, 1]; 0 = not seen.
    sigma:  (V, F) standard deviation of a landmark in the units of xy.
    poses:  (V, F, 4, 4) T_cam_world.
    rays:   (V, F, 3) unit, world, from the camera to the hand.
    depths: (V, F, 21) the detector's guess along the ray, over the hand's middle, in metres.
    """

    xy: np.ndarray
    weight: np.ndarray
    sigma: np.ndarray
    poses: np.ndarray
    rays: np.ndarray
    depths: np.ndarray

    def __getitem__(self, frames: slice | np.ndarray) -> "HandEvidence":
        return replace(
            self,
            xy=self.xy[:, frames], weight=self.weight[:, frames], sigma=self.sigma[:, frames],
            poses=self.poses[:, frames], rays=self.rays[:, frames], depths=self.depths[:, frames],
        )  # fmt: skip


def gather_hand(
    sightings: Sequence[HandSightings], clip: MotionClip, timeline: Timeline, person: int, side: int
) -> HandEvidence:
    """What all videos saw of one person's left (0) or right (1) hand, at the clip's frames.

    sightings: of each video. clip: the person's motion, with the cameras.
    """
    views = [
        _gather_view(seen, clip, view, timeline.from_first(view, clip.times_s), (person, side))
        for view, seen in enumerate(sightings)
    ]
    return HandEvidence(*(np.stack(parts) for parts in zip(*views, strict=True)))


def _gather_view(
    seen: HandSightings, clip: MotionClip, view: int, own_s: np.ndarray, who: tuple[int, int]
) -> tuple[np.ndarray, ...]:
    K, T = clip.K[view], cameras_of(clip, view)
    T = T @ MIRROR if who[1] else T
    ideal = undistort_points(seen.keypoints_2d_px[:, *who], K, clip.dist[view])
    columns = np.concatenate([ideal, seen.local_m[:, *who]], axis=-1)
    at = interpolate_hermite(seen.times_s, columns, own_s)
    known = interpolate_hermite(
        seen.times_s, np.stack([seen.confidence[:, *who], seen.length_px[:, *who]], axis=1), own_s
    )
    is_seen = np.isfinite(at).all(axis=(1, 2)) & np.isfinite(known).all(axis=1)
    at = np.where(is_seen[:, None, None], at, 0.0)
    confidence = np.where(is_seen, np.clip(known[:, 0], 0.0, 1.0), 0.0)
    sigma = np.where(is_seen, NOISE_OF_LENGTH * known[:, 1] / K[0, 0], 1.0)
    rays, depths = _along_rays(at, T)
    return at[..., :2], confidence**2, sigma, T, rays, depths


def _along_rays(at: np.ndarray, T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rays (F, 3) to the hand in the world, and the guesses (F, 21) along them about their mean.

    The network saw each hand as if it were in the middle of the picture: its z is along the ray.
    """
    middle = np.concatenate([at[..., :2].mean(axis=1), np.ones((len(at), 1))], axis=1)
    rays = np.einsum("fba,fb->fa", T[:, :3, :3], middle)
    depths = at[..., 4] - at[..., 4].mean(axis=1, keepdims=True)
    return rays / np.linalg.norm(rays, axis=1, keepdims=True), depths
