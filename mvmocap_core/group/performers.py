"""Who the performers of a take are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.detection.detections import Detections, Track, person_size_px
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.group.matching import Match, Matched, match_people, merged, together
from mvmocap_core.group.movement import mobility, movement
from mvmocap_core.group.reconcile import reconcile
from mvmocap_core.group.regain import regain
from mvmocap_core.people.following import follow_and_cut, pieces_left
from mvmocap_core.people.tracks import seconds_there, select_performer
from mvmocap_core.stabilisation.steady import CameraMotion, steady_track
from mvmocap_core.sync.epipolar import EpipolarScore

CUT_GAIN, CUT_GAIN_S = 1.15, 0.2
"""Tracks cut where they are in doubt must agree so much better, and by so many seconds."""
MIN_SHARE = 0.2
"""Of the first performer's time in the picture times size, for somebody to be counted."""
_REACH_S = 0.06
"""Within which an offset of matching is refined."""


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
    followed = [follow_and_cut(found) for found in detections]
    views = [whole for whole, _ in followed]
    if len(views) == 1:
        everybody = enumerate(views[0])
        found = [Matched((track,), ((k,),), seconds_there(track)) for k, track in everybody]
        offset_s = None
    else:
        match = _matched(views, moved, offsets_s)
        cut = [cut for _, cut in followed]
        if [len(tracks) for tracks in cut] != [len(tracks) for tracks in views]:
            other = _matched(cut, moved, offsets_s)
            if other.evidence > CUT_GAIN * max(match.evidence, 0.0) + CUT_GAIN_S:
                views, match = cut, other
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
    if offset_s is not None:
        people = _put_right(people, detections, moved, offset_s)
    return Performers(people, offset_s)


def _matched(
    views: Sequence[Sequence[Track]], moved: Sequence[CameraMotion], offsets_s: Sequence[float]
) -> Match:
    first, second = (
        [steady_track(track, camera) for track in tracks]
        for tracks, camera in zip(views, moved, strict=True)
    )
    return match_people(first, second, offsets_s)


def _put_right(
    people: Sequence[Sequence[Track]],
    detections: Sequence[Detections],
    moved: Sequence[CameraMotion],
    offset_s: float,
) -> list[list[Track]]:
    """The performers (P) of two views, exchanged back and completed: `reconcile`, `regain`."""

    def held(tracks: Sequence[Track]) -> list[Track]:
        return [steady_track(t, camera) for t, camera in zip(tracks, moved, strict=True)]

    still, people = reconcile([held(tracks) for tracks in people], people, offset_s)
    left = []
    for view, (found, camera) in enumerate(zip(detections, moved, strict=True)):
        pieces = pieces_left(found, [tracks[view] for tracks in people])
        left.append([(steady_track(piece, camera), piece) for piece in pieces])
    if not any(left):
        return people
    first, second = together(still)
    offset_s, _ = EpipolarScore(first, second).refine(offset_s, reach_s=_REACH_S)
    return regain(still, people, left, offset_s)


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
    return [everybody[k] for k in ranked], max(int(is_performer.sum()), 1)
