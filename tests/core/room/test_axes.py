import numpy as np
import pytest

from mvmocap_core.geometry.rotations import rotation_angle_deg, rotvec_to_rotmat
from mvmocap_core.room.axes import find_axes

SIZE = np.array([1280.0, 720.0])


def edges_of_room(focal_px: float, R: np.ndarray, *, n: int, seed: int = 0) -> np.ndarray:
    """(n, 2, 2) edges along the three axes of a room, a third of a pixel of noise at their ends."""
    rng = np.random.default_rng(seed)
    start = rng.uniform((-2.5, -1.5, 3.0), (2.5, 1.5, 7.0), (4 * n, 3))
    axis = R.T[rng.integers(0, 3, 4 * n)]
    ends = np.stack([start, start + rng.uniform(0.5, 1.5, (4 * n, 1)) * axis], axis=1)
    in_front = (ends[..., 2] > 1.0).all(axis=1)
    edges = focal_px * ends[..., :2] / ends[..., 2:]
    inside = (np.abs(edges) < SIZE / 2).all(axis=(1, 2))
    edges = edges[in_front & inside][:n]
    return edges + rng.normal(0.0, 0.3, edges.shape)


def strays(n: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    middle = rng.uniform(-SIZE / 2, SIZE / 2, (n, 2))
    angle = rng.uniform(0.0, np.pi, n)
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    half = rng.uniform(20.0, 80.0, (n, 1)) * along
    return np.stack([middle - half, middle + half], axis=1)


def off_deg(axes: np.ndarray, R: np.ndarray) -> float:
    """Angle to the truth, whichever axis is called which."""
    alike = np.abs(axes.T @ R)
    return float(np.degrees(np.arccos(np.clip(alike.max(axis=0).min(), -1.0, 1.0))))


@pytest.mark.parametrize("focal_px", [800.0, 1100.0, 1800.0])
@pytest.mark.parametrize("turn", [(-0.2, 0.6, 0.02), (-0.1, 0.35, -0.05)])
def test_edges_of_a_room_tell_focal_length_and_axes(focal_px, turn):
    R = rotvec_to_rotmat(np.array(turn))
    edges = np.concatenate([edges_of_room(focal_px, R, n=90), strays(40)])
    room = find_axes(edges, SIZE)
    assert abs(np.log(room.focal_px / focal_px)) < 2.0 * room.focal_log_std < 0.18
    assert off_deg(room.axes, R) < 1.0
    assert rotation_angle_deg(room.axes @ room.axes.T) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_edges_that_run_anywhere_tell_nothing(seed):
    room = find_axes(strays(120, seed), SIZE)
    assert np.isnan(room.focal_px)
    assert np.isnan(room.axes).all()


def test_few_edges_tell_nothing():
    edges = edges_of_room(1000.0, rotvec_to_rotmat(np.array([-0.2, 0.6, 0.0])), n=12)
    assert np.isnan(find_axes(edges, SIZE).focal_px)


def test_a_wall_seen_straight_on_does_not_tell_the_focal_length():
    grid = [((x, -300.0), (x, 300.0)) for x in np.linspace(-500, 500, 20)]
    grid += [((-500.0, y), (500.0, y)) for y in np.linspace(-300, 300, 20)]
    assert np.isnan(find_axes(np.array(grid), SIZE).focal_px)
