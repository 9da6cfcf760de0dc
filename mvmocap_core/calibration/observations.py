"""What the views saw at the same moments."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.calibration.performer import TARGET_INDICES
from mvmocap_core.detection.detections import (
    MIN_CONFIDENCE,
    NOISE_CORRELATION_S,
    Track,
    person_size_px,
)
from mvmocap_core.geometry.interpolation import interpolate_hermite
from mvmocap_core.sync.timeline import Timeline

MAX_FRAMES = 300
MIN_SEEN = 6.0
"""Sum of weights over landmarks below which a view's frame is no help."""

RATE_SPAN_S = 0.16
"""Keypoints' velocities are taken over this long."""


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """V views, F common moments, J calibration landmarks.

    times_s:      (F,) seconds on the first video's clock.
    xy_px:        (V, F, J, 2); 0 where weight is 0.
    velocity_px:  (V, F, J, 2) pixels a second, by the first video's clock.
    weight:       (V, F, J) in [0, 1]; 0 = not seen.
    world_m:      (V, F, J, 3) the detector's own 3D, camera axes of the crop; NaN = none.
    size_px:      (V,) the performer's typical height in the image.
    image_size:   (V, 2).
    independent:  samples of the usual noise that a frame counts for.
    """

    times_s: np.ndarray
    xy_px: np.ndarray
    velocity_px: np.ndarray
    weight: np.ndarray
    world_m: np.ndarray
    size_px: np.ndarray
    image_size: np.ndarray
    independent: float

    @property
    def n_samples(self) -> float:
        """Independent samples that all keypoints count for."""
        return self.independent * float(self.weight.sum())


def choose_moments(tracks: Sequence[Track], timeline: Timeline) -> np.ndarray:
    """(F,) moments of the first track at which every view sees the performer.

    At most `MAX_FRAMES`, spread over the take, those seen best: the cost of calibration does not
    depend on the length of a take.
    """
    times_s = tracks[0].times_s
    seen = [_sample(track, timeline, v, times_s)[2] for v, track in enumerate(tracks)]
    return times_s[_spread(np.min([weight.sum(axis=1) for weight in seen], axis=0))]


def observe(tracks: Sequence[Track], timeline: Timeline, times_s: np.ndarray) -> Observations:
    """Sample all tracks at `times_s` (F,), seconds on the first video's clock."""
    sampled = [_sample(track, timeline, view, times_s) for view, track in enumerate(tracks)]
    xy, velocity, weight, world = (np.stack([s[k] for s in sampled]) for k in range(4))
    spacing = np.median(np.diff(times_s)) if len(times_s) > 1 else NOISE_CORRELATION_S
    return Observations(
        times_s=times_s,
        xy_px=xy,
        velocity_px=velocity,
        weight=weight,
        world_m=world,
        size_px=np.array([person_size_px(track) for track in tracks]),
        image_size=np.stack([track.image_size for track in tracks]).astype(float),
        independent=float(np.clip(spacing / NOISE_CORRELATION_S, 1e-3, 1.0)),
    )


def _sample(
    track: Track, timeline: Timeline, view: int, times_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    clock = timeline.from_first(view, times_s)
    columns = np.concatenate(
        [
            track.keypoints_2d_px[:, TARGET_INDICES],
            track.confidence[:, TARGET_INDICES, None],
            track.world_landmarks_m[:, TARGET_INDICES],
        ],
        axis=-1,
    )
    at = interpolate_hermite(track.times_s, columns, clock)
    confidence = np.where(np.isfinite(at[..., :3]).all(axis=-1), at[..., 2], 0.0)
    weight = np.where(confidence > MIN_CONFIDENCE, np.clip(confidence, 0.0, 1.0) ** 2, 0.0)
    rate = _rate(track, clock, at[..., :2]) / (1.0 + 1e-6 * timeline.drift_ppm[view])
    seen = weight[..., None] > 0
    return (
        np.where(seen, at[..., :2], 0.0),
        np.where(seen, rate, 0.0),
        weight,
        at[..., 3:],
    )


def _rate(track: Track, clock: np.ndarray, xy_px: np.ndarray) -> np.ndarray:
    """(F, J, 2) pixels a second over `RATE_SPAN_S` around every moment, or what is seen of it.

    The derivative at the moment itself is mostly noise where a performer moves slowly, and noise
    holds back a clock that is to move.
    """
    keypoints = track.keypoints_2d_px[:, TARGET_INDICES]
    ends, spans = [], np.zeros((*xy_px.shape[:2], 1))
    for step_s in (-0.5 * RATE_SPAN_S, 0.5 * RATE_SPAN_S):
        at = interpolate_hermite(track.times_s, keypoints, clock + step_s)
        found = np.isfinite(at).all(axis=-1, keepdims=True)
        ends.append(np.where(found, at, xy_px))
        spans += np.where(found, abs(step_s), 0.0)
    return np.divide(ends[1] - ends[0], spans, out=np.zeros_like(xy_px), where=spans > 0.0)


def _spread(useful: np.ndarray) -> np.ndarray:
    """Indices of the best moment in each of `MAX_FRAMES` equal stretches of the usable ones."""
    usable = np.flatnonzero(useful >= MIN_SEEN)
    if len(usable) <= MAX_FRAMES:
        return usable
    stretch = np.minimum(np.arange(len(usable)) * MAX_FRAMES // len(usable), MAX_FRAMES - 1)
    order = np.lexsort((-useful[usable], stretch))
    first = np.unique(stretch[order], return_index=True)[1]
    return usable[order][first]
