"""How cameras that see one room can be turned against each other."""

from itertools import permutations, product

import numpy as np

from mvmocap_core.calibration.scene import Priors

CUBE = np.stack(
    [
        np.eye(3)[list(order)] * np.array(signs)
        for order in permutations(range(3))
        for signs in product((1.0, -1.0), repeat=3)
        if np.linalg.det(np.eye(3)[list(order)] * np.array(signs)) > 0
    ]
)
"""(24, 3, 3) the turns of a cube onto itself: a room's axes are known but for one of these."""


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
