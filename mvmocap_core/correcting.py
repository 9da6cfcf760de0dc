"""Corrections by hand put into a solved take: only what they change is solved again."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mvmocap_core import cleaning
from mvmocap_core.body.evidence import Evidence as SeenByViews
from mvmocap_core.body.evidence import gather_evidence
from mvmocap_core.body.refit import refit_body
from mvmocap_core.body.single_views import lift_performer
from mvmocap_core.body.skeleton import Body
from mvmocap_core.body.solve import measure_body
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.calibration.swaps import find_swaps
from mvmocap_core.corrections.apply import apply
from mvmocap_core.corrections.corrections import Corrections
from mvmocap_core.corrections.files import (
    corrections_record,
    load_everybodys,
    load_identities,
    parse_corrections,
)
from mvmocap_core.corrections.followed import load_followed
from mvmocap_core.corrections.identities import Identity, identified
from mvmocap_core.corrections.keypoints import ViewKeypoints, save_keypoints
from mvmocap_core.detection.detections import Track
from mvmocap_core.errors import InputError
from mvmocap_core.motion.contacts import edited as edited_contacts
from mvmocap_core.motion.fingers import fingers_of, with_fingers, without_fingers
from mvmocap_core.progress import Progress, part
from mvmocap_core.report.evidence import Evidence
from mvmocap_core.stabilisation.steady import CameraMotion, steady_tracks
from mvmocap_core.stages import StageEvent, Stages, ignore_event
from mvmocap_core.storage import from_arrays, load_arrays, save_arrays, to_arrays
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.take import Take, open_take

NO_CORRECTIONS = Corrections()


@dataclass(frozen=True, slots=True, eq=False)
class WholeSolve:
    """What the last solve of a whole take found of a performer, from which corrections start.

    found:       its result; the tracks as the detector left them, people named as was known.
    corrections: those that it took into account, as JSON.
    body:        the performer's, None until it is needed.
    """

    found: Evidence
    corrections: str
    body: Body | None = None


def correct_take(
    take_folder: Path,
    progress: Progress,
    *,
    on_stage: Callable[[StageEvent], None] = ignore_event,
) -> dict[str, Any]:
    """Solve again what a take's corrections have changed since it was solved as a whole.

    Cameras, clocks, bone lengths and world stay, and every frame further than a second from what
    was corrected. No video is read; the report's pictures stay those of the solve. Returns the
    report.

    Raises InputError if nothing was solved there, or the corrections cannot be read.
    """
    stages = Stages(progress, on_stage, only=("correct", "clean"))
    with open_take(take_folder) as take:
        whole = _load_wholes(take)
        edited = load_everybodys(take.folder)
        named = named_again(take, load_identities(take.folder))
        solved = stages.run(
            "correct", lambda told: correct_everybody(take, whole, edited, told, named)
        )
        choices = cleaning.kept_choices(take, solved[0])
        return cleaning.finish_again(take, solved, choices, stages)


def corrections_of_solve(take: Take) -> list[Corrections] | None:
    """What the last solve of the whole take took into account of each performer; None if none."""
    try:
        return [parse_corrections(json.loads(whole.corrections)) for whole in _load_wholes(take)]
    except InputError:
        return None


def identities_of_solve(take: Take) -> tuple[Identity, ...] | None:
    """Who was who for the last solve of the whole take; None if there was none."""
    try:
        return load_followed(take.folder)[1]
    except InputError:
        return None


def put_right(
    tracks: Sequence[Track],
    timeline: Timeline,
    calibration: Calibration,
    corrections: Corrections = NO_CORRECTIONS,
    moved: Sequence[CameraMotion] = (),
) -> list[Track]:
    """The detector's tracks as the body is fitted to them.

    Left and right are as they are, and they are corrected, as seen by cameras held still.

    timeline: with the calibration's refined offsets.
    moved:    what each camera did while it filmed; empty where nobody looked.
    """
    swapped = _swaps(steady_tracks(tracks, moved), timeline, calibration)
    return steady_tracks(apply(corrections, tracks, swapped), moved)


def keep_whole(
    take: Take, found: Evidence, corrections: Corrections, person: int = 0
) -> WholeSolve:
    """Keep a solve of the whole take, for corrections to start from, and its keypoints.

    found: a performer's, with the tracks as the detector left them; the first one's number is 0.
    corrections: those that it took into account.
    """
    whole = WholeSolve(found, json.dumps(corrections_record(corrections)))
    save_arrays(cleaning.whole_path(take, person), to_arrays(whole))
    _keep_keypoints(take, found, person)
    return whole


def _keep_keypoints(take: Take, found: Evidence, person: int) -> list[np.ndarray]:
    """Write a performer's keypoints; returns where left and right are exchanged in them."""
    swapped = _swaps_of(found)
    views = [ViewKeypoints(*pair) for pair in zip(found.tracks, swapped, strict=True)]
    save_keypoints(take.folder, views, person)
    return swapped


