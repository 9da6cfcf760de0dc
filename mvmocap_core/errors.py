"""What can go wrong in a way that the user can mend."""


class MocapError(Exception):
    """A problem whose message says, in one line, what to do about it.

    `reason` is a short code for `report.json`, stable between releases.
    """

    reason = "error"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason


class InputError(MocapError):
    """A file, an option or a folder that cannot be used as given."""

    reason = "bad_input"


class UnsolvableError(MocapError):
    """The videos were read, but no motion can be solved from them."""

    reason = "unsolvable"


class ModelError(MocapError):
    """A detector model file is missing or is not the one expected."""

    reason = "model_missing"


class Cancelled(Exception):  # noqa: N818 - a request, not an error
    """The user asked to stop. Raised from a progress callback, never by a stage itself."""
