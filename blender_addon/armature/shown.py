"""What of a take is shown in a scene. Without numpy, for the panels."""

from enum import StrEnum

ARMATURE_PART, JOINT_PART, FLOOR_PART = "armature", "joint", "floor"
"""Which part of a set-up an object is; of further performers a number follows."""


class Skeleton(StrEnum):
    """As what the performers' skeletons are shown."""

    ARMATURE = "ARMATURE"
    EMPTIES = "EMPTIES"
    NONE = "NONE"


def part_of(kind: str, person: int) -> str:
    """A performer's part; the first one's number is 0."""
    return f"{kind} {person + 1}" if person else kind


def skeleton_of(parts: set[str]) -> Skeleton:
    """As what the skeletons are shown, where these parts are."""
    if ARMATURE_PART in parts:
        return Skeleton.ARMATURE
    has_joints = any(part.startswith(JOINT_PART) for part in parts)
    return Skeleton.EMPTIES if has_joints else Skeleton.NONE
