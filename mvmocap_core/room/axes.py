"""Focal length and orientation of a camera from the straight edges of a room.

Walls, floors, doors and furniture have edges along three directions at right angles (a Manhattan
world, Coughlan and Yuille 1999). In a picture those of one direction meet in a vanishing point,
and where three such points lie depends on nothing but the camera's orientation and focal length:
the performer is not asked. Every edge belongs to one of the three directions or to none
(expectation and maximisation); every focal length of a range is tried, so that what comes out is
how likely each is and not one guess.
"""

from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from mvmocap_core.geometry.rotations import rotvec_to_rotmat, unit

MIN_EDGES = 24
MIN_EVIDENCE = 0.5
"""Mean log-likelihood ratio of an edge, against edges that run anywhere. Rooms have 0.8 and more,
edges turned at random 0.1 after the same search."""
MAX_FOCAL_LOG_STD = 0.09
"""Wider, edges bent by the lens, or a second room, may be all that there is to see."""
MAX_AXES_STD_RAD = np.radians(2.0)
_MAX_EDGES = 300
_FOCALS = np.geomspace(0.45, 3.2, 80)
"""Of the image's longer side: 16 to 115 mm equivalent."""
_N_TRIPLES = 300
_N_KEPT = 3
_ROUNDS = 8
_EDGE_NOISE = 0.001
"""Of an edge's ends, over the image's longer side."""
_BEND_STD = np.radians(0.4)
"""Of an edge's direction: lenses bend lines, and carpenters err."""
_STRAY = 0.5
"""Share of the edges that belong to no direction."""
_SHARED_NOISE = 2.5
"""Edges of one tile or door are not independent: so many count as one."""
_FOCAL_LOG_FLOOR = 0.02
_TURN_FLOOR_RAD = np.radians(0.7)
"""What no number of edges tells: an optical axis beside the middle of the picture."""
_SEED = 1
CUBE = np.stack(
    [
        turn
        for order in permutations(np.eye(3))
        for signs in product((1.0, -1.0), repeat=3)
        if np.linalg.det(turn := np.stack(order) * np.array(signs)) > 0
    ]
)
"""(24, 3, 3) the turns of a cube onto itself: a room's axes are known but for one of these."""


@dataclass(frozen=True, slots=True, eq=False)
class RoomAxes:
    """What a room says about the camera that films it. NaN where it does not tell.

    The axes may be known where the focal length is not, but not the other way round.

    focal_px:      of the image whose edges were given.
    focal_log_std: one standard deviation of log focal length.
    axes:          (3, 3) the room's three directions as columns, in the camera's axes; which is
                   which, and their signs, are not known.
    axes_std_rad:  one standard deviation about each of the camera's axes.
    """

    focal_px: float
    focal_log_std: float
    axes: np.ndarray
    axes_std_rad: float


UNKNOWN_ROOM = RoomAxes(np.nan, np.nan, np.full((3, 3), np.nan), np.nan)


def find_axes(edges_px: np.ndarray, image_size: np.ndarray) -> RoomAxes:
    """The room's axes from edges (N, 2, 2): both ends, pixels from the middle of the image.

    image_size: (2,) width, height in pixels.
    """
    side_px = float(np.max(image_size))
    if len(edges_px) < MIN_EDGES:
        return UNKNOWN_ROOM
    edges = _Edges.longest(edges_px / side_px)
    likelihood, rotations = _profile(edges)
    if likelihood.max() < MIN_EVIDENCE * len(edges.length):
        return UNKNOWN_ROOM
    weight = np.exp((likelihood - likelihood.max()) / _SHARED_NOISE)
    weight /= weight.sum()
    mean = float(weight @ np.log(_FOCALS))
    spread = np.sqrt(weight @ (np.log(_FOCALS) - mean) ** 2)
    std = float(np.hypot(spread, _FOCAL_LOG_FLOOR))
    nearest = np.abs(np.log(_FOCALS) - mean).argmin()
    axes, normal = _turned(edges, np.exp([mean]), rotations[nearest][None])
    turn_std = float(
        np.sqrt(
            _SHARED_NOISE * np.trace(np.linalg.inv(normal[0])) / 3.0
            + weight @ _between_rad(rotations, axes[0]) ** 2 / 3.0
            + _TURN_FLOOR_RAD**2
        )
    )
    if turn_std > MAX_AXES_STD_RAD:
        return UNKNOWN_ROOM
    if std > MAX_FOCAL_LOG_STD:
        return RoomAxes(np.nan, np.nan, axes[0], turn_std)
    return RoomAxes(float(np.exp(mean)) * side_px, std, axes[0], turn_std)


