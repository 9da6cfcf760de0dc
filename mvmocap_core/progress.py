"""How long work tells its caller how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called by every stage now and then. May raise `Cancelled` to stop the work.

    fraction: of this stage, 0 to 1.
    message:  what is being done, for a person.
    """

    def __call__(self, fraction: float, message: str) -> None:
        """Take note, or raise `Cancelled`."""
        ...


def silent(fraction: float, message: str) -> None:
    """Progress that nobody watches."""


def part(progress: Progress, begin: float, share: float) -> Progress:
    """The progress of work that is one share of the whole, from `begin` on."""

    def told(fraction: float, message: str) -> None:
        progress(begin + share * fraction, message)

    return told
