"""Laws of point-set alignment and of the metrics."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mvmocap_core.geometry.alignment import (
    bone_length_variation,
    jitter,
    mpjpe,
    n_mpjpe,
    n_pck,
    p_mpjpe,
    similarity_transform,
    w_mpjpe,
)


def _moved(points: np.ndarray, scale: float = 1.0, seed: int = 1) -> np.ndarray:
    R = Rotation.random(random_state=seed).as_matrix()
    return scale * points @ R.T + np.array([0.3, -2.0, 5.0])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("seed", range(5))
def test_similarity_is_recovered_exactly(rng: np.random.Generator, seed: int):
    source = rng.normal(size=(20, 3))
    target = _moved(source, 1.7, seed)
    found = similarity_transform(source, target)
    assert found.scale == pytest.approx(1.7)
    assert np.allclose(found.apply(source), target)
    assert np.allclose(found.R @ found.R.T, np.eye(3))


def test_scale_stays_one_when_not_asked_for(rng: np.random.Generator):
    source = rng.normal(size=(9, 3))
    assert similarity_transform(source, 3.0 * source, with_scale=False).scale == 1.0


def test_mirrored_points_get_a_proper_rotation_and_do_not_fit(rng: np.random.Generator):
    source = rng.normal(size=(30, 3))
    mirrored = source * np.array([-1.0, 1.0, 1.0])
    found = similarity_transform(source, mirrored)
    assert np.linalg.det(found.R) == pytest.approx(1.0)
    assert np.linalg.norm(found.apply(source) - mirrored, axis=1).mean() > 0.3


def test_planar_points_are_enough(rng: np.random.Generator):
    source = rng.normal(size=(6, 3)) * np.array([1.0, 1.0, 0.0])
    target = _moved(source, 0.4)
    assert np.allclose(similarity_transform(source, target).apply(source), target)


def test_rows_with_nan_and_zero_weight_change_nothing(rng: np.random.Generator):
    source = rng.normal(size=(12, 3))
    target = _moved(source, 2.0)
    source[3, 1] = np.nan
    target[7] += 100.0
    weights = np.ones(12)
    weights[7] = 0.0
    found = similarity_transform(source, target, weights=weights)
    assert found.scale == pytest.approx(2.0)


@pytest.mark.parametrize(
    "points",
    [
        np.eye(3)[:2],
        np.outer(np.arange(5.0), [1.0, 2.0, 3.0]) + 7.0,
        np.ones((6, 3)),
        np.full((6, 3), np.nan),
    ],
    ids=["two", "line", "one place", "nothing"],
)
def test_degenerate_points_are_refused(points: np.ndarray):
    with pytest.raises(ValueError, match="similarity needs"):
        similarity_transform(points, points)


def test_metrics_form_a_ladder_of_freedom(rng: np.random.Generator):
    truth = rng.normal(size=(15, 12, 3))
    estimate = _moved(truth, 1.2) + 0.05 * rng.normal(size=truth.shape)
    assert p_mpjpe(estimate, truth) < w_mpjpe(estimate, truth) < mpjpe(estimate, truth)
    assert n_mpjpe(1.3 * truth, truth) < 1e-12 < mpjpe(1.3 * truth, truth)


def test_w_mpjpe_sees_no_single_similarity_and_p_mpjpe_one_in_each_frame(
    rng: np.random.Generator,
):
    truth = rng.normal(size=(10, 12, 3))
    whole = _moved(truth, 0.8)
    each = np.stack([_moved(frame, 1.0, i) for i, frame in enumerate(truth)])
    assert w_mpjpe(whole, truth) < 1e-9
    assert w_mpjpe(each, truth) > 0.3
    assert p_mpjpe(each, truth) < 1e-9


def test_mpjpe_ignores_where_the_root_is_and_missing_joints(rng: np.random.Generator):
    truth = rng.normal(size=(8, 5, 3))
    estimate = truth + rng.normal(size=(8, 1, 3))
    estimate[:, 2] = np.nan
    assert mpjpe(estimate, truth) == pytest.approx(0.0, abs=1e-12)
    assert mpjpe(estimate, truth, root=0) == pytest.approx(0.0, abs=1e-12)


def test_constant_offset_of_one_joint_has_its_own_size_under_a_root():
    truth = np.random.default_rng(3).normal(size=(4, 5, 3))
    estimate = truth.copy()
    estimate[:, 4, 0] += 0.1
    assert mpjpe(estimate, truth, root=0) == pytest.approx(0.1 / 5)


def test_n_pck_counts_missing_joints_as_misses(rng: np.random.Generator):
    truth = rng.normal(size=(6, 4, 3))
    estimate = truth.copy()
    estimate[:, 3] = np.nan
    assert n_pck(truth, truth, root=0) == 1.0
    assert n_pck(estimate, truth, root=0) == pytest.approx(0.75)


def test_nothing_to_score_is_nan():
    nothing = np.full((3, 4, 3), np.nan)
    assert np.isnan(mpjpe(nothing, nothing))
    assert np.isnan(p_mpjpe(nothing, nothing))
    assert np.isnan(n_pck(nothing, nothing))
    assert np.isnan(bone_length_variation(nothing, np.array([[0, 1]])))
    assert np.isnan(jitter(nothing, 30.0))


def test_bone_variation_is_zero_for_a_rigid_body_and_the_coefficient_otherwise():
    body = np.random.default_rng(1).normal(size=(1, 4, 3))
    rigid = np.concatenate([_moved(body[0], 1.0, i)[None] for i in range(10)])
    bones = np.array([[0, 1], [1, 2], [2, 3]])
    assert bone_length_variation(rigid, bones) < 1e-12
    breathing = body * np.array([0.9, 1.1])[:, None, None]
    assert bone_length_variation(breathing, bones) == pytest.approx(0.1)


def test_jitter_is_the_jerk_of_a_cubic():
    t = np.arange(20) / 50.0
    positions = np.zeros((20, 1, 3))
    positions[:, 0, 1] = 2.0 * t**3
    assert jitter(positions, 50.0) == pytest.approx(12.0)
    positions[7] = np.nan
    assert jitter(positions, 50.0) == pytest.approx(12.0)
