"""How a camera turned, from what is behind the people it films.

Corners off the people are followed by Lucas and Kanade's method (Bouguet's pyramids) from one
kept frame to every later one, not from frame to frame, so that nothing adds up. A camera that
turns about its lens moves the whole picture by the homography K R K^-1, whatever is near or far.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from mvmocap_core.geometry.rotations import rotvec_to_rotmat, skew

SIDE_PX = 480.0
"""Longer side of the pictures that corners are followed in."""
FITS_PX = 1.5
"""How far a followed corner may lie from where the turn puts it."""
_MAX_CORNERS = 160
_MIN_CORNERS = 8
_CORNER_QUALITY = 0.01
_CORNER_SPACING_PX = 8
_WINDOW_PX = 15
_LEVELS = 3
_ROOM = 0.15
"""Of a person's size, around them."""
_KEPT_SHARE = 0.4
"""Of a kept frame's corners that must still be in the picture and fit; below, another is kept."""
_SAME_PLACE_SHARE = 0.75
"""Of the corners that are still in the picture: fewer that fit are not explained by any turn."""
_SCALES_PX = (8.0, 4.0, 2.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """How the camera of a frame is turned against that of the first frame.

    rotmat: (3, 3) p_frame = rotmat @ p_first; NaN where the background does not tell.
    is_break: the background looks otherwise than from the place of the frame it was compared
              with: the camera went elsewhere.
    """

    rotmat: np.ndarray
    is_break: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A frame that later ones are compared with: its corners (N, 2) by OpenCV's pixels."""

    grey: np.ndarray
    corners: np.ndarray
    rotmat: np.ndarray


class BackgroundTracker:
    """Follows the background through one video, a frame at a time; keeps two frames.

    focal_px: of the video; a guess will do for small turns.
    """

    def __init__(self, image_size: tuple[int, int], focal_px: float) -> None:
        self._scale = min(1.0, SIDE_PX / max(image_size))
        self._size = tuple(max(1, round(side * self._scale)) for side in image_size)
        self._focal = focal_px * self._scale
        self._kept: _Kept | None = None
        self._last = np.eye(3)

    def follow(self, image: np.ndarray, boxes: np.ndarray) -> Turn:
        """Take in the next frame.

        image: (H, W, 3) uint8. boxes: (P, 4) of the people, left, top, right, bottom in pixels.
        """
        small = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        people = _with_room(boxes) * self._scale
        if self._kept is None:
            self._keep(grey, people, np.eye(3))
            return Turn(np.full((3, 3), np.nan) if self._kept is None else np.eye(3))
        rotmat, n_followed, n_fitting = self._compare(self._kept, grey, people)
        is_known = n_fitting >= _MIN_CORNERS
        if is_known:
            self._last = rotmat
        is_worn = n_fitting < _KEPT_SHARE * len(self._kept.corners)
        if is_worn:
            self._keep(grey, people, self._last)
        is_break = is_worn and n_fitting < _SAME_PLACE_SHARE * n_followed
        return Turn(rotmat if is_known else np.full((3, 3), np.nan), is_break)

    def _keep(self, grey: np.ndarray, people: np.ndarray, rotmat: np.ndarray) -> None:
        mask = np.full(grey.shape, 255, np.uint8)
        for left, top, right, bottom in people.round().astype(int):
            mask[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = 0
        corners = cv2.goodFeaturesToTrack(
            grey, _MAX_CORNERS, _CORNER_QUALITY, _CORNER_SPACING_PX, mask=mask
        )
        found = np.asarray(corners)  # None where there is nothing, whatever its stub says
        if found.ndim == 3 and len(found) >= _MIN_CORNERS:
            self._kept = _Kept(grey, found[:, 0], rotmat)

    def _compare(
        self, kept: _Kept, grey: np.ndarray, people: np.ndarray
    ) -> tuple[np.ndarray, int, int]:
        """The turn (3, 3), how many corners were followed and how many of them it explains."""
        expected = self._project(self._rays(kept.corners) @ (self._last @ kept.rotmat.T).T)
        found, status, _ = cv2.calcOpticalFlowPyrLK(
            kept.grey,
            grey,
            kept.corners.astype(np.float32).reshape(-1, 1, 2),
            expected.astype(np.float32).reshape(-1, 1, 2),
            winSize=(_WINDOW_PX, _WINDOW_PX),
            maxLevel=_LEVELS,
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        )
        places = np.asarray(found, dtype=float)[:, 0]
        followed = (np.asarray(status)[:, 0] > 0) & self._is_free(places, people)
        rays, places = self._rays(kept.corners[followed]), places[followed]
        if len(places) < _MIN_CORNERS:
            return self._last, len(places), 0
        turn = self._fit_turn(rays, places, self._last @ kept.rotmat.T)
        off_px = np.linalg.norm(self._project(rays @ turn.T) - places, axis=1)
        return turn @ kept.rotmat, len(places), int((off_px < FITS_PX).sum())

    def _is_free(self, places: np.ndarray, people: np.ndarray) -> np.ndarray:
        """(N,) bool: inside the picture and on nobody."""
        free = ((places >= 0) & (places < np.array(self._size))).all(axis=1)
        for left, top, right, bottom in people:
            x, y = places.T
            free &= ~((x >= left) & (x < right) & (y >= top) & (y < bottom))
        return free

    def _fit_turn(self, rays: np.ndarray, places: np.ndarray, start: np.ndarray) -> np.ndarray:
        """(3, 3) that takes rays (N, 3) to places (N, 2), by robust least squares."""
        median_px = np.median(places - self._project(rays @ start.T), axis=0)
        x, y = median_px / self._focal
        R = rotvec_to_rotmat(np.array([-y, x, 0.0])) @ start
        for scale_px in _SCALES_PX:
            p = rays @ R.T
            off = self._project(p) - places
            weight = 1.0 / (1.0 + (off**2).sum(axis=1) / scale_px**2)
            J = np.zeros((len(p), 2, 3))
            J[:, 0, 0] = J[:, 1, 1] = self._focal / p[:, 2]
            J[:, :, 2] = -self._focal * p[:, :2] / p[:, 2:] ** 2
            J = -J @ skew(p)
            normal = np.einsum("n,nia,nib->ab", weight, J, J) + 1e-9 * np.eye(3)
            R = (
                rotvec_to_rotmat(-np.linalg.solve(normal, np.einsum("n,nia,ni->a", weight, J, off)))
                @ R
            )
        return R

    def _rays(self, places: np.ndarray) -> np.ndarray:
        centred = (places + 0.5 - np.array(self._size) / 2.0) / self._focal
        return np.concatenate([centred, np.ones((len(places), 1))], axis=1)

    def _project(self, rays: np.ndarray) -> np.ndarray:
        depth = np.maximum(rays[:, 2:], 1e-3)
        return self._focal * rays[:, :2] / depth + np.array(self._size) / 2.0 - 0.5


def _with_room(boxes: np.ndarray) -> np.ndarray:
    """(P, 4) boxes, wider and taller by `_ROOM` of their longer side."""
    room = _ROOM * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0.0, keepdims=True)
    return np.concatenate([boxes[:, :2] - room, boxes[:, 2:] + room], axis=1)
