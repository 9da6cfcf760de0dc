"""Everybody who was followed in a take's videos, kept for whoever says who is who later."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mvmocap_core.corrections.files import identities_record, parse_identities
from mvmocap_core.corrections.identities import Followed, Identity
from mvmocap_core.errors import InputError
from mvmocap_core.storage import from_arrays, load_arrays, save_arrays, to_arrays


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """identities: those that the solve took into account, as JSON."""

    followed: Followed
    identities: str


def save_followed(take_folder: Path, followed: Followed, known: Sequence[Identity]) -> None:
    """Keep everybody, as the detector left them, and who is who as the solve knew it.

    Raises InputError when it cannot be written.
    """
    kept = _Kept(followed, json.dumps(identities_record(known)))
    save_arrays(_path(take_folder), to_arrays(kept))


def load_followed(take_folder: Path) -> tuple[Followed, tuple[Identity, ...]]:
    """What `save_followed` kept. Raises InputError if it is not there."""
    arrays = load_arrays(_path(take_folder))
    try:
        if arrays is not None:
            kept = from_arrays(_Kept, arrays)
            return kept.followed, parse_identities(json.loads(kept.identities))
    except (KeyError, TypeError, ValueError):
        pass  # kept by another version
    message = f"{take_folder}: does not hold who was followed there; solve the videos again."
    raise InputError(message, reason="no_keypoints")


def _path(take_folder: Path) -> Path:
    return take_folder / "stages" / "followed.npz"
