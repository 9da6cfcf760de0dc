"""When heels and toes stand on the floor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mvmocap_core.geometry.shapes import check_shape
from mvmocap_core.motion.spans import spans

SOLE_M = 0.025
"""Height of the detector's heel and toe landmarks above the floor that the foot stands on."""
_ENTER_HEIGHT_M, _LEAVE_HEIGHT_M = 0.04, 0.07
_ENTER_SPEED, _LEAVE_SPEED = 0.25, 0.5
_SPEED_SPAN_S = 0.1
_LIKELY, _POSSIBLE = 0.6, 0.45
_SHORTEST_S = 0.06


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


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactEdit:
    """What somebody who looked says about a stretch of time.

    foot: "left" or "right"; point: "heel" or "toe"; start_s, end_s: first video's clock.
    """

    foot: Literal["left", "right"]
    point: Literal["heel", "toe"]
    start_s: float
    end_s: float
    in_contact: bool


def steady(probability: np.ndarray, fps: float) -> np.ndarray:
    """Contacts (F, 2, 2) bool from probabilities: begun when likely, kept while possible."""
    on = probability > _LIKELY
    possible = probability > _POSSIBLE
    contacts = np.zeros_like(on)
    shortest = max(1, round(_SHORTEST_S * fps))
    for foot in range(2):
        for point in range(2):
            for start, stop in spans(possible[:, foot, point]):
                if on[start:stop, foot, point].any() and stop - start >= shortest:
                    contacts[start:stop, foot, point] = True
    return contacts


def edited(contacts: np.ndarray, times_s: np.ndarray, edits: Sequence[ContactEdit]) -> np.ndarray:
    """Contacts (F, 2, 2) at `times_s` (F,) with the edits put in, later ones over earlier ones."""
    contacts = contacts.copy()
    for edit in edits:
        during = (times_s >= edit.start_s) & (times_s <= edit.end_s)
        contacts[during, int(edit.foot == "right"), int(edit.point == "toe")] = edit.in_contact
    return contacts
