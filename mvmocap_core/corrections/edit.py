"""One correction more, or one less: each gives new corrections and leaves the old ones alone."""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.corrections.corrections import (
    Corrections,
    FootContact,
    HiddenLandmark,
    MovedKeypoint,
    SideState,
    ViewCorrections,
)
from mvmocap_core.detection.detections import LANDMARK_NAMES

SAME_FRAME_S = 0.002
"""Times closer together than this are one frame."""

FOLLOWERS = {
    f"{side}_{joint}": tuple(f"{side}_{part}" for part in parts)
    for side in ("left", "right")
    for joint, parts in (
        ("wrist", ("pinky", "index", "thumb")),
        ("ankle", ("heel", "foot_index")),
    )
}
"""Landmarks that go where another one goes: the hand with its wrist, the foot with its ankle."""


def move_keypoint(corrections: Corrections, view: int, moved: MovedKeypoint) -> Corrections:
    """Put a landmark into its place, and out of its earlier one at that time."""
    old = corrections.view(view)
    others = tuple(each for each in old.moved if not _is_same(each, moved))
    return _with_view(corrections, view, replace(old, moved=(*others, moved)))


def hide_landmark(corrections: Corrections, view: int, hidden: HiddenLandmark) -> Corrections:
    """Hide a landmark over a range, and forget where in that range it was put."""
    shown = show_landmark(corrections, view, hidden)
    old = shown.view(view)
    return _with_view(shown, view, replace(old, hidden=(*old.hidden, hidden)))


def show_landmark(corrections: Corrections, view: int, shown: HiddenLandmark) -> Corrections:
    """Take back what was done to a landmark over a range: hidden and moved."""
    old = corrections.view(view)
    moved = tuple(
        each
        for each in old.moved
        if each.landmark != shown.landmark
        or not shown.start_s - SAME_FRAME_S <= each.time_s <= shown.end_s + SAME_FRAME_S
    )
    hidden = tuple(rest for each in old.hidden for rest in _without(each, shown))
    return _with_view(corrections, view, replace(old, moved=moved, hidden=hidden))


def mark_sides(corrections: Corrections, view: int, sides: SideState) -> Corrections:
    """Say whether left and right are exchanged over a range."""
    old = corrections.view(view)
    return _with_view(corrections, view, replace(old, sides=(*old.sides, sides)))


def mark_contact(corrections: Corrections, contact: FootContact) -> Corrections:
    """Say whether a foot stands on the floor over a range."""
    return replace(corrections, contacts=(*corrections.contacts, contact))


def with_followers(moved: MovedKeypoint, keypoints_px: np.ndarray) -> list[MovedKeypoint]:
    """A moved landmark and those that go with it, by as much as it was moved.

    keypoints_px: (33, 2) where that frame's landmarks are before; NaN = not seen, which stays so.
    """
    before = keypoints_px[LANDMARK_NAMES.index(moved.landmark)]
    every = [moved]
    for name in FOLLOWERS.get(moved.landmark, ()):
        x_px, y_px = keypoints_px[LANDMARK_NAMES.index(name)] + (moved.x_px, moved.y_px) - before
        if np.isfinite(x_px + y_px):
            every.append(replace(moved, landmark=name, x_px=float(x_px), y_px=float(y_px)))
    return every


@dataclass(frozen=True, slots=True)
class Entry:
    """One correction of a take. view: its video, counted from 0; None for a foot contact."""

    view: int | None
    correction: MovedKeypoint | HiddenLandmark | SideState | FootContact


def entries(corrections: Corrections) -> list[Entry]:
    """Every correction: video after video, each in its order, then the contacts."""
    listed: list[Entry] = []
    for number, view in enumerate(corrections.views):
        every = (*view.moved, *view.hidden, *view.sides)
        listed += [Entry(number, correction) for correction in every]
    return listed + [Entry(None, contact) for contact in corrections.contacts]


def without(corrections: Corrections, entry: Entry) -> Corrections:
    """The corrections but for one, and those that are the same as it."""
    if entry.view is None:
        contacts = tuple(each for each in corrections.contacts if each != entry.correction)
        return replace(corrections, contacts=contacts)
    old = corrections.view(entry.view)
    kept = ViewCorrections(
        moved=tuple(each for each in old.moved if each != entry.correction),
        hidden=tuple(each for each in old.hidden if each != entry.correction),
        sides=tuple(each for each in old.sides if each != entry.correction),
    )
    return _with_view(corrections, entry.view, kept)


def _is_same(first: MovedKeypoint, second: MovedKeypoint) -> bool:
    is_same_time = abs(first.time_s - second.time_s) < SAME_FRAME_S
    return is_same_time and first.landmark == second.landmark


def _without(hidden: HiddenLandmark, shown: HiddenLandmark) -> list[HiddenLandmark]:
    """What is left of a hidden range after a part of it is shown."""
    is_apart = hidden.end_s < shown.start_s or hidden.start_s > shown.end_s
    if hidden.landmark != shown.landmark or is_apart:
        return [hidden]
    before = replace(hidden, end_s=max(shown.start_s - SAME_FRAME_S, hidden.start_s))
    after = replace(hidden, start_s=min(shown.end_s + SAME_FRAME_S, hidden.end_s))
    rest = [before] if hidden.start_s < shown.start_s - SAME_FRAME_S else []
    return [*rest, after] if hidden.end_s > shown.end_s + SAME_FRAME_S else rest


def _with_view(corrections: Corrections, view: int, changed: ViewCorrections) -> Corrections:
    n_views = max(len(corrections.views), view + 1)
    views = [corrections.view(each) for each in range(n_views)]
    views[view] = changed
    return replace(corrections, views=tuple(views))
