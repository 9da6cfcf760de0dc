"""Finds everybody in each picture of a video, by looks at parts of it.

The network that finds people sees 224 x 224 pixels: of two in a whole picture it often finds the
nearer one only, and somebody of a fifth of its height hardly ever. In a part of the picture they
are larger. So who was seen a moment ago is looked for there, those who are close to each other in
one look, which costs little more than to pose each of them once. One part of the picture after
another is searched for whoever else there may be, with those found so far painted out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

MIN_VISIBILITY = 0.6
"""Mean of the landmarks: the network also sees a person in a chair, but not clearly."""
SAME_PERSON = 0.25
"""Mean distance of landmarks, of the smaller one's size, under which two are one person."""
REMEMBERED_S = 0.5
SELDOM = 3
"""One frame of so many is searched for others while as many are there as were asked for."""
_CROP = 1.5  # of a person's larger side
_MOST_SIDES = 3.0
"""How large the common part of several people may be, of the smallest one's larger side: of more
of a picture the network misses that one now and then."""
_PAINTED = 0.08
_MIN_CROP_PX = 32
_N_TILES = 3  # in each direction, half a picture each
_SHADE_STEP = 8


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """landmarks: (33, 3) x, y in pixels of the picture, visibility. world_m: (33, 3)."""

    landmarks: np.ndarray
    world_m: np.ndarray

    @property
    def box_px(self) -> np.ndarray:
        """(2, 2): lowest and highest x, y."""
        return np.stack([self.landmarks[:, :2].min(axis=0), self.landmarks[:, :2].max(axis=0)])

    @property
    def side_px(self) -> float:
        """The larger side of the box."""
        return float(np.ptp(self.box_px, axis=0).max())

    @property
    def is_clear(self) -> bool:
        """Nobody who is clearly seen is anything but a person."""
        return bool(self.landmarks[:, 2].mean() >= MIN_VISIBILITY)

    def is_same(self, other: "Person") -> bool:
        """Both are where one person would be."""
        apart = np.linalg.norm(self.landmarks[:, :2] - other.landmarks[:, :2], axis=1).mean()
        sizes = [np.linalg.norm(np.ptp(each.box_px, axis=0)) for each in (self, other)]
        return bool(apart < SAME_PERSON * min(sizes))


Detect = Callable[[np.ndarray], list[Person]]
"""People in an image (H, W, 3) uint8, in its own pixels, each image by itself."""


class CloserLook:
    """Takes the frames of one video, in their order. most: people to look for, one to spare."""

    def __init__(self, detect: Detect, most: int) -> None:
        self._detect = detect
        self._most = most
        self._seen: list[tuple[float, Person]] = []
        self._n_frames = 0
        self._turn = -1

    def all_people(self, image: np.ndarray, time_s: float) -> list[Person]:
        """Who is in the next picture (H, W, 3) uint8, without doubles; `most` at most."""
        before = [(s, who) for s, who in self._seen if time_s - s <= REMEMBERED_S]
        known = [who for _, who in before]
        people = self._again(known, image)
        if not people:
            self._look(people, image, _whole(image), welcome=None)
        self._n_frames += 1
        is_sought = len(people) < self._most - 1 or self._n_frames % SELDOM == 0
        if is_sought and len(people) < self._most:
            self._search(people, image)
        lost = [(s, who) for s, who in before if not _has(people, who)]
        self._seen = [(time_s, who) for who in people] + lost
        return people

    def _again(self, known: Sequence[Person], image: np.ndarray) -> list[Person]:
        """Who was seen a moment ago, and who else shows where they were."""
        people: list[Person] = []
        groups = _groups(known, image)
        for group in groups:
            others = [who for who in known if who not in group and not _has(people, who)]
            apart = _apart_from(group, [*people, *others])
            area = _common([_around(who, image) for who in group])
            self._look(people, image, area, without=apart, welcome=known)
        for group in groups:
            for who in group:
                if not _has(people, who):
                    self._look_again(people, image, who, known, is_new=len(group) > 1)
        return people

    def _look_again(
        self,
        people: list[Person],
        image: np.ndarray,
        who: Person,
        known: Sequence[Person],
        *,
        is_new: bool = True,
    ) -> None:
        """Look for one of several, close by, at last without those who may stand before them.

        Who stands before nobody is painted out at once: that hides nothing then, and the network
        need not pose them once more, which takes it the longest. is_new: nobody has looked there
        with the others in the picture.
        """
        area = _around(who, image)
        apart = _apart_from([who], people)
        hidden = [apart] if is_new else []
        if len(apart) < len(people):
            hidden.append(people)
        for without in hidden:
            if self._look(people, image, area, without=without, welcome=known):
                return

    def _search(self, people: list[Person], image: np.ndarray) -> None:
        """Look into the next part of the picture, and closely where somebody may be."""
        self._turn = (self._turn + 1) % (_N_TILES**2 + 1)
        if self._turn == _N_TILES**2:
            self._look(people, image, _whole(image), welcome=None)
            return
        for hint in self._found_in(image, _tile(self._turn, image), people):
            if not _has(people, hint):
                self._look_again(people, image, hint, ())

    def _look(
        self,
        people: list[Person],
        image: np.ndarray,
        area: np.ndarray,
        *,
        without: Sequence[Person] = (),
        welcome: Sequence[Person] | None,
    ) -> bool:
        """Add who is seen in an area; tells whether anybody is.

        without: people to be painted out. welcome: who need not be seen clearly; None is anybody.
        """
        n_before = len(people)
        for who in self._found_in(image, area, without):
            is_wanted = welcome is None or who.is_clear or _has(welcome, who)
            if is_wanted and len(people) < self._most and not _has(people, who):
                people.append(who)
        return len(people) > n_before

    def _found_in(
        self, image: np.ndarray, area: np.ndarray, without: Sequence[Person]
    ) -> list[Person]:
        if min(area[1] - area[0]) < _MIN_CROP_PX:
            return []
        corner = np.append(area[0], 0.0)
        found = self._detect(_part_without(image, area, without))
        return [Person(p.landmarks + corner, p.world_m) for p in found]


