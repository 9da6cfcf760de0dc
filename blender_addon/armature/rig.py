"""A character's armature as plain data: numpy, no Blender."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class Rig:
    """N bones in their rest pose, in the world.

    names:   unique, non-empty; parents come before children.
    parents: (N,) index of the parent bone, -1 for a root.
    heads_m, tails_m: (N, 3) metres.
    rotmats: (N, 3, 3) columns are the bone's x, y (head to tail) and z axes.
    location_rotmats: (N, 3, 3) axes along which the bone's location is given, in its rest pose.
    scale:   metres that one unit of the armature is long.
    is_deforming: (N,) bool, moves a mesh.
    is_free: (N,) bool, no constraint moves it.
    inherits_rotation: (N,) bool, turns with its parent.
    copies:  (N,) index of the bone of the same rest pose on which constraints hold this one; -1.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    heads_m: np.ndarray
    tails_m: np.ndarray
    rotmats: np.ndarray
    location_rotmats: np.ndarray
    scale: float
    is_deforming: np.ndarray
    is_free: np.ndarray
    inherits_rotation: np.ndarray
    copies: np.ndarray

    @cached_property
    def index(self) -> dict[str, int]:
        """Bone indices by name."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def children(self) -> list[list[int]]:
        """Indices of each bone's children."""
        children: list[list[int]] = [[] for _ in self.names]
        for bone, parent in enumerate(self.parents):
            if parent >= 0:
                children[parent].append(bone)
        return children

    def path_up(self, bone: int) -> list[int]:
        """The bone and all above it, from itself to its root."""
        path = [bone]
        while self.parents[path[-1]] >= 0:
            path.append(int(self.parents[path[-1]]))
        return path


def simple_rig(
    names: Sequence[str],
    parents: Sequence[int],
    heads_m: np.ndarray,
    tails_m: np.ndarray,
    rotmats: np.ndarray | None = None,
) -> Rig:
    """A rig of deforming bones without constraints. rotmats: None points y from head to tail."""
    n_bones = len(names)
    if rotmats is None:
        ways = np.asarray(tails_m) - np.asarray(heads_m)
        rotmats = np.array([_axes(way) for way in ways]).reshape(-1, 3, 3)
    return Rig(
        names=tuple(names),
        parents=np.asarray(parents, dtype=int),
        heads_m=np.asarray(heads_m, dtype=float),
        tails_m=np.asarray(tails_m, dtype=float),
        rotmats=rotmats,
        location_rotmats=rotmats,
        scale=1.0,
        is_deforming=np.ones(n_bones, dtype=bool),
        is_free=np.ones(n_bones, dtype=bool),
        inherits_rotation=np.ones(n_bones, dtype=bool),
        copies=np.full(n_bones, -1),
    )


def _axes(direction: np.ndarray) -> np.ndarray:
    y = direction / np.linalg.norm(direction)
    x = np.cross(y, np.eye(3)[np.argmin(np.abs(y))])
    x /= np.linalg.norm(x)
    return np.stack([x, y, np.cross(x, y)], axis=1)
