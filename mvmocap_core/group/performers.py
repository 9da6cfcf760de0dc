"""Who the performers of a take are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.detection.detections import Detections, Track, person_size_px
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.group.matching import Matched, match_people, merged
from mvmocap_core.group.movement import mobility, movement
from mvmocap_core.people.following import follow_everybody
from mvmocap_core.people.tracks import select_performer
from mvmocap_core.stabilisation.steady import CameraMotion, steady_track

MIN_SHARE = 0.25
"""Of the first performer's time in the picture times size, for somebody to be counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Performers:
    """people: the tracks (P) of (V) of each performer, the most prominent first.

    offset_s: of the second view on the first one's clock, roughly, where there are two.
    """

    people: list[list[Track]]
    offset_s: float | None


def find_performers(
    detections: Sequence[Detections],
    moved: Sequence[CameraMotion],
    n_people: int,
    *,
    offsets_s: Sequence[float] = (),
) -> Performers:
    """Who performs, and their tracks as the detector left them.

    moved:     what each video's camera did, which is taken out to tell people apart.
    n_people:  how many there are at most, the most prominent; 0 counts those who perform.
    offsets_s: likely offsets of the second video's clock.
    Where nobody can be matched by movement, it is the most prominent person of each view.
    Raises UnsolvableError if a view shows nobody.
    """
    views = [follow_everybody(found) for found in detections]
    if len(views) == 1:
        everybody = enumerate(views[0])
        found = [Matched((track,), ((k,),), _seen_s(track)) for k, track in everybody]
        offset_s = None
    else:
        still = [
            [steady_track(track, camera) for track in tracks]
            for tracks, camera in zip(views, moved, strict=True)
        ]
        match = match_people(still[0], still[1], offsets_s)
        found, offset_s = match.people, match.offset_s
    if not found:
        alone = [select_performer(each) for each in detections]
        if all((track.confidence > 0).any() for track in alone):
            return Performers([alone], None)
        raise UnsolvableError(
            "Nobody is seen in both videos: give two videos of the same moment that show the "
            "performers whole.",
            reason="no_common_person",
        )
    found, n_performers = _ranked(found)
    chosen = found[: n_people or n_performers]
    people = [
        [
            merged([tracks[k] for k in own])
            for tracks, own in zip(views, person.members, strict=True)
        ]
        for person in chosen
    ]
    return Performers(people, offset_s)


def _seen_s(track: Track) -> float:
    frame_s = float(np.median(np.diff(track.times_s)))
    return float((track.confidence.max(axis=1) > 0).sum()) * frame_s


def _prominence(person: Matched) -> float:
    """Seconds seen by all views, times size over the picture's."""
    sizes = [person_size_px(t) / float(np.hypot(*t.image_size)) for t in person.tracks]
    return person.shared_s * float(np.mean(sizes))


def _ranked(everybody: Sequence[Matched]) -> tuple[list[Matched], int]:
    """The most prominent of those who move first, and how many perform."""
    moves = mobility([max(movement(track) for track in each.tracks) for each in everybody])
    weights = moves * [_prominence(each) for each in everybody]
    order = np.argsort(-weights, kind="stable")
    is_performer = (moves >= 1.0) & (weights >= MIN_SHARE * weights.max())
    ranked = sorted(order, key=lambda k: not is_performer[k])
    return [everybody[k] for k in ranked], int(is_performer.sum())
