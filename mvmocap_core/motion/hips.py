"""Where the hips go when the feet are put elsewhere: along, so that knees stay as they were.

A leg that is nearly straight bends or straightens its knee by centimetres when hip and ankle come
nearer by millimetres: knees would pop. So the hips follow the feet, smoothly, the more the
straighter a leg is: both together, and one up and the other down as the pelvis rolls.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import maximum_filter1d, uniform_filter1d

_FOLLOW_HZ = 1.0
"""How fast the hips may follow where nothing presses."""
_STIFFEST = 60.0
_HOME = np.diag([20.0, 20.0, 20.0, 40.0])
"""How much the hips keep their place, and the pelvis its roll: feet are seen worse than hips, and
parallel legs would send the hips far aside to bend one."""
_STRAIGHT = 0.998
"""Share of the leg's length up to which a leg is stretched, if it was not straighter before."""
_GIVE_S = 0.12
_SHORT_M = 0.005
"""By how much a stretched leg may miss where its foot is put: hips that go down for one leg's last
millimetres bend the other's knee by centimetres."""


_SIDES = np.array([1.0, -1.0])


@dataclass(frozen=True, slots=True, eq=False)
class HipShift:
    """Where hips go.

    shift_m: (F, 3) both. lift_m: (F,) the left one up along the pelvis, and the right one down.
    """

    shift_m: np.ndarray
    lift_m: np.ndarray


def hip_shift(
    hips_m: np.ndarray,
    ankles_m: np.ndarray,
    targets_m: np.ndarray,
    lengths_m: np.ndarray,
    up: np.ndarray,
    fps: float,
) -> HipShift:
    """A smooth way of the hips for ankles that go to `targets_m`, such that legs reach.

    hips_m, ankles_m, targets_m: (F, 2, 3) left and right; lengths_m: (2,) of the straight legs.
    up: (F, 3) unit, of the pelvis.
    """
    legs_m = ankles_m - hips_m
    before_m = np.linalg.norm(legs_m, axis=2)
    along = legs_m / np.maximum(before_m[..., None], 1e-9)
    # What of a step (shift, lift) each hip does along its leg.
    rows = np.concatenate(
        [along, _SIDES[:, None] * np.einsum("fsa,fa->fs", along, up)[..., None]], axis=2
    )
    moved_m = (along * (targets_m - ankles_m)).sum(axis=2)
    step = _followed(rows, before_m / lengths_m, moved_m, fps)
    lifted_m = step[:, 3, None, None] * _SIDES[:, None] * up[:, None]
    away_m = targets_m - hips_m - step[:, None, :3] - lifted_m
    longest_m = np.maximum(before_m, _STRAIGHT * lengths_m)
    step[:, 2] -= _lowering_m(away_m, longest_m, fps)
    return HipShift(step[:, :3], step[:, 3])


def _followed(
    rows: np.ndarray, straightness: np.ndarray, moved_m: np.ndarray, fps: float
) -> np.ndarray:
    """(F, 4) smooth steps that keep hips and ankles as far apart as they were.

    rows: (F, 2, 4) of each leg; moved_m: (F, 2) of its ankle along it. Legs count by what their
    knees would do otherwise.
    """
    n_frames, _, size = rows.shape
    weight = np.minimum(0.25 / np.maximum(1.0 - straightness, 1e-6), _STIFFEST)
    blocks = np.einsum("fs,fsa,fsb->fab", weight, rows, rows) + _HOME
    right = np.einsum("fs,fsa,fs->fa", weight, rows, moved_m)
    bands = np.zeros((2 * size + 1, size * n_frames))
    for i in range(size):
        for j in range(i + 1):
            bands[i - j, j::size] = blocks[:, i, j]
    if n_frames > 2:
        stiffness = (2.0 * np.sin(np.pi * _FOLLOW_HZ / fps)) ** -4.0
        stencil = (1.0, -2.0, 1.0)
        length = size * (n_frames - 2)
        for i, a in enumerate(stencil):
            for j in range(i, 3):
                bands[size * (j - i), size * i : size * i + length] += stiffness * a * stencil[j]
    return solveh_banded(bands, right.reshape(-1), lower=True).reshape(-1, size)


def _lowering_m(away_m: np.ndarray, longest_m: np.ndarray, fps: float) -> np.ndarray:
    """(F,) by how much the hips must give way for both legs to reach, smooth, hardly too little."""
    across_m = np.linalg.norm(away_m[..., :2], axis=2)
    drop_m = np.sqrt(np.maximum(longest_m**2 - across_m**2, 0.0))
    needed_m = np.maximum(-away_m[..., 2] - drop_m - _SHORT_M, 0.0).max(axis=1)
    size = 2 * max(1, round(_GIVE_S * fps)) + 1
    return uniform_filter1d(maximum_filter1d(needed_m, size, mode="nearest"), size, mode="nearest")
