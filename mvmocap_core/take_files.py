"""Which files of a take hold its motions. Without numpy: a panel asks while it is drawn."""

from pathlib import Path


def motion_file(folder: Path, person: int) -> Path:
    """Where the finished motion of a performer is, or will be; the first one's number is 0."""
    return folder / (f"motion_{person + 1}.npz" if person else "motion.npz")


def count_motions(folder: Path) -> int:
    """How many performers have a finished motion."""
    person = 0
    while motion_file(folder, person).is_file():
        person += 1
    return person
