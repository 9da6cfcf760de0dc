"""When heels and toes stand on the floor."""

import numpy as np

from mvmocap_core.geometry.shapes import check_shape

SOLE_M = 0.025
"""Height of the detector's heel and toe landmarks above the floor that the foot stands on."""
_ENTER_HEIGHT_M, _LEAVE_HEIGHT_M = 0.04, 0.07
_ENTER_SPEED, _LEAVE_SPEED = 0.25, 0.5
_SPEED_SPAN_S = 0.1


def speeds(points_m: np.ndarray, fps: float) -> np.ndarray:
    """(F, ..., 3) -> (F, ...) metres a second, over about a tenth of a second."""
    span = max(1, round(0.5 * _SPEED_SPAN_S * fps))
    index = np.arange(len(points_m))
    before = np.maximum(index - span, 0)
    after = np.minimum(index + span, len(points_m) - 1)
    elapsed = np.maximum(after - before, 1) / fps
    moved = np.linalg.norm(points_m[after] - points_m[before], axis=-1)
    return moved / elapsed.reshape(-1, *([1] * (moved.ndim - 1)))


def detect_contacts(soles_m: np.ndarray, fps: float) -> np.ndarray:
    """Contacts by hysteresis on height and speed.

    soles_m: (F, 2, 2, 3) left/right foot, heel/toe landmark, world with the floor at 0.
    Returns (F, 2, 2) bool; False where a landmark is missing.
    """
    check_shape("soles_m", soles_m, (None, 2, 2, 3))
    height = soles_m[..., 2] - SOLE_M
    speed = speeds(soles_m, fps)
    enter = (height < _ENTER_HEIGHT_M) & (speed < _ENTER_SPEED)
    stay = (height < _LEAVE_HEIGHT_M) & (speed < _LEAVE_SPEED)
    contacts = np.zeros(enter.shape, dtype=bool)
    on = np.zeros(enter.shape[1:], dtype=bool)
    for frame in range(len(enter)):
        on = enter[frame] | (on & stay[frame])
        contacts[frame] = on
    # what led into a contact belongs to it as well: the same rule backwards in time
    on[:] = False
    for frame in range(len(enter) - 1, -1, -1):
        on = contacts[frame] | (on & stay[frame])
        contacts[frame] = on
    return contacts
