"""A take's corrections as the scene holds them, so that Undo reaches them, and as its file does."""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.handlers import persistent

from mvmocap_core.errors import InputError, MocapError

from .correct_properties import shown_take
from .keypoint_view import take_clip
from .performer_choice import chosen
from .scene_take import frame_of, take_folder
from .take_identities import identities_of, identity_start_s, identity_text

if TYPE_CHECKING:  # numpy comes with them: no part of Blender's start
    from mvmocap_core.corrections.corrections import Corrections
    from mvmocap_core.corrections.edit import Entry

_FEW = {"MovedKeypoint": "{} moved", "HiddenLandmark": "{} hidden"}


def corrections_of(scene: bpy.types.Scene) -> "Corrections":
    """What is corrected of the chosen performer in the take whose keypoints are shown.

    Raises:
        InputError: when none are shown, or they cannot be read.
    """
    if shown_take(scene) is None:
        raise InputError("press Show Keypoints first.", reason="no_keypoints")
    return _everybodys(scene)[chosen(scene.mvmocap_correct)]


def _everybodys(scene: bpy.types.Scene) -> list["Corrections"]:
    from mvmocap_core.corrections.files import parse_corrections

    return [parse_corrections(each) for each in json.loads(scene.mvmocap_correct.record)]


def edit(context: bpy.types.Context, change: Callable[["Corrections"], "Corrections"]) -> None:
    """Change the corrections, in the scene and in the take.

    Raises:
        MocapError: when they cannot be changed so, or not be written; then nothing is.
    """
    from mvmocap_core.corrections.files import save_corrections

    scene = context.scene
    changed = change(corrections_of(scene))
    folder, person = shown_take(scene), chosen(scene.mvmocap_correct)
    if folder is not None:
        save_corrections(folder, changed, person)
        everybodys = _everybodys(scene)
        everybodys[person] = changed
        keep(context, everybodys)


def keep(context: bpy.types.Context, everybodys: Sequence["Corrections"]) -> None:
    """Hold every performer's corrections in the scene, and list the chosen one's."""
    from mvmocap_core.corrections.files import corrections_record

    records = [corrections_record(corrections) for corrections in everybodys]
    context.scene.mvmocap_correct.record = json.dumps(records)
    list_corrections(context)


def list_corrections(context: bpy.types.Context) -> None:
    """List the chosen performer's corrections; none while no keypoints are shown."""
    from mvmocap_core.corrections.edit import entries

    correct = context.scene.mvmocap_correct
    correct.items.clear()
    if shown_take(context.scene) is None:
        return
    clip = take_clip(take_folder(context.scene))
    for entry in entries(corrections_of(context.scene)):
        _list_one(context, _text(entry), entry.view, first_clock_s(clip, entry))
    for identity in identities_of(context.scene):
        start_s = _on_first_clock_s(clip, identity.video - 1, identity_start_s(identity))
        _list_one(context, identity_text(identity), identity.video - 1, start_s)
    if correct.active_item >= len(correct.items):
        correct["active_item"] = max(len(correct.items) - 1, 0)  # and stay at this frame


def _list_one(context: bpy.types.Context, text: str, view: int | None, start_s: float) -> None:
    item = context.scene.mvmocap_correct.items.add()
    item.frame = round(frame_of(context, start_s))
    video = "" if view is None else f", video {view + 1}"
    item.text, item.place = text, f"{item.frame}{video}"


def hide(scene: bpy.types.Scene) -> None:
    """Show no keypoints any more; the take keeps its corrections."""
    correct = scene.mvmocap_correct
    correct.folder, correct.record, correct.identities = "", "", ""
    correct.items.clear()


def first_clock_s(clip: Any, entry: "Entry") -> float:
    """When a correction begins, on the first video's clock."""
    correction: Any = entry.correction
    begin_s = correction.time_s if hasattr(correction, "time_s") else correction.start_s
    return _on_first_clock_s(clip, entry.view, begin_s)


def _on_first_clock_s(clip: Any, view: int | None, time_s: float) -> float:
    if view is None or view >= len(clip.sync_offset_s):
        return time_s
    rate = 1.0 + 1e-6 * float(clip.sync_drift_ppm[view])
    return time_s * rate + float(clip.sync_offset_s[view])


def _text(entry: "Entry") -> str:
    correction: Any = entry.correction
    kind = type(correction).__name__
    if kind in _FEW:
        return _FEW[kind].format(correction.landmark.replace("_", " ").capitalize())
    if kind == "SideState":
        state = "swapped" if correction.is_swapped else "not swapped"
        return f"{correction.part.capitalize()} body {state}"
    stands = "stands" if correction.in_contact else "is lifted"
    return f"{correction.foot.capitalize()} {correction.point} {stands}"


@persistent
def _follow_undo(scene: bpy.types.Scene, *_: Any) -> None:
    """Let the take's files say what the scene says again; an edit later tells why they cannot."""
    folder = shown_take(scene)
    if folder is None:
        return
    from mvmocap_core.corrections.files import (
        load_corrections,
        load_identities,
        save_corrections,
        save_identities,
    )

    with suppress(MocapError):
        if load_identities(folder) != identities_of(scene):
            save_identities(folder, identities_of(scene))
    for person, corrections in enumerate(_everybodys(scene)):
        with suppress(MocapError):
            if load_corrections(folder, person) != corrections:
                save_corrections(folder, corrections, person)


@persistent
def _forget(*_: Any) -> None:
    """A .blend may be older than its take's corrections: those are read when shown again."""
    for scene in bpy.data.scenes:
        hide(scene)


def _handlers() -> Iterable[tuple[list[Any], Callable[..., None]]]:
    handlers = bpy.app.handlers
    return (
        (handlers.undo_post, _follow_undo),
        (handlers.redo_post, _follow_undo),
        (handlers.load_post, _forget),
    )


def register() -> None:
    """Follow Undo and Redo, and look afresh at every file."""
    for handlers, function in _handlers():
        handlers.append(function)


def unregister() -> None:
    """Follow them no more."""
    for handlers, function in _handlers():
        handlers.remove(function)


CLASSES: tuple[type, ...] = ()
