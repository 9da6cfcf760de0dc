"""A bone map that was found, and how far to trust it. Without numpy, for the panels."""

from collections.abc import Mapping
from dataclasses import dataclass

NO_FAMILY = "Humanoid"
"""Family of a map that no preset gave."""
SURE = 0.75
"""Joints that are less certain are to be looked at."""


@dataclass(frozen=True, slots=True)
class DetectedMap:
    """A bone map and how far to trust it.

    family:    name of the preset, or `NO_FAMILY`.
    bones:     the rig's own bone names by joint name.
    certainty: of each joint of `bones`, in [0, 1].
    score:     of the whole, in [0, 1]: low as soon as one needed joint is missing or unsure.
    """

    family: str
    bones: Mapping[str, str]
    certainty: Mapping[str, float]
    score: float

    @property
    def unsure(self) -> tuple[str, ...]:
        """Joints to look at."""
        return tuple(joint for joint, value in self.certainty.items() if value < SURE)
