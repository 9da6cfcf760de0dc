"""From cameras and keypoints to a motion clip."""

import numpy as np

from mvmocap_core.body.evidence import Evidence
from mvmocap_core.body.residuals import point_normals

LANDMARK_PLAY_M = 0.02
"""How far a landmark wanders from its place on the posed body (standard deviation)."""


def refine_landmarks(predicted: np.ndarray, evidence: Evidence, n_steps: int = 5) -> np.ndarray:
    """Landmarks (F, L, 3) between where the body puts them and where the views see them."""
    points = predicted.copy()
    stiffness = LANDMARK_PLAY_M**-2.0
    for _ in range(n_steps):
        M, b, _ = point_normals(points, evidence)
        b = b + stiffness * (points - predicted)
        points -= np.linalg.solve(M + stiffness * np.eye(3), b[..., None])[..., 0]
    return points
