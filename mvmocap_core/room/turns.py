"""How cameras that see one room can be turned against each other."""

import numpy as np

from mvmocap_core.room.axes import CUBE


def room_turns(room_axes: np.ndarray, R: np.ndarray) -> np.ndarray:
    """(V, 3, 3) turns from the first camera's axes to each view's that its room's axes allow.

    room_axes: (V, 3, 3) see `RoomAxes`. R: (V, 3, 3) rotations of the cameras, world to camera.
    Of 24, the turn nearest to these; NaN for the first view, and where a room is not known.
    """
    turns = np.full_like(R, np.nan)
    for view in range(1, len(R)):
        allowed = room_axes[view] @ CUBE @ room_axes[0].T
        if np.isfinite(allowed).all():
            alike = np.einsum("gab,ab->g", allowed, R[view] @ R[0].T)
            turns[view] = allowed[alike.argmax()]
    return turns
