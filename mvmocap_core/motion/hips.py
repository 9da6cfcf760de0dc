"""Where the hips go when the feet are put elsewhere: along, so that knees stay as they were.

A leg that is nearly straight bends or straightens its knee by centimetres when hip and ankle come
nearer by millimetres: knees would pop. So the hips follow the feet, smoothly, the more the
straighter the leg is.
"""

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import maximum_filter1d, uniform_filter1d

_FOLLOW_HZ = 1.0
"""How fast the hips may follow where nothing presses."""
_STIFFEST = 60.0
_HOME = 20.0 * np.eye(3)
"""How much the hips keep their place: feet are seen worse than hips, and parallel legs would send
the hips far aside to bend one."""
_STRAIGHT = 0.998
"""Share of the leg's length up to which a leg is stretched, if it was not straighter before."""
_GIVE_S = 0.12
_SHORT_M = 0.005
"""By how much a stretched leg may miss where its foot is put: hips that go down for one leg's last
millimetres bend the other's knee by centimetres."""


def hip_shift(
    hips_m: np.ndarray,
    ankles_m: np.ndarray,
    targets_m: np.ndarray,
    lengths_m: np.ndarray,
    fps: float,
) -> np.ndarray:
    """(F, 3) smooth way of the hips for ankles that go to `targets_m`, such that legs reach.

    hips_m, ankles_m, targets_m: (F, 2, 3) left and right; lengths_m: (2,) of the straight legs.
    """
    legs_m = ankles_m - hips_m
    before_m = np.linalg.norm(legs_m, axis=2)
    shift = _followed(legs_m, before_m / lengths_m, targets_m - ankles_m, fps)
    longest_m = np.maximum(before_m, _STRAIGHT * lengths_m)
    shift[:, 2] -= _lowering_m(targets_m - hips_m - shift[:, None], longest_m, fps)
    return shift


def _followed(
    legs_m: np.ndarray, straightness: np.ndarray, moved_m: np.ndarray, fps: float
) -> np.ndarray:
    """Keep hips and ankles as far apart as they were, weighed by what a knee would do otherwise."""
    n_frames = len(legs_m)
    along = legs_m / np.maximum(np.linalg.norm(legs_m, axis=2, keepdims=True), 1e-9)
    weight = np.minimum(0.25 / np.maximum(1.0 - straightness, 1e-6), _STIFFEST)
    blocks = np.einsum("fs,fsa,fsb->fab", weight, along, along) + _HOME
    right = np.einsum("fs,fsa,fs->fa", weight, along, (along * moved_m).sum(axis=2))
    bands = np.zeros((7, 3 * n_frames))
    for i in range(3):
        for j in range(i + 1):
            bands[i - j, j::3] = blocks[:, i, j]
    if n_frames > 2:
        stiffness = (2.0 * np.sin(np.pi * _FOLLOW_HZ / fps)) ** -4.0
        stencil = (1.0, -2.0, 1.0)
        for i, a in enumerate(stencil):
            for j in range(i, 3):
                frames = 3 * (n_frames - 2)
                bands[3 * (j - i), 3 * i : 3 * i + frames] += stiffness * a * stencil[j]
    return solveh_banded(bands, right.reshape(-1), lower=True).reshape(-1, 3)


def _lowering_m(away_m: np.ndarray, longest_m: np.ndarray, fps: float) -> np.ndarray:
    """(F,) by how much the hips must give way for both legs to reach, smooth, hardly too little."""
    across_m = np.linalg.norm(away_m[..., :2], axis=2)
    drop_m = np.sqrt(np.maximum(longest_m**2 - across_m**2, 0.0))
    needed_m = np.maximum(-away_m[..., 2] - drop_m - _SHORT_M, 0.0).max(axis=1)
    size = 2 * max(1, round(_GIVE_S * fps)) + 1
    return uniform_filter1d(maximum_filter1d(needed_m, size, mode="nearest"), size, mode="nearest")
