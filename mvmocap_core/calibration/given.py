"""What is known of cameras and clocks before the performer is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.detection.detections import Track
from mvmocap_core.geometry.cameras import undistort_points
from mvmocap_core.room.axes import UNKNOWN_ROOM, RoomAxes


@dataclass(frozen=True, slots=True, eq=False)
class GivenFacts:
    """What the user knows of V views, and what their rooms tell. NaN is not known.

    focal_px:    (V,) focal length alone.
    K, dist:     (V, 3, 3) and (V, 4) of a calibrated lens, see `Cameras`.
    T_cam_world: (V, 4, 4) metres, in any world; of all views or of none.
    offset_s:    (V,) against the first video, see `Timeline`.
    rooms:       (V) by the straight edges behind the performer.
    """

    focal_px: np.ndarray
    K: np.ndarray
    dist: np.ndarray
    T_cam_world: np.ndarray
    offset_s: np.ndarray
    rooms: tuple[RoomAxes, ...]

    @property
    def has_lens(self) -> np.ndarray:
        """(V,) bool: K and dist are known."""
        return np.isfinite(self.K).all(axis=(1, 2)) & np.isfinite(self.dist).all(axis=1)

    @property
    def has_poses(self) -> bool:
        """Whether it is known where all cameras stood."""
        return bool(np.isfinite(self.T_cam_world).all())

    @property
    def lens_focal_px(self) -> np.ndarray:
        """(V,) focal length of the ideal lens that `straightened` puts in place; NaN = unknown."""
        return np.sqrt(self.K[:, 0, 0] * self.K[:, 1, 1])

    @property
    def poses(self) -> np.ndarray:
        """(V, 4, 4) the given poses in the first camera's frame."""
        return self.T_cam_world @ np.linalg.inv(self.T_cam_world[0])

    @property
    def room_axes(self) -> np.ndarray:
        """(V, 3, 3) see `RoomAxes`."""
        return np.stack([room.axes for room in self.rooms])

    def without_rooms(self) -> "GivenFacts":
        """What the user knows alone."""
        return replace(self, rooms=(UNKNOWN_ROOM,) * len(self.rooms))

    def straightened(self, tracks: Sequence[Track]) -> list[Track]:
        """The tracks as lenses without distortion, centred in the image, would have shown them."""
        return [
            self._straighten(track, view) if known else track
            for view, (track, known) in enumerate(zip(tracks, self.has_lens, strict=True))
        ]

    def _straighten(self, track: Track, view: int) -> Track:
        ideal = undistort_points(track.keypoints_2d_px, self.K[view], self.dist[view])
        pixels = self.lens_focal_px[view] * ideal + track.image_size / 2.0
        is_known = np.isfinite(pixels).all(axis=-1)
        return replace(
            track,
            keypoints_2d_px=pixels,
            confidence=np.where(is_known, track.confidence, 0.0),
        )

    def put_into(self, calibration: Calibration) -> Calibration:
        """What was found of straightened tracks, with the true lenses."""
        found = calibration.cameras
        known = self.has_lens
        cameras = replace(
            found,
            K=np.where(known[:, None, None], self.K, found.K),
            dist=np.where(known[:, None], self.dist, found.dist),
        )
        return replace(
            calibration, cameras=cameras, is_metric=self.has_poses, room_axes=self.room_axes
        )

    def names(self, view: int) -> list[str]:
        """What the user knows of a view: of "pose", "lens", "focal_length" and "offset"."""
        facts = {
            "pose": self.has_poses,
            "lens": bool(self.has_lens[view]),
            "focal_length": bool(np.isfinite(self.focal_px[view])),
            "offset": bool(np.isfinite(self.offset_s[view])),
        }
        return [name for name, is_given in facts.items() if is_given]


def nothing_given(n_views: int) -> GivenFacts:
    """No fact of any of `n_views` views."""
    return GivenFacts(
        focal_px=np.full(n_views, np.nan),
        K=np.full((n_views, 3, 3), np.nan),
        dist=np.full((n_views, 4), np.nan),
        T_cam_world=np.full((n_views, 4, 4), np.nan),
        offset_s=np.full(n_views, np.nan),
        rooms=(UNKNOWN_ROOM,) * n_views,
    )
