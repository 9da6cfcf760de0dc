"""Who is who in a take, as the scene holds it, within reach of Undo, and as its file does."""

import json
from typing import TYPE_CHECKING, Any

import bpy

from mvmocap_core.errors import InputError

from .correct_properties import shown_take

if TYPE_CHECKING:  # numpy comes with them: no part of Blender's start
    from collections.abc import Sequence

    from mvmocap_core.corrections.identities import Identity


def identities_of(scene: bpy.types.Scene) -> tuple["Identity", ...]:
    """What was said of the take whose keypoints are shown."""
    from mvmocap_core.corrections.files import parse_identities

    record = scene.mvmocap_correct.identities
    return parse_identities(json.loads(record)) if record else ()


def hold_identities(scene: bpy.types.Scene, identities: "Sequence[Identity]") -> None:
    """Hold them in the scene."""
    from mvmocap_core.corrections.files import identities_record

    scene.mvmocap_correct.identities = json.dumps(identities_record(identities))


def change_identities(scene: bpy.types.Scene, identities: "Sequence[Identity]") -> None:
    """Say who is who, in the scene and in the take.

    Raises:
        MocapError: when somebody named is not there, or it cannot be written; then nothing is.
    """
    from mvmocap_core.corrections.files import save_identities
    from mvmocap_core.corrections.followed import load_followed
    from mvmocap_core.corrections.identities import identified

    folder = shown_take(scene)
    if folder is None:
        raise InputError("press Show Keypoints first.", reason="no_keypoints")
    identified(identities, load_followed(folder)[0])
    save_identities(folder, identities)
    hold_identities(scene, identities)


def identity_text(identity: "Identity") -> str:
    """One line about it."""
    said: Any = identity
    if hasattr(said, "second"):
        return f"{said.first} and {said.second} exchanged"
    return f"Left out: is {said.person}"


def identity_start_s(identity: "Identity") -> float:
    """When it begins, on the clock of its video."""
    said: Any = identity
    return said.start_s if hasattr(said, "second") else said.time_s
