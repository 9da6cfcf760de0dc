"""What single views say of depth, used where two views together do not tell.

A lifted pose is a guess at every landmark's place from the middle of the hips. It counts for the
landmarks that fewer than two views see, and not at all where two see them: there the geometry
knows better.
"""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.lifting.correction import remember
from mvmocap_core.lifting.lifted import (
    HIP_LANDMARKS,
    TRUNK_LANDMARKS,
    Lifted,
    blindness,
    hiddenness,
)

INDEPENDENT = 0.3
"""Share of the frames that count beside what two views see: a lifter's errors last."""
LOST = 1.0
"""The same while one view alone shows the performer: its keypoints last as long in their errors."""
CAUCHY_SCALE = 2.0
"""Standard deviations from which a guess is doubted, where two views say something else."""
ALONE, ALONE_CAUCHY_SCALE = 3.0, 8.0
"""The same for a single video: its keypoints last as long in their errors, and nothing else tells
that a guess is wrong. On videos with truth guesses are off by 0.6 of what `Lifted.error` says."""


@dataclass(frozen=True, slots=True, eq=False)
class DepthPrior:
    """F frames, L landmarks, V views.

    offsets:   (V, F, L, 3), or one view more, expected places from the middle of the hips, world
               axes, over stature.
    precision: (V, F, L, 3, 3) inverse covariance of them, 0 where they do not count.
    cauchy_scale: standard deviations from which they are doubted.
    """

    offsets: np.ndarray
    precision: np.ndarray
    cauchy_scale: float = CAUCHY_SCALE

    def __getitem__(self, frames: slice | np.ndarray) -> "DepthPrior":
        return DepthPrior(self.offsets[:, frames], self.precision[:, frames], self.cauchy_scale)

    def counted(self, share: np.ndarray) -> "DepthPrior":
        """The same, of which a share (F, L) counts."""
        return replace(self, precision=share[..., None, None] * self.precision)


def depth_prior(lifted: Lifted, weight: np.ndarray, poses: np.ndarray) -> DepthPrior:
    """Turn lifted poses into the world's axes, weighed by how blind the views are.

    weight: (V, F, L) of the keypoints in [0, 1]; poses: (V, 4, 4) T_cam_world.
    """
    R_crop_world = lifted.R_crop_cam @ poses[:, None, :3, :3]
    offsets = np.einsum("vfba,vflb->vfla", R_crop_world, lifted.points)
    known = np.isfinite(offsets).all(axis=-1) & np.isfinite(lifted.error).all(axis=-1)
    sigma = np.where(known[..., None], lifted.error, 1.0)[..., (0, 0, 1)]
    blind = blindness(weight)
    lost = blind[:, TRUNK_LANDMARKS].min(axis=1, keepdims=True)
    is_alone = len(poses) == 1
    independent = ALONE if is_alone else INDEPENDENT + (LOST - INDEPENDENT) * lost
    share = np.where(known, independent * blind, 0.0)
    scaled = np.nan_to_num(R_crop_world)[:, :, None] / sigma[..., None]
    precision = share[..., None, None] * (scaled.swapaxes(-1, -2) @ scaled)
    cauchy_scale = ALONE_CAUCHY_SCALE if is_alone else CAUCHY_SCALE
    return DepthPrior(np.where(known[..., None], offsets, 0.0), precision, cauchy_scale)


def with_memory(
    prior: DepthPrior, offsets: np.ndarray, weight: np.ndarray, times_s: np.ndarray
) -> DepthPrior:
    """The prior and, as one view more, where landmarks are that no view shows.

    offsets: (F, L, 3) of what two views see, see `correction.remember`; weight: (V, F, L) of the
    keypoints in [0, 1].
    """
    told, error = remember(offsets, times_s)
    known = np.isfinite(error)
    share = np.where(
        known, INDEPENDENT * hiddenness(weight) / np.where(known, error, 1.0) ** 2, 0.0
    )
    told = np.where(known[..., None], told, 0.0)
    return DepthPrior(
        np.concatenate([prior.offsets, told[None]]),
        np.concatenate([prior.precision, (share[..., None, None] * np.eye(3))[None]]),
        prior.cauchy_scale,
    )


