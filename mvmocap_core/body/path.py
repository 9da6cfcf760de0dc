"""How far away a performer is whom one view alone shows, from before and after.

One view tells the distance by bones of known length. Its keypoints are wrong the same way for as
long as the other view is lost, and what that makes of the distance, some 2 % of it, outweighs
what a performer walks in half a second. Where two views show the hips their path is known, and
how far people stray from the smoothest path across a gap is known from motion capture.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solveh_banded

from mvmocap_core.geometry.cameras import camera_center
from mvmocap_core.lifting.joints import LANDMARK_INDICES, stature_of
from mvmocap_core.lifting.lifted import HIP_LANDMARKS, TRUNK_LANDMARKS, blindness
from mvmocap_core.motion.spans import spans

_ACCELERATION = 0.1
"""Density of the acceleration, statures^2/s^3: the hips of the "dev" subjects stray from the
smoothest path by 18 mm in the middle of half a second, by 39 of one and by 83 of two. Who dances
strays further: the take's own half seconds say so."""
_WIDER = 1.6
"""Than normal distributions: the tails are long. On footage 1.6 cost nothing where people stand or
walk, and took a third of a dancer's excess off."""
_TRIED_S, _SLOPE_S = 0.5, 0.05
_MIN_TRIED = 10
_NOISE = 0.006
"""Of the hips where two views see them, over stature."""
_SIZE_ERROR = 0.018
"""Of the distance that one view tells by bones of known length, over the distance."""
_AROUND_S = 1.0
"""Of the known path on either side of a gap."""
_LONGEST_S = 4.0
"""Gaps that are bridged; of longer ones bones tell more."""
_MIN_KNOWN = 5
_SECOND = np.array([1.0, -2.0, 1.0])


@dataclass(frozen=True, slots=True, eq=False)
class HipsPath:
    """Where the middle of the hips is along the ray of the one view that shows it, F frames.

    ray:       (F, 3) unit vectors in the world's axes, from the camera.
    along:     (F,) the expected product of the place with `ray`.
    precision: (F,) how much it counts beside the keypoints, as an inverse variance; 0 where two
               views see, or where nothing is known.
    deviation: (F,) what path and bones together leave in doubt, one standard deviation; 0 there.
    """

    ray: np.ndarray
    along: np.ndarray
    precision: np.ndarray
    deviation: np.ndarray

    def __getitem__(self, frames: slice | np.ndarray) -> "HipsPath":
        return HipsPath(
            self.ray[frames], self.along[frames], self.precision[frames], self.deviation[frames]
        )


def hips_path(
    points: np.ndarray,
    placed: np.ndarray,
    xy: np.ndarray,
    weight: np.ndarray,
    sigma: np.ndarray,
    poses: np.ndarray,
    times_s: np.ndarray,
) -> HipsPath:
    """The path across the frames in which no two views show the trunk.

    points: (F, L, 3) landmarks that two views see, NaN elsewhere; placed: (F, L, 3) where one view
    alone puts them, see `fill_points`; times_s: (F,), evenly spaced.
    xy, weight, sigma, poses: see `Evidence`.
    """
    n_frames = len(points)
    path = HipsPath(np.zeros((n_frames, 3)), *np.zeros((3, n_frames)))
    statures = stature_of(points[:, LANDMARK_INDICES])
    if not np.isfinite(statures).any():  # two views never see all limbs at once
        return path
    stature = float(np.nanmedian(statures))
    hips = points[:, HIP_LANDMARKS].mean(axis=1) / stature
    by_bones = placed[:, HIP_LANDMARKS].mean(axis=1)
    lost = blindness(weight)[:, TRUNK_LANDMARKS].min(axis=1)
    step_s = float(np.median(np.diff(times_s)))
    density = _density(hips, step_s)
    view = weight[..., HIP_LANDMARKS].min(axis=-1).argmax(axis=0)
    for start, stop in spans(~np.isfinite(hips).all(axis=-1)):
        bridge = _bridge(hips, start, stop, step_s, density) if lost[start:stop].any() else None
        if bridge is None:
            continue
        frames = np.arange(start, stop)
        place, deviation = stature * bridge[0], _WIDER * stature * bridge[1]
        seen_by = view[frames]
        from_camera = place - camera_center(poses[seen_by])
        away = np.linalg.norm(from_camera, axis=-1)
        ray = from_camera / away[:, None]
        path.ray[frames] = ray
        path.along[frames] = (place * ray).sum(axis=-1)
        # As much surer than the bones as the path is, however many frames of both there are.
        by_size = _SIZE_ERROR * away
        apart = (by_bones[frames] * ray).sum(axis=-1) - path.along[frames]
        deviation = deviation * _doubt(apart, np.hypot(deviation, by_size))
        told = _precision_by_bones(xy[seen_by, frames], weight[seen_by, frames])
        told /= (away * sigma[seen_by]) ** 2
        path.precision[frames] = lost[frames] * told * (by_size / deviation) ** 2
        left = (deviation**-2.0 + by_size**-2.0) ** -0.5
        path.deviation[frames] = np.where(lost[frames] > 0, left, 0.0)
    return path


