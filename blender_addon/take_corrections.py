"""A take's corrections as the scene holds them, so that Undo reaches them, and as its file does."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.handlers import persistent

from mvmocap_core.errors import InputError, MocapError

from .correct_properties import shown_take
from .keypoint_view import take_clip
from .scene_take import frame_of, take_folder

if TYPE_CHECKING:  # numpy comes with them: no part of Blender's start
    from mvmocap_core.corrections.corrections import Corrections
    from mvmocap_core.corrections.edit import Entry

_FEW = {"MovedKeypoint": "{} moved", "HiddenLandmark": "{} hidden"}


def corrections_of(scene: bpy.types.Scene) -> "Corrections":
    """What is corrected in the take whose keypoints are shown.

    Raises:
        InputError: when none are shown, or they cannot be read.
    """
    from mvmocap_core.corrections.files import parse_corrections

    if shown_take(scene) is None:
        raise InputError("press Show Keypoints first.", reason="no_keypoints")
    return parse_corrections(json.loads(scene.mvmocap_correct.record))


def edit(context: bpy.types.Context, change: Callable[["Corrections"], "Corrections"]) -> None:
    """Change the corrections, in the scene and in the take.

    Raises:
        MocapError: when they cannot be changed so, or not be written; then nothing is.
    """
    scene = context.scene
    changed = change(corrections_of(scene))
    folder = shown_take(scene)
    if folder is not None:
        _write(folder, changed)
        keep(context, changed)


def keep(context: bpy.types.Context, corrections: "Corrections") -> None:
    """Hold these corrections in the scene, and list them."""
    from mvmocap_core.corrections.edit import entries
    from mvmocap_core.corrections.files import corrections_record

    correct = context.scene.mvmocap_correct
    correct.record = json.dumps(corrections_record(corrections))
    correct.items.clear()
    clip = take_clip(take_folder(context.scene))
    for entry in entries(corrections):
        item = correct.items.add()
        start_s = first_clock_s(clip, entry)
        item.frame = round(frame_of(context, start_s))
        item.text, item.place = _text(entry), _place(entry, item.frame)
    if correct.active_item >= len(correct.items):
        correct["active_item"] = max(len(correct.items) - 1, 0)  # and stay at this frame


def hide(scene: bpy.types.Scene) -> None:
    """Show no keypoints any more; the take keeps its corrections."""
    correct = scene.mvmocap_correct
    correct.folder, correct.record = "", ""
    correct.items.clear()


def first_clock_s(clip: Any, entry: "Entry") -> float:
    """When a correction begins, on the first video's clock."""
    correction: Any = entry.correction
    begin_s = correction.time_s if hasattr(correction, "time_s") else correction.start_s
    if entry.view is None or entry.view >= len(clip.sync_offset_s):
        return begin_s
    rate = 1.0 + 1e-6 * float(clip.sync_drift_ppm[entry.view])
    return begin_s * rate + float(clip.sync_offset_s[entry.view])


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


def _place(entry: "Entry", frame: int) -> str:
    return f"{frame}" if entry.view is None else f"{frame}, video {entry.view + 1}"


def _write(folder: Path, corrections: "Corrections") -> None:
    from mvmocap_core.corrections.files import save_corrections

    save_corrections(folder, corrections)


@persistent
def _follow_undo(scene: bpy.types.Scene, *_: Any) -> None:
    """Let the take's file say what the scene says again. An edit later tells why if it cannot."""
    if shown_take(scene) is None:
        return
    from mvmocap_core.corrections.files import load_corrections

    folder, corrections = shown_take(scene), corrections_of(scene)
    with suppress(MocapError):
        if folder is not None and load_corrections(folder) != corrections:
            _write(folder, corrections)


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