def add_prior(
    prior: DepthPrior,
    points: np.ndarray,
    jacobian: np.ndarray,
    stature: float,
    hessian: np.ndarray,
    gradient: np.ndarray,
) -> np.ndarray:
    """Add the prior's normal equations to hessian (F, N, N) and gradient (F, N); its cost (F,).

    points: (F, L, 3) landmarks on the posed body, jacobian: (F, L, 3, N) their derivatives;
    stature: what the prior's lengths are multiplied with.
    """
    n_frames, n_landmarks = points.shape[:2]
    own = points - points[:, HIP_LANDMARKS].mean(axis=1, keepdims=True)
    rows = jacobian - jacobian[:, HIP_LANDMARKS].mean(axis=1, keepdims=True)
    cost, scale = np.zeros(n_frames), prior.cauchy_scale
    M = np.zeros((n_frames, n_landmarks, 3, 3))
    b = np.zeros((n_frames, n_landmarks, 3))
    for offsets, precision in zip(prior.offsets, prior.precision, strict=True):
        P = precision / stature**2
        off = own - stature * offsets
        pull = (P @ off[..., None])[..., 0]
        squared = (off * pull).sum(axis=-1)
        cost += 0.5 * scale**2 * np.log1p(squared / scale**2).sum(axis=1)
        robust = 1.0 / (1.0 + squared / scale**2)
        M += robust[..., None, None] * P
        b += robust[..., None] * pull
    used = M.any(axis=(1, 2, 3))
    if used.any():
        n = jacobian.shape[-1]
        flat = rows[used].reshape(-1, 3 * n_landmarks, n)
        turned = (M[used] @ rows[used]).reshape(flat.shape)
        hessian[used] += flat.transpose(0, 2, 1) @ turned
        gradient[used] += np.einsum("fpn,fp->fn", flat, b[used].reshape(len(flat), -1))
    return cost


def fill_points(
    points: np.ndarray,
    lifted: Lifted,
    xy: np.ndarray,
    weight: np.ndarray,
    poses: np.ndarray,
    stature: float,
) -> np.ndarray:
    """Triangulated landmarks (F, L, 3) with the missing ones (NaN) from the views' lifted poses.

    xy: (V, F, L, 2) and weight: (V, F, L) of the keypoints: they say how far away the pose is.
    The view that sees most goes first.
    """  # fmt: skip
    filled = points.copy()
    placed = np.stack(
        [
            _place(lifted.points[v], lifted.R_crop_cam[v], xy[v], weight[v], stature)
            for v in range(len(poses))
        ]
    )
    seen = weight.sum(axis=-1)
    order = np.argsort(-seen, axis=0)
    frames = np.arange(len(points))
    for rank in range(len(poses)):
        view = order[rank]
        in_camera = placed[view, frames] - poses[view, None, :3, 3]
        world = np.einsum("fba,flb->fla", poses[view, :3, :3], in_camera)
        missing = ~np.isfinite(filled).all(axis=-1) & np.isfinite(world).all(axis=-1)
        filled[missing] = world[missing]
    return filled


def _place(
    lifted: np.ndarray, R_crop_cam: np.ndarray, xy: np.ndarray, weight: np.ndarray, stature: float
) -> np.ndarray:
    """(F, L, 3) lifted landmarks in camera axes, where their keypoints show them; NaN if few do."""
    d = stature * np.einsum("fba,flb->fla", R_crop_cam, lifted)
    w = np.where(np.isfinite(d).all(axis=-1), weight, 0.0)
    d0 = np.where(w[..., None] > 0, d, 0.0)
    # x (Z + dz) = X + dx for every landmark: three unknowns X, Y, Z in the least squares sense
    rows = np.zeros((*w.shape, 2, 3))
    rows[..., 0, 0] = rows[..., 1, 1] = -1.0
    rows[..., 2] = xy
    right = d0[..., :2] - xy * d0[..., 2:]
    normal = np.einsum("fl,flki,flkj->fij", w, rows, rows)
    vector = np.einsum("fl,flki,flk->fi", w, rows, right)
    enough = (w > 0).sum(axis=1) >= 6
    root = np.full((len(w), 3), np.nan)
    root[enough] = np.linalg.solve(normal[enough], vector[enough][..., None])[..., 0]
    root[~(root[:, 2] > 0)] = np.nan
    return d + root[:, None]
