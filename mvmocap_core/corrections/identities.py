"""`TAKE/identities.json`: who is who, by somebody who looked: exchanged, joined."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mvmocap_core.corrections.apply import nearest_frame, within
from mvmocap_core.corrections.corrections import (
    FARTHEST_PX,
    FARTHEST_S,
    check_number,
    check_range,
)
from mvmocap_core.detection.detections import Track
from mvmocap_core.errors import InputError
from mvmocap_core.people.tracks import gathered, is_there

FILE_NAME = "identities.json"
_MOST = 99  # videos or people
_REACH = 1.0
"""Of a body's size: how far from it a fragment's place may be."""


@dataclass(frozen=True, slots=True)
class ExchangedPeople:
    """Two performers were taken for each other in a video.

    video:         its number, counted from 1.
    first, second: the performers' numbers, 1 being the one of `motion.npz`.
    start_s:       from then on, on the video's clock; end_s: until then, None to the video's end.
    """

    video: int
    first: int
    second: int
    start_s: float
    end_s: float | None = None

    def __post_init__(self) -> None:
        _check_count("video", self.video)
        _check_count("first", self.first)
        _check_count("second", self.second)
        if self.first == self.second:
            message = f"first and second are both {self.first}: give two performers."
            raise InputError(message, reason="bad_corrections")
        check_range(self.start_s, self.start_s if self.end_s is None else self.end_s)


@dataclass(frozen=True, slots=True)
class JoinedFragment:
    """Somebody who was followed in a video, and left out, is a performer.

    video:      its number, counted from 1.
    person:     the performer's number, 1 being the one of `motion.npz`.
    time_s:     on the video's clock; x_px, y_px: where the body then is, (0, 0) being the image's
                top-left corner. Whoever was followed nearest to it is meant, for as long as they
                were followed.
    """

    video: int
    person: int
    time_s: float
    x_px: float
    y_px: float

    def __post_init__(self) -> None:
        _check_count("video", self.video)
        _check_count("person", self.person)
        check_number("time_s", self.time_s, FARTHEST_S)
        check_number("x_px", self.x_px, FARTHEST_PX)
        check_number("y_px", self.y_px, FARTHEST_PX)


Identity = ExchangedPeople | JoinedFragment


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Some tracks, in order."""

    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Everybody who was followed in a take's V videos, as the detector left them.

    people:    (P) performers, of whom each has (V) tracks.
    fragments: (V) videos, each with the tracks of whoever is none of the performers.
    """

    people: tuple[Tracks, ...]
    fragments: tuple[Tracks, ...]

    @classmethod
    def of(
        cls, people: Sequence[Sequence[Track]], fragments: Sequence[Sequence[Track]] = ()
    ) -> "Followed":
        """Made of (P) of (V) tracks and (V) of fragments; with none given there are none."""
        left = list(fragments) or [()] * len(people[0])
        return cls(tuple(Tracks(tuple(p)) for p in people), tuple(Tracks(tuple(f)) for f in left))


def identified(identities: Sequence[Identity], followed: Followed) -> list[list[Track]]:
    """The performers' tracks (P) of (V), each word acting on what was said before it.

    Performers for whom a video is left with nothing are left out. Raises InputError if that is not
    the last ones, or if a video, a performer or a fragment that is named is not there.
    """
    _check_videos(identities, len(followed.fragments))
    per_view = []
    for view, fragments in enumerate(followed.fragments):
        people = [person.tracks[view] for person in followed.people]
        every = [*people, *fragments.tracks]
        whose = _sources(identities, view, people, fragments.tracks)
        per_view.append([gathered(every, own) for own in whose])
    everybody = [list(tracks) for tracks in zip(*per_view, strict=True)]
    is_left = [all(is_there(track).any() for track in tracks) for tracks in everybody]
    n_left = sum(is_left)
    if n_left == 0:
        message = f"{FILE_NAME} leaves nobody who is seen in every video; take some of it back."
        raise InputError(message, reason="bad_corrections")
    if not all(is_left[:n_left]):
        message = (
            f"{FILE_NAME} leaves nothing of performer {is_left.index(False) + 1}; "
            "exchange them with the last performer, who may be left with nothing."
        )
        raise InputError(message, reason="bad_corrections")
    return everybody[:n_left]


def _sources(
    identities: Sequence[Identity], view: int, people: Sequence[Track], fragments: Sequence[Track]
) -> np.ndarray:
    """Of one video (P, F): in which track a performer is found, counted through both lists.

    view: counted from 0. Raises InputError, see `identified`.
    """
    times_s = people[0].times_s
    whose = np.repeat(np.arange(len(people))[:, None], len(times_s), axis=1)
    for number, identity in enumerate(identities):
        if identity.video != view + 1:
            continue
        place = f"identities[{number}]"
        if isinstance(identity, ExchangedPeople):
            pair = (identity.first, identity.second)
            rows = np.array([[_row(place, each, people)] for each in pair])
            end_s = times_s[-1] if identity.end_s is None else identity.end_s
            inside = within(times_s, identity.start_s, max(end_s, identity.start_s))
            frames = np.flatnonzero(inside)
            whose[rows, frames] = whose[rows[::-1], frames]
        else:
            row = _row(place, identity.person, people)
            chosen = _fragment_at(place, identity, fragments)
            whose[row, is_there(fragments[chosen])] = len(people) + chosen
    return whose


def joined_fragment(video: int, person: int, fragment: Track) -> JoinedFragment:
    """The correction that says that `fragment`, followed in a video, is a performer.

    video, person: counted from 1.
    """
    frame = int(fragment.confidence.sum(axis=1).argmax())
    x_px, y_px = np.nanmean(fragment.keypoints_2d_px[frame], axis=0)
    time_s = float(fragment.times_s[frame])
    return JoinedFragment(video, person, time_s, round(float(x_px), 2), round(float(y_px), 2))


def _fragment_at(place: str, joined: JoinedFragment, fragments: Sequence[Track]) -> int:
    """Which fragment is there."""
    away = [_away(joined, fragment) for fragment in fragments]
    if not away or min(away) > _REACH:
        message = (
            f"{place}: nobody who was left out is seen near ({joined.x_px:g}, {joined.y_px:g}) "
            f"at {joined.time_s:g} s of video {joined.video}; take this correction back."
        )
        raise InputError(message, reason="bad_corrections")
    return int(np.argmin(away))


def _away(joined: JoinedFragment, fragment: Track) -> float:
    """Distance in sizes of the body; inf where it is not seen at that frame."""
    points = fragment.keypoints_2d_px[nearest_frame(fragment.times_s, joined.time_s)]
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return np.inf
    size = max(float(np.hypot(*np.ptp(points, axis=0))), 1.0)
    return float(np.hypot(*(points.mean(axis=0) - (joined.x_px, joined.y_px)))) / size


def _row(place: str, person: int, people: Sequence[Track]) -> int:
    if person > len(people):
        hint = (
            f"choose one of its {len(people)}"
            if len(people) > 1
            else "it was solved for one; solve it for more first"
        )
        message = f"{place}: there is no performer {person} in this take; {hint}."
        raise InputError(message, reason="bad_corrections")
    return person - 1


def _check_videos(identities: Sequence[Identity], n_views: int) -> None:
    for number, identity in enumerate(identities):
        if identity.video > n_views:
            place = f"identities[{number}]"
            message = f"{place}: there is no video {identity.video}; this take has {n_views}."
            raise InputError(message, reason="bad_corrections")


def _check_count(field: str, value: int) -> None:
    if not 1 <= value <= _MOST:
        message = f"{field} {value}: count from 1, up to {_MOST}."
        raise InputError(message, reason="bad_corrections")