def add_path(
    path: HipsPath,
    points: np.ndarray,
    jacobian: np.ndarray,
    hessian: np.ndarray,
    gradient: np.ndarray,
) -> np.ndarray:
    """Add the path's normal equations to hessian (F, N, N) and gradient (F, N); its cost (F,).

    points: (F, L, 3) landmarks on the posed body, jacobian: (F, L, 3, N) their derivatives.
    """
    off = (points[:, HIP_LANDMARKS].mean(axis=1) * path.ray).sum(axis=-1) - path.along
    row = np.einsum("fa,fan->fn", path.ray, jacobian[:, HIP_LANDMARKS].mean(axis=1))
    pulled = path.precision[:, None] * row
    hessian += pulled[:, :, None] * row[:, None]
    gradient += off[:, None] * pulled
    return 0.5 * path.precision * off**2


def _density(places: np.ndarray, step_s: float) -> float:
    """Density of the acceleration by places (F, 3), over stature, NaN where they are not known.

    Half seconds whose frames are known are bridged from their ends, as gaps are; never less than
    motion capture's.
    """
    half, slope = (max(1, round(span / step_s)) for span in (0.5 * _TRIED_S, _SLOPE_S))
    reach = half + slope
    middle = np.arange(reach, len(places) - reach)
    tried_s, slope_s = 2.0 * half * step_s, 2.0 * slope * step_s
    before, after = middle - half, middle + half
    speeds = [(places[at + slope] - places[at - slope]) / slope_s for at in (before, after)]
    bridged = 0.5 * (places[before] + places[after]) + 0.125 * tried_s * (speeds[0] - speeds[1])
    squared = (places[middle] - bridged) ** 2
    known = squared[np.isfinite(squared).all(axis=1)]
    if len(known) < _MIN_TRIED:
        return _ACCELERATION
    noise = _NOISE**2 * (1.5 + (0.25 * tried_s / slope_s) ** 2)
    return max(_ACCELERATION, 192.0 * (float(known.mean()) - noise) / tried_s**3)


def _bridge(
    places: np.ndarray, start: int, stop: int, step_s: float, density: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Places (N, 3) across a gap and their standard deviations (N,), over stature.

    None where too little is known around it, or it is too long. places: (F, 3), NaN in gaps.
    """
    around = round(_AROUND_S / step_s)
    near = slice(max(start - around, 0), min(stop + around, len(places)))
    is_known = np.isfinite(places[near]).all(axis=-1)
    if stop - start > round(_LONGEST_S / step_s) or is_known.sum() < _MIN_KNOWN:
        return None
    smooth = _smoothest(places[near], is_known, step_s, density)
    deviation = _deviation(stop - start, (start > 0, stop < len(places)), step_s, density)
    return smooth[start - near.start : stop - near.start], deviation


def _smoothest(
    places: np.ndarray, is_known: np.ndarray, step_s: float, density: float
) -> np.ndarray:
    """(F, 3) places, over stature, with those between that are not known.

    The mean of a path whose acceleration is white noise, seen with `_NOISE`: a smoothing spline
    (Wahba, "Improper priors, spline smoothing and the problem of guarding against model errors in
    regression", JRSS B 1978).
    """
    stiffness = _NOISE**2 / (density * step_s**3)
    bands = np.zeros((3, len(places)))
    bands[2] += is_known
    n = len(places) - 2
    for i, a in enumerate(_SECOND):
        for j in range(i, 3):
            bands[2 - (j - i), j : j + n] += stiffness * a * _SECOND[j]
    return solveh_banded(bands, np.where(is_known[:, None], places, 0.0))


def _deviation(
    n_frames: int, is_known: tuple[bool, bool], step_s: float, density: float
) -> np.ndarray:
    """(N,) standard deviations, over stature, of a path in a gap of N frames.

    is_known: whether there is a place before, and one behind.
    """
    after = np.arange(1, n_frames + 1)
    ahead = after[::-1]
    reach = after * ahead / (n_frames + 1) if all(is_known) else after if is_known[0] else ahead
    return np.sqrt(density * (reach * step_s) ** 3 / 3.0 + _NOISE**2)


def _doubt(apart: np.ndarray, expected: np.ndarray) -> float:
    """How much less sure a path across a gap is for what bones say of it, at least 1.

    apart: (F,) between the two, NaN where bones say nothing; expected: (F,) standard deviations.
    Somebody who stands may turn a cartwheel: the tails are long. What bones get wrong hardly
    changes within a gap, so that what counts is how the two come and go; on footage and virtual
    takes that is half a variance for somebody who walks or dances, and 7 to 10 in cartwheels and
    kicks. One weight of Welsch for the whole gap: if a path strays, all of it does.
    """
    ratio = apart / expected
    told = ratio[np.isfinite(ratio)]
    return float(np.exp(0.5 * told.var())) if len(told) else 1.0


def _precision_by_bones(xy: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(F,) what keypoints (F, L, 2) tell of the logarithm of the distance, sigma and distance 1."""
    total = np.maximum(weight.sum(axis=1), 1e-9)[:, None]
    middle = (weight[..., None] * xy).sum(axis=1) / total
    return (weight * ((xy - middle[:, None]) ** 2).sum(axis=-1)).sum(axis=1)
