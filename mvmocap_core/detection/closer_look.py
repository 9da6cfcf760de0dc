"""Looks for people whom the detector does not find in the whole picture.

The network that finds people sees 224 x 224 pixels: of two it often finds the nearer one only, and
somebody of a fifth of the picture's height hardly ever. In a part of the picture they are larger.
So who was seen a moment ago is looked for there, and one part of the picture after another, a frame
each, is searched for others, with those found so far painted out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MIN_VISIBILITY = 0.6
"""Mean of the landmarks: the network also sees a person in a chair, but not clearly."""
SAME_PERSON = 0.25
"""Mean distance of landmarks, of the smaller one's size, under which two are one person."""
REMEMBERED_S = 0.5
_CROP = 1.5  # of a person's larger side
_PAINTED = 0.08
_MIN_CROP_PX = 32
_N_TILES = 3  # in each direction, half a picture each


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """landmarks: (33, 3) x, y in pixels of the picture, visibility. world_m: (33, 3)."""

    landmarks: np.ndarray
    world_m: np.ndarray

    @property
    def box_px(self) -> np.ndarray:
        """(2, 2): lowest and highest x, y."""
        return np.stack([self.landmarks[:, :2].min(axis=0), self.landmarks[:, :2].max(axis=0)])

    def is_same(self, other: "Person") -> bool:
        """Both are where one person would be."""
        apart = np.linalg.norm(self.landmarks[:, :2] - other.landmarks[:, :2], axis=1).mean()
        sizes = [np.linalg.norm(np.ptp(each.box_px, axis=0)) for each in (self, other)]
        return bool(apart < SAME_PERSON * min(sizes))


Detect = Callable[[np.ndarray], list[Person]]
"""People in an image (H, W, 3) uint8, in its own pixels, each image by itself."""


class CloserLook:
    """Adds to what was found in each frame of one video, in their order."""

    def __init__(self, detect: Detect, most: int) -> None:
        self._detect = detect
        self._most = most
        self._seen: list[tuple[float, Person]] = []
        self._turn = 0

    def all_people(self, image: np.ndarray, time_s: float, found: list[Person]) -> list[Person]:
        """Who was found, without doubles, then whom a closer look adds; `most` at most."""
        people: list[Person] = []
        for who in found:
            if not _has(people, who):
                people.append(who)
        before = [(s, who) for s, who in self._seen if time_s - s <= REMEMBERED_S]
        for _, who in before:
            if len(people) < self._most and not _has(people, who):
                is_apart = not any(_overlap(who, other) for other in people)
                self._add(people, image, _around(who, image), is_apart=is_apart)
        if len(people) < self._most:
            self._search(people, image)
        lost = [(s, who) for s, who in before if not _has(people, who)]
        self._seen = [(time_s, who) for who in people] + lost
        return people

    def _search(self, people: list[Person], image: np.ndarray) -> None:
        """Look into the next part of the picture, and closely where somebody may be."""
        n_tiles = _N_TILES**2 + 1
        self._turn = (self._turn + 1) % (n_tiles + len(people))
        if self._turn >= n_tiles:  # another may stand close by, under the paint
            self._add(people, image, _around(people[self._turn - n_tiles], image))
            return
        for hint in self._found_in(_without(people, image), _tile(self._turn, image)):
            if not _has(people, hint):
                self._add(people, image, _around(hint, image))

    def _add(
        self,
        people: list[Person],
        image: np.ndarray,
        area: np.ndarray,
        *,
        is_apart: bool = False,
    ) -> None:
        """Who is clearly seen in an area; if nobody new is, once more without who is known.

        is_apart: nobody who is known stands before whom is looked for. To paint them out hides
        nothing then, and the network need not pose them once more, which takes it the longest.
        """
        rest = _without(people, image)
        for picture in (rest,) if is_apart else (image, rest):
            n_before = len(people)
            for who in self._found_in(picture, area):
                is_clear = who.landmarks[:, 2].mean() >= MIN_VISIBILITY
                if is_clear and len(people) < self._most and not _has(people, who):
                    people.append(who)
            if len(people) > n_before:
                return

    def _found_in(self, image: np.ndarray, area: np.ndarray) -> list[Person]:
        part = _part(image, area)
        if min(part.shape[:2]) < _MIN_CROP_PX:
            return []
        corner = np.append(np.maximum(area[0], 0), 0.0)
        return [Person(p.landmarks + corner, p.world_m) for p in self._detect(part)]


def _has(people: list[Person], who: Person) -> bool:
    return any(who.is_same(other) for other in people)


def _overlap(first: Person, second: Person) -> bool:
    """The second one painted out would hide some of the first one."""
    painted = _painted(second)
    return bool((first.box_px[1] > painted[0]).all() and (first.box_px[0] < painted[1]).all())


def _without(people: list[Person], image: np.ndarray) -> np.ndarray:
    """The picture with boxes around people painted over."""
    rest, shade = image.copy(), image.mean(axis=(0, 1))
    for who in people:
        _part(rest, _painted(who))[:] = shade
    return rest


def _painted(who: Person) -> np.ndarray:
    """The box (2, 2) of whole pixels that is painted over a person."""
    return _grown(who.box_px, _PAINTED * float(np.ptp(who.box_px, axis=0).max()))


def _part(image: np.ndarray, area: np.ndarray) -> np.ndarray:
    (left, top), (right, bottom) = np.maximum(area, 0)
    return image[top:bottom, left:right]


def _grown(box_px: np.ndarray, by_px: float) -> np.ndarray:
    return np.stack([np.floor(box_px[0] - by_px), np.ceil(box_px[1] + by_px)]).astype(int)


def _around(who: Person, image: np.ndarray) -> np.ndarray:
    """A square (2, 2) of whole pixels about a person, cut off at the picture's edges."""
    box = who.box_px
    middle = np.broadcast_to(box.mean(axis=0), (2, 2))
    area = _grown(middle, 0.5 * _CROP * float(np.ptp(box, axis=0).max()))
    return np.clip(area, 0, image.shape[1::-1])


def _tile(number: int, image: np.ndarray) -> np.ndarray:
    """Part `number` of a picture, (2, 2) of whole pixels: halves that overlap, then all of it."""
    size = np.array(image.shape[1::-1])
    if number == _N_TILES**2:
        return np.stack([np.zeros(2, int), size])
    corner = np.array([number % _N_TILES, number // _N_TILES]) * (size // 2) // (_N_TILES - 1)
    return np.stack([corner, corner + size // 2])
