"""What the tree of a rig's bones shows without any name: pairs of limbs, and what lies between."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..rig import Rig

_ALIKE, _ALIKE_OF_LONGER = 0.7, 0.35
"""Two branches are a pair if they share this much of the shorter one, and of the longer one: only
one of two hands may hold a sword."""
_SHORTEST_BRANCH = 0.05
"""Branches shorter than this, over the longest way in the rig, are no limbs."""
_LENGTH_TOLERANCE = 0.15


@dataclass(frozen=True, slots=True)
class LimbPair:
    """Two branches of the same shape on one bone.

    fork:   the bone that carries both; sides: their first bones.
    length_m: along the longest way from the fork to a tip.
    """

    fork: int
    sides: tuple[int, int]
    length_m: float


class RigTree:
    """Lengths and likenesses of a rig's branches. bones: those that count."""

    def __init__(self, rig: Rig, is_counted: np.ndarray) -> None:
        self.rig = rig
        self._is_counted = is_counted
        above = np.where(rig.parents >= 0, rig.parents, np.arange(len(rig.names)))
        self.lengths_m = np.linalg.norm(rig.heads_m - rig.heads_m[above], axis=1)
        self._shared: dict[tuple[int, int], float] = {}

    def children(self, bone: int) -> list[int]:
        """Children that count."""
        return [child for child in self.rig.children[bone] if self._is_counted[child]]

    @cached_property
    def totals_m(self) -> np.ndarray:
        """(N,) length of all below each bone, its own way from its parent included."""
        totals = np.where(self._is_counted, self.lengths_m, 0.0)
        for bone in range(len(totals) - 1, -1, -1):
            if self.rig.parents[bone] >= 0 and self._is_counted[bone]:
                totals[self.rig.parents[bone]] += totals[bone]
        return totals

    @cached_property
    def reaches_m(self) -> np.ndarray:
        """(N,) longest way down from each bone's head."""
        reaches = np.zeros(len(self.lengths_m))
        for bone in range(len(reaches) - 1, -1, -1):
            parent = self.rig.parents[bone]
            if parent >= 0 and self._is_counted[bone]:
                reaches[parent] = max(reaches[parent], reaches[bone] + self.lengths_m[bone])
        return reaches

    def descendants(self, bone: int) -> list[int]:
        """The bone and all that count below it."""
        found = [bone]
        for one in found:
            found.extend(self.children(one))
        return found

    def longest_path(self, bone: int, *, without: Collection[int] = ()) -> list[int]:
        """From the bone down the longest way to a tip that leaves some bones out."""
        path = [bone]
        while children := [c for c in self.children(path[-1]) if c not in without]:
            path.append(max(children, key=lambda c: self.reaches_m[c] + self.lengths_m[c]))
        return path

    def limb_pairs(self) -> list[LimbPair]:
        """All pairs that are not part of another pair, longest first."""
        pairs: list[LimbPair] = []
        queue = [b for b, p in enumerate(self.rig.parents) if p < 0 and self._is_counted[b]]
        for bone in queue:
            pairs_here, single = self._pair_up(self.children(bone))
            queue.extend(single)
            for sides in pairs_here:
                lengths = [self.reaches_m[side] + self.lengths_m[side] for side in sides]
                pairs.append(LimbPair(bone, sides, min(lengths)))
        return sorted(pairs, key=lambda pair: -pair.length_m)

    def _pair_up(self, children: list[int]) -> tuple[list[tuple[int, int]], list[int]]:
        """Those that share most first; what is left has no partner."""
        ways_m = self.reaches_m + self.lengths_m
        children = [c for c in children if ways_m[c] > _SHORTEST_BRANCH * self.reaches_m.max()]
        alike = ((self.shared_m(a, b), a, b) for a, b in _couples(children))
        pairs: list[tuple[int, int]] = []
        left = set(children)
        for shared, a, b in sorted(alike, reverse=True):
            totals = sorted((self.totals_m[a], self.totals_m[b]))
            is_alike = shared > _ALIKE * totals[0] and shared > _ALIKE_OF_LONGER * totals[1]
            if is_alike and a in left and b in left and self._is_apart(a, b):
                pairs.append((a, b))
                left -= {a, b}
        return pairs, [child for child in children if child in left]

    def _is_apart(self, a: int, b: int) -> bool:
        """The branches lie on different sides: neither is above the other on the middle line."""
        middle_a = self.rig.heads_m[self.descendants(a)].mean(axis=0)
        middle_b = self.rig.heads_m[self.descendants(b)].mean(axis=0)
        size = self.reaches_m[[a, b]].min() + self.lengths_m[[a, b]].min()
        return bool(np.linalg.norm(middle_a - middle_b) > 0.05 * size)

    def shared_m(self, a: int, b: int) -> float:
        """Length of what both branches have alike."""
        if (a, b) not in self._shared:
            length_a, length_b = self.lengths_m[a], self.lengths_m[b]
            larger = max(length_a, length_b)
            if abs(length_a - length_b) > _LENGTH_TOLERANCE * larger + 1e-9:
                self._shared[a, b] = 0.0
            else:
                below = sum(self.shared_m(c, d) for c, d in self.matched_children(a, b))
                self._shared[a, b] = min(length_a, length_b) + below
        return self._shared[a, b]

    def matched_children(self, a: int, b: int) -> list[tuple[int, int]]:
        """Children of both that are alike, the longest first."""
        couples = ((self.shared_m(c, d), c, d) for c in self.children(a) for d in self.children(b))
        matched: list[tuple[int, int]] = []
        for shared, c, d in sorted(couples, reverse=True):
            is_free = all(c != other and d != another for other, another in matched)
            if shared > 0 and is_free:
                matched.append((c, d))
        return matched

    def matches(self, a: int, b: int) -> dict[int, int]:
        """Bones of branch a -> the bones of branch b in the same places."""
        found = {a: b}
        for c, d in self.matched_children(a, b):
            found.update(self.matches(c, d))
        return found


def _couples(bones: list[int]) -> Iterator[tuple[int, int]]:
    return ((a, b) for i, a in enumerate(bones) for b in bones[i + 1 :])
