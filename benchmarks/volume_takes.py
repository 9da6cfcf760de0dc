"""Moments of virtual takes of several people: what was seen, by cameras that were found from it.

The takes are those of `bench people`. They are told apart, synchronised and calibrated as in a
solve; then a few moments of each are kept: whatever the detector found in either view, which nobody
followed or told apart, and the same people as the solve matches them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from benchmarks import people_names
from benchmarks.groups import GroupTake
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.detection.detections import (
    MIN_CONFIDENCE,
    Detections,
    Track,
)
from mvmocap_core.geometry.cameras import rigid_transform, undistort_points
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.geometry.rotations import rotmat_to_rotvec, rotvec_to_rotmat, skew, unit
from mvmocap_core.group.clocks import common_timeline
from mvmocap_core.group.performers import find_performers
from mvmocap_core.lifting.joints import LANDMARK_INDICES
from mvmocap_core.progress import silent
from mvmocap_core.solving import find_cameras
from mvmocap_core.stabilisation.steady import find_camera_motion

N_MOMENTS = 12
"""Of each take, evenly spread over the time that both phones film."""
_SAME = 0.1
"""Distance over height within which detections of two frames are of one person."""
FOCAL_STD, SCALE_STD = 0.065, 0.05
"""Of the logarithm of lenses and sizes: the medians of `bench people` are 4.6 %."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """F moments of a take by V views. Keypoints are x_px, y_px, confidence; 0 confidence: missing.

    found:      (V, M, F, J, 3) of whatever was detected; slots in no order.
    matched:    (V, P, F, J, 3) of the performers, as the solve tells them apart.
    own:        (V, Q, F, J, 3) of all who were filmed, told apart by the truth.
    is_found:   (V, Q, F) bool: a person's own detection is among those found.
    truth_m:    (F, Q, J, 3) of `joints.JOINT_NAMES`, world.
    performers: (Q,) bool: the person is no bystander.
    cameras:    as found from the take, or nearly so. true_cameras: as they were.
    """

    found: np.ndarray
    matched: np.ndarray
    own: np.ndarray
    is_found: np.ndarray
    truth_m: np.ndarray
    performers: np.ndarray
    cameras: Cameras
    true_cameras: Cameras


def take_moments(arrangement: str, number: int, *, is_calibrated: bool) -> Moments:
    """Solve a take as far as the matching of its people, or as far as its cameras.

    is_calibrated: the cameras are found as in a solve, half a minute a take; else they are wrong
    about as much, see `misjudged`.
    Raises UnsolvableError.
    """
    take = people_names.film(arrangement, number)
    moved = [find_camera_motion(found) for found in take.detections]
    people = find_performers(take.detections, moved, 0)
    offset_s, cameras = people.offset_s or 0.0, None
    if is_calibrated:
        given = nothing_given(2)
        timeline = common_timeline(
            people.people, lambda: (None, None), given.offset_s, people.offset_s
        )
        calibration = find_cameras(people.people, timeline, (None, None), given, silent)
        offset_s, cameras = float(calibration.offset_s[1]), calibration.cameras
    frames = _moments(take, offset_s)
    times_s = take.detections[0].times_s[frames]
    clocks_s = (times_s, times_s - offset_s)
    own = _stacked([_at([t[v] for t in take.tracks], clocks_s[v]) for v in range(2)])
    if cameras is None:
        rng = np.random.default_rng([number, len(arrangement)])
        cameras = misjudged(rng, take.cameras, own)
    return Moments(
        _stacked([_detected(take.detections[v], clocks_s[v]) for v in range(2)]),
        _stacked([_at([t[v] for t in people.people], clocks_s[v]) for v in range(2)]),
        own,
        np.stack([_is_found(take, v, clocks_s[v]) for v in range(2)]),
        take.truth_m[frames][:, :, LANDMARK_INDICES],
        take.performers,
        cameras,
        take.cameras,
    )


def misjudged(rng: np.random.Generator, cameras: Cameras, own: np.ndarray) -> Cameras:
    """Two cameras with wrong lenses, turned and placed as fits what they saw best with these.

    own: (2, Q, F, J, 3) what both saw of everybody, pixels and confidence. The world is the first
    camera's frame, of a size that is off by a few per cent.
    """
    K = cameras.K.copy()
    K[:, (0, 1), (0, 1)] *= np.exp(FOCAL_STD * rng.normal(size=(2, 1)))
    rays, weight = ideal(own, K, np.zeros((2, 4))), own[..., 2].prod(axis=0).ravel()
    seen = weight > 0
    a, b = (
        np.concatenate([xy.reshape(-1, 2)[seen], np.ones((seen.sum(), 1))], axis=1)
        for xy in rays[..., :2]
    )
    first, second = cameras.T_cam_world
    T = second @ np.linalg.inv(first)
    length = np.linalg.norm(T[:3, 3])
    start = np.concatenate([rotmat_to_rotvec(T[:3, :3]), T[:3, 3] / length])

    def off(pose: np.ndarray) -> np.ndarray:
        E = skew(unit(pose[3:])) @ rotvec_to_rotmat(pose[:3])
        there, back = a @ E.T, b @ E
        spread = np.hypot(np.linalg.norm(there[:, :2], axis=1), np.linalg.norm(back[:, :2], axis=1))
        return weight[seen] * (b * there).sum(axis=1) / np.maximum(spread, 1e-9)

    pose = least_squares(off, start, loss="soft_l1", f_scale=0.005).x
    scale = length * np.exp(SCALE_STD * rng.normal())
    relative = rigid_transform(rotvec_to_rotmat(pose[:3]), scale * unit(pose[3:]))
    return Cameras(K, np.zeros((2, 4)), cameras.image_size, np.stack([np.eye(4), relative]))


def ideal(keypoints_px: np.ndarray, K: np.ndarray, dist: np.ndarray) -> np.ndarray:
    """Keypoints (V, ..., 3) in pixels and their confidence -> for focal length 1, undistorted."""
    views = [
        np.concatenate([undistort_points(view[..., :2], K[v], dist[v]), view[..., 2:]], axis=-1)
        for v, view in enumerate(keypoints_px)
    ]
    return np.stack(views)


def _moments(take: GroupTake, offset_s: float) -> np.ndarray:
    """(F,) frames of the first video."""
    first, second = (found.times_s for found in take.detections)
    both = np.flatnonzero((first - offset_s >= second[0]) & (first - offset_s <= second[-1]))
    return both[np.unique(np.linspace(0, len(both) - 1, N_MOMENTS).round().astype(int))]


def _at(tracks: Sequence[Track], clock_s: np.ndarray) -> np.ndarray:
    """(M, F, J, 3) of M tracks of one video, at seconds on its own clock."""
    rows = np.zeros((len(tracks), len(clock_s), len(LANDMARK_INDICES), 3))
    for row, track in zip(rows, tracks, strict=True):
        columns = np.concatenate([track.keypoints_2d_px, track.confidence[..., None]], axis=-1)[
            :, LANDMARK_INDICES
        ]
        at = interpolate_hermite(track.times_s, columns, clock_s)
        seen = np.isfinite(at).all(axis=-1) & (at[..., 2] > MIN_CONFIDENCE)
        row[seen] = at[seen]
    return rows


def _detected(found: Detections, clock_s: np.ndarray) -> np.ndarray:
    """(M, F, J, 3) of a video's detections at seconds on its own clock.

    Those of the nearest frame, moved towards what is nearest in the frame on the other side.
    """
    keypoints = np.concatenate([found.keypoints_2d_px, found.confidence[..., None]], axis=-1)
    keypoints = np.nan_to_num(keypoints[:, :, LANDMARK_INDICES])
    keypoints[keypoints[..., 2] <= MIN_CONFIDENCE] = 0.0
    rows = np.zeros((keypoints.shape[1], len(clock_s), *keypoints.shape[2:]))
    for column, now_s in enumerate(clock_s):
        near = int(np.abs(found.times_s - now_s).argmin())
        other = int(np.clip(near + np.sign(now_s - found.times_s[near]), 0, len(keypoints) - 1))
        rows[:, column] = keypoints[near]
        if other != near:
            step_s = found.times_s[other] - found.times_s[near]
            share = (now_s - found.times_s[near]) / step_s
            for row in rows[:, column]:
                _move(row, keypoints[other], share)
    return rows


def _is_found(take: GroupTake, view: int, clock_s: np.ndarray) -> np.ndarray:
    """(Q, F) bool: who is in a slot of the frames that `_detected` takes."""
    times_s = take.detections[view].times_s
    near = np.abs(times_s - clock_s[:, None]).argmin(axis=1)
    people = np.arange(len(take.tracks))[:, None, None]
    return (take.identities[view][near] == people).any(axis=-1)


def _move(row: np.ndarray, others: np.ndarray, share: float) -> None:
    """A detection (J, 3), moved by a share of the way to the nearest other one (M, J, 3)."""
    both = (row[:, 2] > 0) & (others[..., 2] > 0)
    if not both.any():
        return
    apart = np.linalg.norm(others[..., :2] - row[:, :2], axis=-1)
    apart_px = np.where(both, apart, 0.0).sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    nearest = int(np.where(both.any(axis=1), apart_px, np.inf).argmin())
    if apart_px[nearest] < _SAME * np.ptp(row[row[:, 2] > 0, 1]):
        moved = share * (others[nearest, :, :2] - row[:, :2])
        row[both[nearest], :2] += moved[both[nearest]]


def _stacked(views: Sequence[np.ndarray]) -> np.ndarray:
    """Views that show different numbers of people, filled up with nobody."""
    n_most = max(len(view) for view in views)
    filled = np.zeros((len(views), n_most, *views[0].shape[1:]))
    for row, view in zip(filled, views, strict=True):
        row[: len(view)] = view
    return filled
