"""Who is who on virtual takes of several people: names, before anything is solved."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.groups import ARRANGEMENTS, GroupTake, make_group_take
from benchmarks.motion_capture import load_motions
from benchmarks.tables import show
from mvmocap_core.detection.detections import Track
from mvmocap_core.errors import MocapError
from mvmocap_core.group.performers import Performers, find_performers
from mvmocap_core.people.tracks import is_there
from mvmocap_core.stabilisation.steady import find_camera_motion

MIN_SHARED = 0.15
"""A performer is expected to be solved where both views see them in this share of the frames."""
HEAD = (
    "takes",
    "n",
    "switches %",
    "takes without %",
    "count right %",
    "followed %",
    "clock off, ms",
)


def film(arrangement: str, number: int) -> GroupTake:
    """The take `number` of an arrangement, always the same."""
    rng = np.random.default_rng([number, ARRANGEMENTS.index(arrangement)])
    motions = load_motions("val" if number % 2 == 0 else "dev")
    chosen = [motions[i] for i in rng.permutation(len(motions))[:3]]
    return make_group_take(rng, chosen, arrangement)


def told_apart(take: GroupTake, people: int) -> Performers:
    """Who is who, as the solver tells them apart; see `find_performers`."""
    moved = [find_camera_motion(found) for found in take.detections]
    return find_performers(take.detections, moved, people)


def measure_names(arrangement: str, number: int) -> dict[str, Any]:
    """What `identities` says of a take, and how far the clocks' offset is off."""
    take = film(arrangement, number)
    result: dict[str, Any] = {"name": f"{arrangement} {number}"}
    try:
        found = told_apart(take, 0)
    except MocapError as error:
        return {**result, "refused": error.reason}
    offset_s = np.nan if found.offset_s is None else found.offset_s
    result["clock_off_ms"] = 1000.0 * abs(offset_s - take.offset_s)
    return {**result, **identities(take, found.people)}


def identities(take: GroupTake, people: Sequence[Sequence[Track]]) -> dict[str, Any]:
    """Whose every track is, the frames of it that are not, and how many people are followed."""
    owners, n_frames, n_wrong, n_own = [], 0, 0, 0
    for tracks in people:
        whose = np.concatenate([_whose(take, view, track) for view, track in enumerate(tracks)])
        seen = whose[whose >= -1]
        owner = int(np.bincount(seen[seen >= 0], minlength=1).argmax())
        owners.append(owner)
        n_frames += len(seen)
        n_wrong += int((seen != owner).sum())
        n_own += int((seen == owner).sum()) if take.performers[owner] else 0
    right = []
    for view in range(2):
        performers = [
            t[view] for t, is_one in zip(take.tracks, take.performers, strict=True) if is_one
        ]
        right.append(_n_seen([t[view] for t in people]) == _n_seen(performers))
    found = [
        t for own, is_one in zip(take.tracks, take.performers, strict=True) if is_one for t in own
    ]
    return {
        "owners": owners,
        "followed": n_own / max(_n_seen_in_all(found), 1),
        "expected": expected(take),
        "switches": n_wrong / max(n_frames, 1),
        "count_right": float(np.concatenate(right).mean()),
    }


def expected(take: GroupTake) -> list[int]:
    """Performers whom both views see often enough at the same time."""
    people = []
    for person, (first, second) in enumerate(take.tracks):
        seen = is_there(first)
        other = np.interp(
            first.times_s - take.offset_s,
            second.times_s,
            is_there(second),
            left=0.0,
            right=0.0,
        )
        if take.performers[person] and (seen & (other > 0.5)).mean() > MIN_SHARED:
            people.append(person)
    return people


def _n_seen(tracks: Sequence[Track]) -> np.ndarray:
    return np.sum([is_there(track) for track in tracks], axis=0)


def _n_seen_in_all(tracks: Sequence[Track]) -> int:
    return sum(int(is_there(track).sum()) for track in tracks)


def _whose(take: GroupTake, view: int, track: Track) -> np.ndarray:
    """(F,) the person whose keypoints the track holds; -1 a double's, -2 it holds none."""
    found, who = take.detections[view], take.identities[view]
    whose = np.where(is_there(track), -1, -2)
    for slot in range(who.shape[1]):
        same = (track.keypoints_2d_px == found.keypoints_2d_px[:, slot]).all(axis=(1, 2))
        whose[same] = who[same, slot]
    return whose


def cells(name: str, results: Sequence[dict[str, Any]]) -> list[str]:
    """A row below `HEAD`."""
    found = [result for result in results if "switches" in result]
    switches = np.array([result["switches"] for result in found])
    clock_off_ms = [result["clock_off_ms"] for result in found]
    return [
        name,
        str(len(results)),
        show(100.0 * float(switches.mean()), 2),
        show(100.0 * float((switches == 0).mean()), 0),
        *(
            show(100.0 * float(np.mean([result[key] for result in found])), 1)
            for key in ("count_right", "followed")
        ),
        show(float(np.nanmedian(clock_off_ms)), 0),
    ]
