"""Guesses put right by the frames of the same take in which the views do see. Numpy only.

What a guess gets wrong of one performer in one view is much the same at the next moment and in
the same pose: shoulders too narrow, a knee too far away. Where two views see a landmark, the
error of the guess is known; where they do not, Gaussian process regression (Rasmussen & Williams,
2006, chapter 2) tells it from the frames near in time and the frames alike in pose, and how sure
that is. No network is trained: a minute of video takes a second or two.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.lifting.joints import LANDMARK_INDICES, stature_of, trunk_axes
from mvmocap_core.lifting.lifted import HIP_LANDMARKS, Lifted

MIN_KNOWN = 5
"""Frames that show a landmark to two views, for its guess to be put right."""
_BELIEVABLE = 0.3  # a guess is not farther off than this over stature: the views are
_WINDOW_S = 4.0
_MOST, _MOSTLY = 0.5, 0.8
_NEAR, _FAR = 120, 60  # frames within a window of the wanted ones, and elsewhere, that are used


@dataclass(frozen=True, kw_only=True, slots=True)
class Kernel:
    """Covariance of what is regressed. Lengths over stature; each a standard deviation.

    constant: the same in all frames. alike, reach: in frames whose poses are within `reach`, the
    root mean square over joints. recent, reach_s: in frames within `reach_s` (Matern 3/2).
    noise: of one frame of what two views tell.
    """

    constant: float
    alike: float
    reach: float
    recent: float
    reach_s: float
    noise: float


GUESSED = Kernel(constant=0.03, alike=0.05, reach=0.08, recent=0.03, reach_s=0.3, noise=0.015)
"""Of the error of a guess, in the view's crop."""
UNSEEN = Kernel(constant=0.05, alike=0.05, reach=0.12, recent=0.1, reach_s=0.6, noise=0.01)
"""Of where a landmark is, in the trunk's axes."""


def offsets_of(points: np.ndarray) -> np.ndarray:
    """(F, L, 3) landmarks from the middle of the hips, over stature by the limbs; NaN = unknown."""
    statures = stature_of(points[:, LANDMARK_INDICES])
    known = statures[np.isfinite(statures)]
    stature = float(np.median(known)) if len(known) else float("nan")
    return (points - points[:, HIP_LANDMARKS].mean(axis=1, keepdims=True)) / stature


def correct(lifted: Lifted, offsets: np.ndarray, poses: np.ndarray, times_s: np.ndarray) -> Lifted:
    """Every view's guesses, less the errors that they are expected to have.

    offsets: (F, L, 3) as `offsets_of` gives them, world axes, NaN where two views do not see the
    landmark; poses: (V, 4, 4) T_cam_world; times_s: (F,).
    Frames where two views see are left as they are, and so is a landmark that they never see.
    """
    R_crop_world = lifted.R_crop_cam @ poses[:, None, :3, :3]
    points, error = lifted.points.copy(), lifted.error.copy()
    for view, R in enumerate(R_crop_world):
        truth = np.einsum("fab,flb->fla", R, offsets)
        off = truth - lifted.points[view]
        off[np.linalg.norm(off, axis=-1) > _BELIEVABLE] = np.nan
        pose = lifted.points[view][:, LANDMARK_INDICES]
        features = pose @ trunk_axes(pose)
        guessed = (
            np.isfinite(points[view]).all(axis=-1) & np.isfinite(features).all(axis=(1, 2))[:, None]
        )
        wanted = guessed & ~np.isfinite(offsets).all(axis=-1)
        known = guessed & np.isfinite(off).all(axis=-1)
        for frames, columns, mean, std in _regress(GUESSED, times_s, features, off, known, wanted):
            rows = np.ix_(frames, columns)
            points[view][rows] += mean
            error[view][rows] = std[:, None, None]
    return replace(lifted, points=points, error=error)


