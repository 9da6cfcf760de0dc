"""Which files of a take are whose. Without numpy: a panel asks while it is drawn."""

from pathlib import Path

MOTION = "motion.npz"
PICTURE_FILE = "performer.jpg"
"""Both views of a performer at one moment, side by side."""


def own_file(folder: Path, name: str, person: int) -> Path:
    """A performer's file of a kind: `motion.npz` of the first, number 0, then `motion_2.npz`."""
    plain = folder / name
    return plain.with_stem(f"{plain.stem}_{person + 1}") if person else plain


def motion_file(folder: Path, person: int) -> Path:
    """Where the finished motion of a performer is, or will be; the first one's number is 0."""
    return own_file(folder, MOTION, person)


def count_motions(folder: Path) -> int:
    """How many performers have a finished motion."""
    person = 0
    while motion_file(folder, person).is_file():
        person += 1
    return person
