"""Left and right swapped: which frames of which view, the upper and the lower body.

Detectors confuse a person's left and right for many frames on end, at high confidence. One view
alone cannot tell; two calibrated views can, because swapped points do not meet in space. That
both views are swapped at once shows only in time: people do not turn around within a frame. So
every moment has 2^V hypotheses, and the cheapest path through them is found (Viterbi 1967).
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.calibration.performer import JITTER
from mvmocap_core.detection.detections import (
    LANDMARK_NAMES,
    MIN_CONFIDENCE,
    Track,
    person_size_px,
)
from mvmocap_core.geometry.cameras import undistort_points
from mvmocap_core.geometry.interpolation import MAX_GAP_S, interpolate_hermite, nearest_samples
from mvmocap_core.geometry.triangulation import triangulate_midpoint
from mvmocap_core.sync.timeline import Timeline

_HALVES = (
    ("shoulder", "elbow", "wrist", "index"),
    ("hip", "knee", "ankle", "heel", "foot_index"),
)
"""Landmarks that tell, of the upper and the lower half of the body."""
_CAUCHY = 3.0
_SWAP_COST = 0.15
"""Per landmark: a detector is more often right than wrong."""
_SPEED = 2.5
"""Metres a second that a joint may easily move."""
_SLACK_M = 0.04
_FLIP_COST = 5.0
"""For a view to begin or end being swapped."""
_SPLIT_COST = 3.0
"""For one half of the body to be swapped in a view and the other not."""


def find_swaps(tracks: Sequence[Track], timeline: Timeline, cameras: Cameras) -> list[np.ndarray]:
    """For every track (F_v, 2) bool: left and right of the upper, lower body are exchanged.

    False where fewer than two views see the performer.
    """
    times_s = tracks[0].times_s
    states = np.array(list(product((False, True), repeat=len(tracks))))
    emissions, moves = [], []
    for parts in _HALVES:
        paired = [LANDMARK_NAMES.index(f"{s}_{p}") for s in ("left", "right") for p in parts]
        rays, weight, sigma = _observe(tracks, timeline, cameras, times_s, np.array(paired))
        emission, joints = _explain(rays, weight, sigma, cameras, states)
        emissions.append(emission)
        moves.append(_move_costs(joints, np.diff(times_s)))
    upper, lower = np.divmod(np.arange(len(states) ** 2), len(states))
    both = np.stack([states[upper], states[lower]], axis=-1)
    split = _SPLIT_COST * (states[upper] != states[lower]).sum(axis=1)
    emission = emissions[0][upper] + emissions[1][lower] + split[:, None]
    move = moves[0][:, upper[:, None], upper] + moves[1][:, lower[:, None], lower]
    move += _FLIP_COST * ~np.eye(len(both), dtype=bool)
    swapped = both[_cheapest_path(emission, move)]
    return [
        _at_frames(swapped[:, view], times_s, timeline.to_first(view, track.times_s))
        for view, track in enumerate(tracks)
    ]


def _observe(
    tracks: Sequence[Track],
    timeline: Timeline,
    cameras: Cameras,
    times_s: np.ndarray,
    paired: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image coordinates (V, F, P, 2), weights (V, F, P) and noise (V,) at `times_s`."""
    rays, weights, sigma = [], [], []
    for view, track in enumerate(tracks):
        K = cameras.K[view]
        ideal = undistort_points(track.keypoints_2d_px[:, paired], K, cameras.dist[view])
        columns = np.concatenate([ideal, track.confidence[:, paired, None]], axis=-1)
        clock_s = timeline.from_first(view, times_s)
        at = interpolate_hermite(track.times_s, columns, clock_s)
        # between a swapped frame and its neighbour there is no truth to interpolate
        at = np.where(np.isfinite(at), columns[nearest_samples(track.times_s, clock_s)], np.nan)
        seen = np.isfinite(at).all(axis=-1) & (at[..., 2] > MIN_CONFIDENCE)
        rays.append(np.where(seen[..., None], at[..., :2], np.nan))
        weights.append(np.where(seen, at[..., 2], 0.0))
        sigma.append(JITTER * person_size_px(track) / K[0, 0])
    return np.stack(rays), np.stack(weights), np.array(sigma)


def _explain(
    rays: np.ndarray,
    weight: np.ndarray,
    sigma: np.ndarray,
    cameras: Cameras,
    states: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Costs (S, F) of the hypotheses and the joints (S, F, P, 3) that they lead to."""
    n_parts = weight.shape[2] // 2
    costs, joints = [], []
    for state in states:
        chosen = np.stack(
            [np.roll(r, n_parts, axis=1) if s else r for r, s in zip(rays, state, strict=True)]
        )
        trust = np.stack(
            [np.roll(w, n_parts, axis=1) if s else w for w, s in zip(weight, state, strict=True)]
        )
        points, gap, depth = triangulate_midpoint(chosen, cameras.T_cam_world)
        noise = np.sqrt((sigma**2).sum()) * np.maximum(depth, 1e-6)
        squared = np.where(depth > 0, (gap / noise) ** 2, (4.0 * _CAUCHY) ** 2)
        loss = 0.5 * _CAUCHY**2 * np.log1p(squared / _CAUCHY**2)
        both = np.minimum.reduce(trust)
        cost = np.where(np.isfinite(loss) & (both > 0), loss * both, 0.0).sum(axis=1)
        costs.append(cost + _SWAP_COST * state.sum() * (both > 0).sum(axis=1))
        joints.append(points)
    return np.stack(costs), np.stack(joints)


def _move_costs(joints: np.ndarray, step_s: np.ndarray) -> np.ndarray:
    """(F-1, S, S) for joints (S, F, P, 3) to go from any hypothesis [., ., s] to another."""
    easy_m = (_SLACK_M + _SPEED * step_s)[:, None]
    costs = np.zeros((len(step_s), len(joints), len(joints)))
    for after, before in product(range(len(joints)), repeat=2):
        moved = np.linalg.norm(joints[after, 1:] - joints[before, :-1], axis=-1)
        loss = 0.5 * _CAUCHY**2 * np.log1p((moved / easy_m / _CAUCHY) ** 2)
        costs[:, after, before] = np.where(np.isfinite(loss), loss, 0.0).sum(axis=1)
    return costs


def _cheapest_path(emission: np.ndarray, move: np.ndarray) -> np.ndarray:
    """(F,) hypotheses, from costs (S, F) of each and (F-1, S, S) of going to [., s, .]."""
    n_states, n_frames = emission.shape
    total = emission[:, 0].copy()
    came_from = np.zeros((n_frames, n_states), dtype=int)
    for frame in range(1, n_frames):
        reached = total + move[frame - 1]
        came_from[frame] = reached.argmin(axis=1)
        total = reached.min(axis=1) + emission[:, frame]
    path = np.empty(n_frames, dtype=int)
    path[-1] = total.argmin()
    for frame in range(n_frames - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


def _at_frames(swapped: np.ndarray, times_s: np.ndarray, frames_s: np.ndarray) -> np.ndarray:
    """What holds at `times_s`, at the nearest of them for every frame of a view."""
    inside = (frames_s >= times_s[0] - MAX_GAP_S) & (frames_s <= times_s[-1] + MAX_GAP_S)
    return swapped[nearest_samples(times_s, frames_s)] & inside[:, None]
