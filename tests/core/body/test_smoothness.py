import numpy as np
import pytest

from mvmocap_core.body.kinematics import N_UNKNOWNS
from mvmocap_core.body.skeleton import average_body
from mvmocap_core.body.smoothness import Elimination, Smoothness
from tests.core.performance import dance


def random_system(n_frames: int):
    rng = np.random.default_rng(0)
    root = rng.normal(size=(n_frames, N_UNKNOWNS, N_UNKNOWNS))
    diagonal, beside = Smoothness(np.full(N_UNKNOWNS, 3.0), np.full(N_UNKNOWNS, 0.5)).hessian(
        dance(np.arange(n_frames) / 30.0, average_body(1.7))
    )
    blocks = root @ root.transpose(0, 2, 1) + np.eye(N_UNKNOWNS) * (1.0 + diagonal[:, None])
    dense = np.zeros((n_frames, N_UNKNOWNS, n_frames, N_UNKNOWNS))
    unknown = np.arange(N_UNKNOWNS)
    for frame in range(n_frames):
        dense[frame, :, frame] = blocks[frame]
        for off in (1, 2):
            if frame + off < n_frames:
                coupling = beside[off - 1, frame]
                dense[frame, unknown, frame + off, unknown] = coupling
                dense[frame + off, unknown, frame, unknown] = coupling
    return blocks, beside, dense.reshape(n_frames * N_UNKNOWNS, -1)


def test_banded_solution_is_the_dense_one():
    blocks, beside, dense = random_system(7)
    right = np.random.default_rng(1).normal(size=(7, N_UNKNOWNS))
    np.testing.assert_allclose(
        Elimination.of(blocks, beside).solve(right).ravel(), np.linalg.solve(dense, right.ravel())
    )


@pytest.mark.parametrize("n_frames", [1, 2, 3, 6, 7])
def test_marginal_covariance_is_that_of_the_dense_inverse(n_frames):
    blocks, beside, dense = random_system(n_frames)
    inverse = np.linalg.inv(dense).reshape(n_frames, N_UNKNOWNS, n_frames, N_UNKNOWNS)
    expected = np.stack([inverse[f, :, f] for f in range(n_frames)])
    found = Elimination.of(blocks, beside).marginal_covariance()
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_gradient_is_the_derivative_of_the_cost_for_slow_motion():
    pose = dance(np.arange(8) / 240.0, average_body(1.7))
    smooth = Smoothness.at(240.0)
    step = np.random.default_rng(2).normal(size=(8, N_UNKNOWNS))
    h = 1e-7
    slope = (smooth.cost(pose.moved(h * step)) - smooth.cost(pose.moved(-h * step))) / (2 * h)
    assert slope == pytest.approx((smooth.gradient(pose) * step).sum(), rel=0.05)


def test_density_of_acceleration_does_not_depend_on_the_frame_rate():
    body = average_body(1.7)
    costs = [
        Smoothness.at(fps).cost(dance(np.arange(0.0, 2.0, 1.0 / fps), body))
        for fps in (60.0, 120.0)
    ]
    assert costs[0] == pytest.approx(costs[1], rel=0.1)
