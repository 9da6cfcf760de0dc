"""How cameras that see one room can be turned against each other."""

import numpy as np

from mvmocap_core.calibration.scene import Priors
from mvmocap_core.room.axes import CUBE


def room_turns(priors: Priors, R: np.ndarray) -> np.ndarray:
    """(V, 3, 3) turns from the first camera's axes to each view's that its room's axes allow.

    Of 24, that nearest to the cameras' rotations R (V, 3, 3); NaN for the first view, and where
    a room is not known.
    """
    turns = np.full_like(R, np.nan)
    for view in range(1, len(R)):
        allowed = priors.room_axes[view] @ CUBE @ priors.room_axes[0].T
        if np.isfinite(allowed).all():
            alike = np.einsum("gab,ab->g", allowed, R[view] @ R[0].T)
            turns[view] = allowed[alike.argmax()]
    return turns
