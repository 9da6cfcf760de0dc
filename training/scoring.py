"""Errors of lifted poses, as all trainings and benches tell them."""

import numpy as np
from torch import Tensor

from mvmocap_core.geometry.alignment import n_mpjpe, p_mpjpe

STATURE_MM = 1720.0
"""Errors are told on a body of average stature."""
_LIMBS = slice(3, 15)
_NEAR_MM = 150.0


def limbs(pose: Tensor) -> np.ndarray:
    """(..., J, 3) -> (N, 12, 3) float64: shoulders to ankles, without the head and the toes."""
    return pose[..., _LIMBS, :].reshape(-1, 12, 3).double().numpy()


def limb_errors(found: Tensor, truth: Tensor) -> dict[str, float]:
    """Of poses (..., J, 3) over stature, millimetres; see `mvmocap_core.geometry.alignment`."""
    a, b = limbs(found), limbs(truth)
    return {"n_mpjpe_mm": STATURE_MM * n_mpjpe(a, b), "p_mpjpe_mm": STATURE_MM * p_mpjpe(a, b)}


def n_pck(found: Tensor, truth: Tensor) -> float:
    """Share of the limbs' joints within 150 mm after the best scale of each pose (..., J, 3)."""
    a, b = limbs(found), limbs(truth)
    scale = (a * b).sum(axis=(1, 2)) / np.square(a).sum(axis=(1, 2))
    apart = STATURE_MM * np.linalg.norm(scale[:, None, None] * a - b, axis=-1)
    return float((apart < _NEAR_MM).mean())