def named_again(take: Take, identities: Sequence[Identity]) -> list[list[Track]] | None:
    """The performers' tracks (P) of (V) where people are named in another way than for the solve.

    None where nothing has changed. Raises InputError if somebody named is not there.
    """
    try:
        followed, known = load_followed(take.folder)
    except InputError:
        if identities:
            raise
        return None
    return None if tuple(identities) == known else identified(identities, followed)


def correct_everybody(
    take: Take,
    whole: Sequence[WholeSolve],
    edited: Sequence[Corrections],
    progress: Progress,
    named: Sequence[Sequence[Track]] | None = None,
) -> list[Evidence]:
    """The solve with the corrections as they are now, performer by performer.

    named: see `named_again`; performers beyond them are left out.
    """
    people = [each.found.tracks for each in whole] if named is None else named[: len(whole)]
    share = 1.0 / len(people)
    solved: list[Evidence] = []
    for person, tracks in enumerate(people):
        told = part(progress, person * share, share)
        corrected = _correct_whole(take, person, whole[person], tracks, edited[person], told)
        solved.append(corrected)
    return solved


def _correct_whole(
    take: Take,
    person: int,
    whole: WholeSolve,
    tracks: Sequence[Track],
    edited: Corrections,
    progress: Progress,
) -> Evidence:
    """One performer's tracks, fitted motion and contacts. tracks: as they are named now."""
    found = whole.found
    swapped = _keep_keypoints(take, replace(found, tracks=tuple(tracks)), person)
    after = steady_tracks(apply(edited, tracks, swapped), found.moved)
    if tracks is not found.tracks:
        swapped = _swaps_of(found)
    earlier = parse_corrections(json.loads(whole.corrections))
    before = steady_tracks(apply(earlier, found.tracks, swapped), found.moved)
    changed_s = _changed_s(found, before, after)
    motion = found.motion
    if changed_s:
        progress(0.0, "Measuring the body")
        body = whole.body or _measure(take, person, whole, before)
        seen = _seen(found, after)
        refit = refit_body(
            without_fingers(motion), seen, found.calibration, body, changed_s, progress=progress
        )
        motion = with_fingers(refit, fingers_of(motion))
    contacts = edited_contacts(motion.contacts, motion.times_s, edited.contacts)
    return replace(found, tracks=tuple(after), motion=replace(motion, contacts=contacts))


def _swaps_of(found: Evidence) -> list[np.ndarray]:
    steady = steady_tracks(found.tracks, found.moved)
    return _swaps(steady, found.timeline, found.calibration)


def _swaps(
    tracks: Sequence[Track], timeline: Timeline, calibration: Calibration
) -> list[np.ndarray]:
    """For every track (F, 2) bool, see `find_swaps`; one view alone cannot tell."""
    if len(tracks) == 1:
        return [np.zeros((len(tracks[0].times_s), 2), dtype=bool)]
    return find_swaps(tracks, timeline, calibration.cameras)


def _seen(found: Evidence, tracks: Sequence[Track]) -> SeenByViews:
    """What the body is fitted to."""
    timeline, cameras, times_s = found.timeline, found.calibration.cameras, found.motion.times_s
    if found.options.method == "geometry":
        return gather_evidence(tracks, timeline, cameras, times_s)
    lifted, _ = lift_performer(
        tracks, timeline, cameras, times_s,
        method=found.options.method, device=found.options.device,
    )  # fmt: skip
    return gather_evidence(tracks, timeline, cameras, times_s, lifted)


def _changed_s(
    found: Evidence, before: Sequence[Track], after: Sequence[Track]
) -> list[tuple[float, float]]:
    """Every frame in which the tracks differ, as a range on the first video's clock."""
    changed_s: list[tuple[float, float]] = []
    for view, (old, new) in enumerate(zip(before, after, strict=True)):
        is_same = _same(old.keypoints_2d_px, new.keypoints_2d_px).all(axis=(1, 2))
        is_same &= _same(old.confidence, new.confidence).all(axis=1)
        times_s = found.timeline.to_first(view, old.times_s[~is_same])
        changed_s += [(float(time_s), float(time_s)) for time_s in times_s]
    return changed_s


def _same(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(...) bool: equal, or missing in both."""
    return (first == second) | (np.isnan(first) & np.isnan(second))


def _measure(take: Take, person: int, whole: WholeSolve, tracks: Sequence[Track]) -> Body:
    """The performer's body as the solve found it, kept for the next time."""
    found = whole.found
    body = measure_body(_seen(found, tracks), float(found.motion.fps))
    save_arrays(cleaning.whole_path(take, person), to_arrays(replace(whole, body=body)))
    return body


def _load_wholes(take: Take) -> list[WholeSolve]:
    people = [_load_whole(take, 0)]
    while cleaning.whole_path(take, len(people)).exists():
        people.append(_load_whole(take, len(people)))
    return people


def _load_whole(take: Take, person: int) -> WholeSolve:
    arrays = load_arrays(cleaning.whole_path(take, person))
    try:
        if arrays is not None:
            return from_arrays(WholeSolve, arrays)
    except (KeyError, TypeError, ValueError):
        pass  # kept by another version
    message = f"{take.folder}: holds no solved motion of this version; solve the videos again."
    raise InputError(message, reason="no_take")