def remember(offsets: np.ndarray, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where landmarks are that nothing shows, by the rest of the pose and by the time.

    offsets: (F, L, 3) as for `correct`. Returns the offsets (F, L, 3) of what is missing, and
    their standard deviation (F, L); NaN and inf for all else.
    """
    told = np.full(offsets.shape, np.nan)
    error = np.full(offsets.shape[:2], np.inf)
    known = np.isfinite(offsets).all(axis=-1)
    pose = _filled(offsets[:, LANDMARK_INDICES], times_s)
    if pose is None:
        return told, error
    axes = trunk_axes(pose)
    own = np.einsum("fba,flb->fla", axes, offsets)
    features = pose @ axes
    visible = known[:, LANDMARK_INDICES]
    is_shown = visible.mean(axis=1) > _MOST
    for columns in _alike_columns(known):
        missing = ~known[:, columns[0]]
        if not missing.any() or (~missing).sum() < MIN_KNOWN:
            continue
        mask = np.zeros_like(known)
        mask[:, columns] = True
        middle = np.where(missing[:, None, None], 0.0, own).sum(axis=0) / (~missing).sum()
        for wanted in (missing & is_shown, missing & ~is_shown):
            if not wanted.any():
                continue
            # What shows while this does not; of a pose that does not show, the time is known.
            used = visible[wanted].mean(axis=0) > _MOSTLY
            parts = _regress(
                UNSEEN, times_s, features[:, used], own - middle, known & mask,
                wanted[:, None] & mask,
            )  # fmt: skip
            for frames, chosen, mean, std in parts:
                rows = np.ix_(frames, chosen)
                told[rows] = np.einsum("fab,flb->fla", axes[frames], mean + middle[chosen])
                error[rows] = std[:, None]
    return told, error


def _filled(pose: np.ndarray, times_s: np.ndarray) -> np.ndarray | None:
    """(F, J, 3) with gaps interpolated; None if a joint is hardly ever known."""
    filled = pose.copy()
    for joint in range(pose.shape[1]):
        known = np.isfinite(pose[:, joint]).all(axis=-1)
        if known.sum() < MIN_KNOWN:
            return None
        for axis in range(3):
            filled[:, joint, axis] = np.interp(times_s, times_s[known], pose[known, joint, axis])
    return filled


def _alike_columns(known: np.ndarray) -> list[np.ndarray]:
    """Landmarks by groups that are known in the same frames (F, L)."""
    _, group = np.unique(known, axis=1, return_inverse=True)
    group = group.ravel()
    return [np.flatnonzero(group == k) for k in range(group.max() + 1)]


def _regress(
    kernel: Kernel,
    times_s: np.ndarray,
    features: np.ndarray,
    values: np.ndarray,
    known: np.ndarray,
    wanted: np.ndarray,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Window by window: frames (W,), landmarks (N,), mean (W, N, 3) and deviation (W,) there."""
    window = ((times_s - times_s[0]) // _WINDOW_S).astype(int)
    for columns in _alike_columns(np.concatenate([known, wanted])):
        has, wants = known[:, columns[0]], wanted[:, columns[0]]
        if has.sum() < MIN_KNOWN:
            continue
        for part in np.unique(window[wants]):
            frames = np.flatnonzero(wants & (window == part))
            given = _chosen(np.flatnonzero(has), frames)
            a = _covariance(kernel, times_s, features, given, given)
            a[np.diag_indices(len(given))] += kernel.noise**2
            b = _covariance(kernel, times_s, features, frames, given)
            told = values[given][:, columns].reshape(len(given), -1)
            solved = np.linalg.solve(a, np.concatenate([told, b.T], axis=1))
            mean = (b @ solved[:, : told.shape[1]]).reshape(len(frames), -1, 3)
            total = kernel.constant**2 + kernel.alike**2 + kernel.recent**2 + kernel.noise**2
            left = total - (b * solved[:, told.shape[1] :].T).sum(axis=1)
            yield frames, columns, mean, np.sqrt(np.maximum(left, kernel.noise**2))


def _chosen(given: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Of the known frames those that are near, and some of all the others."""
    order = np.argsort(np.abs(given[:, None] - frames[[0, len(frames) // 2, -1]]).min(axis=1))
    near, far = order[:_NEAR], np.sort(order[_NEAR:])
    some = far[np.linspace(0, len(far) - 1, min(len(far), _FAR)).astype(int)]
    return np.sort(given[np.concatenate([near, some])])


def _covariance(
    kernel: Kernel, times_s: np.ndarray, features: np.ndarray, a: np.ndarray, b: np.ndarray
) -> np.ndarray:
    n_joints = max(features.shape[1], 1)
    p, q = features[a].reshape(len(a), -1), features[b].reshape(len(b), -1)
    squared = (p**2).sum(axis=1)[:, None] + (q**2).sum(axis=1) - 2.0 * p @ q.T
    alike = np.exp(-0.5 * np.maximum(squared, 0.0) / (n_joints * kernel.reach**2))
    if not features.shape[1]:  # nothing says which poses are alike
        alike = (a[:, None] == b).astype(np.float64)
    apart = np.sqrt(3.0) * np.abs(times_s[a][:, None] - times_s[b]) / kernel.reach_s
    recent = (1.0 + apart) * np.exp(-apart)
    return kernel.constant**2 + kernel.alike**2 * alike + kernel.recent**2 * recent