def _between_rad(rotations: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """(G,) angles from each of the rotations (G, 3, 3) to axes, whichever axis is called which."""
    alike = np.einsum("gab,ac,kcb->gk", rotations, axes, CUBE).max(axis=1)
    return np.arccos(np.clip((alike - 1.0) / 2.0, -1.0, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """N edges over the longer side: ends (N, 2, 2), lengths, middles, directions, noise (rad)."""

    ends: np.ndarray
    length: np.ndarray
    middle: np.ndarray
    direction: np.ndarray
    noise: np.ndarray

    @classmethod
    def longest(cls, ends: np.ndarray) -> "_Edges":
        """Of many edges (N, 2, 2), as many as are worth the time."""
        length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        rows = np.argsort(-length)[:_MAX_EDGES]
        ends, length = ends[rows], length[rows]
        noise = np.hypot(2.0 * _EDGE_NOISE / length, _BEND_STD)
        return cls(ends, length, ends.mean(axis=1), unit(ends[:, 1] - ends[:, 0]), noise)


def _profile(edges: _Edges) -> tuple[np.ndarray, np.ndarray]:
    """Of every focal length: log-likelihood (G,) of the best orientation, and it (G, 3, 3)."""
    random = np.random.default_rng(_SEED)
    share = edges.length / edges.length.sum()
    triples = np.stack(
        [random.choice(len(share), 3, replace=False, p=share) for _ in range(_N_TRIPLES)]
    )
    starts = []
    for focal in _FOCALS:
        R = _from_triples(edges, focal, triples)
        _, likelihood = _belonging(edges, np.full(len(R), focal), R)
        starts.append(R[np.argsort(-likelihood)[:_N_KEPT]])
    focals = np.repeat(_FOCALS, _N_KEPT)
    R, _ = _turned(edges, focals, np.concatenate(starts))
    likelihood = _belonging(edges, focals, R)[1].reshape(-1, _N_KEPT)
    best = likelihood.argmax(axis=1)
    rows = np.arange(len(best))
    return likelihood[rows, best], R.reshape(-1, _N_KEPT, 3, 3)[rows, best]


def _from_triples(edges: _Edges, focal: float, triples: np.ndarray) -> np.ndarray:
    """(H, 3, 3) orientations in which two edges run along one direction and one along another."""
    rays = np.concatenate([edges.ends, np.full((*edges.ends.shape[:-1], 1), focal)], axis=-1)
    normals = unit(np.cross(rays[:, 0], rays[:, 1]))
    first = np.cross(normals[triples[:, 0]], normals[triples[:, 1]])
    second = np.cross(normals[triples[:, 2]], first)
    sizes = np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)
    meet = np.minimum(*sizes) > 1e-4
    first, second = (
        axis[meet] / size[meet, None] for axis, size in zip((first, second), sizes, strict=True)
    )
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def _sines(edges: _Edges, focal: np.ndarray, R: np.ndarray) -> np.ndarray:
    """(H, 3, N) sine of the angle between an edge and where a direction would have it run."""
    to_x, to_y = (
        focal[:, None, None] * R[:, axis, :, None] - R[:, 2, :, None] * edges.middle[:, axis]
        for axis in (0, 1)
    )
    across = to_x * edges.direction[:, 1] - to_y * edges.direction[:, 0]
    return across / np.maximum(np.hypot(to_x, to_y), 1e-12)


def _belonging(edges: _Edges, focal: np.ndarray, R: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability (H, 3, N) that an edge runs along a direction, and log-likelihood (H,).

    The likelihood is over that of edges that run anywhere.
    """
    off = _sines(edges, focal, R) / edges.noise
    along = np.exp(-0.5 * off**2) * np.sqrt(0.5 * np.pi) / edges.noise * (1.0 - _STRAY) / 3.0
    total = along.sum(axis=1) + _STRAY
    return along / total[:, None], np.log(total).sum(axis=1)


def _turned(edges: _Edges, focal: np.ndarray, R: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orientations (H, 3, 3) improved by expectation and maximisation, normal matrices (H, 3, 3).

    A step is Gauss and Newton's, about the camera's axes.
    """
    small = 1e-5
    turns = rotvec_to_rotmat(small * np.eye(3))
    normal = np.zeros((len(R), 3, 3))
    for _ in range(_ROUNDS):
        weight = _belonging(edges, focal, R)[0] / edges.noise**2
        off = _sines(edges, focal, R)
        J = np.stack([(_sines(edges, focal, turn @ R) - off) / small for turn in turns])
        normal = np.einsum("ahkn,hkn,bhkn->hab", J, weight, J) + 1e-6 * np.eye(3)
        gradient = np.einsum("ahkn,hkn,hkn->ha", J, weight, off)
        step = np.linalg.solve(normal, gradient[..., None])[..., 0]
        R = rotvec_to_rotmat(-step) @ R
    return R, normal