def _has(people: Sequence[Person], who: Person) -> bool:
    return any(who.is_same(other) for other in people)


def _groups(known: Sequence[Person], image: np.ndarray) -> list[list[Person]]:
    """Those in one list whom one look can show, the largest first."""
    groups: list[list[Person]] = []
    for who in sorted(known, key=lambda who: -who.side_px):
        for group in groups:
            areas = [_around(each, image) for each in group]
            side = float(np.ptp(_common([*areas, _around(who, image)]), axis=0).max())
            is_near = any(_is_over(_around(who, image), area) for area in areas)
            if is_near and side <= _MOST_SIDES * who.side_px:
                group.append(who)
                break
        else:
            groups.append([who])
    return groups


def _apart_from(group: Sequence[Person], others: Sequence[Person]) -> list[Person]:
    """Those others who hide nobody of the group where they are painted out."""
    return [
        other for other in others if not any(_is_over(who.box_px, _painted(other)) for who in group)
    ]


def _is_over(first: np.ndarray, second: np.ndarray) -> bool:
    """Two boxes (2, 2) have something in common."""
    return bool((first[1] > second[0]).all() and (first[0] < second[1]).all())


def _part_without(image: np.ndarray, area: np.ndarray, people: Sequence[Person]) -> np.ndarray:
    """An area of the picture, with boxes around people painted over."""
    (left, top), (right, bottom) = area
    part = image[top:bottom, left:right]
    boxes = [_painted(who) for who in people]
    boxes = [np.maximum(box - area[0], 0) for box in boxes if _is_over(box, area)]
    if not boxes:
        return part
    part, shade = part.copy(), image[::_SHADE_STEP, ::_SHADE_STEP].mean(axis=(0, 1))
    for (left, top), (right, bottom) in boxes:
        part[top:bottom, left:right] = shade
    return part


def _painted(who: Person) -> np.ndarray:
    """The box (2, 2) of whole pixels that is painted over a person."""
    return _grown(who.box_px, _PAINTED * who.side_px)


def _grown(box_px: np.ndarray, by_px: float) -> np.ndarray:
    return np.stack([np.floor(box_px[0] - by_px), np.ceil(box_px[1] + by_px)]).astype(int)


def _around(who: Person, image: np.ndarray) -> np.ndarray:
    """A square (2, 2) of whole pixels about a person, cut off at the picture's edges."""
    middle = np.broadcast_to(who.box_px.mean(axis=0), (2, 2))
    return np.clip(_grown(middle, 0.5 * _CROP * who.side_px), 0, image.shape[1::-1])


def _common(areas: Sequence[np.ndarray]) -> np.ndarray:
    """The box (2, 2) around all of them."""
    return np.stack([np.min(areas, axis=0)[0], np.max(areas, axis=0)[1]])


def _whole(image: np.ndarray) -> np.ndarray:
    return np.array([(0, 0), image.shape[1::-1]])


def _tile(number: int, image: np.ndarray) -> np.ndarray:
    """Part `number` of a picture, (2, 2) of whole pixels: halves that overlap."""
    size = np.array(image.shape[1::-1])
    corner = np.array([number % _N_TILES, number // _N_TILES]) * (size // 2) // (_N_TILES - 1)
    return np.stack([corner, corner + size // 2])
