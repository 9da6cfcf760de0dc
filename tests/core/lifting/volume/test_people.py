"""Everybody's joints, with networks that know nothing but the rays."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mvmocap_core.lifting.joints import N_JOINTS  # noqa: E402
from mvmocap_core.lifting.volume.networks import PoseNet, RootNet  # noqa: E402
from mvmocap_core.lifting.volume.people import volume  # noqa: E402
from tests.core.lifting.volume.crowd import cameras, people, seen  # noqa: E402

N_FRAMES = 3


def found(keypoints: np.ndarray, T: np.ndarray) -> np.ndarray:
    torch.manual_seed(0)
    return volume(keypoints, T, (RootNet(), PoseNet().eval()))


@pytest.mark.parametrize("n_views", [2, 3])
def test_everybody_is_one_row_whatever_their_order_in_the_views(n_views):
    joints, T = people(N_FRAMES), cameras(n_views)
    keypoints = seen(joints, T)
    keypoints[1] = keypoints[1, ::-1]
    rows = found(keypoints, T)
    assert rows.shape == joints.shape
    rows = rows[np.argsort(rows[:, 0, 0, 0])]
    assert np.linalg.norm(rows - joints, axis=-1).mean() < 0.008


def test_one_person_needs_no_other():
    joints, T = people(N_FRAMES)[:1], cameras(2)
    rows = found(seen(joints, T), T)
    assert rows.shape == joints.shape
    assert np.linalg.norm(rows - joints, axis=-1).mean() < 0.03


def test_somebody_whom_one_view_misses_for_a_while_comes_back_as_the_same():
    joints, T = people(N_FRAMES), cameras(2)
    keypoints = seen(joints, T)
    keypoints[1, 0, 1, :, 2] = 0.0
    rows = found(keypoints, T)
    assert len(rows) == 2
    assert np.isnan(rows[1, 1]).all()
    assert np.isfinite(rows[1, [0, 2]]).all()
    assert np.linalg.norm(rows[1, 2] - joints[0, 2], axis=-1).mean() < 0.03


def test_nobody_whom_two_views_see_is_nobody():
    keypoints = seen(people(N_FRAMES), cameras(2))
    keypoints[1, ..., 2] = 0.0
    assert volume(keypoints, cameras(2), (RootNet(), PoseNet())).shape == (
        0,
        N_FRAMES,
        N_JOINTS,
        3,
    )


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError):
        volume(np.zeros((2, 1, 4, N_JOINTS, 2)), cameras(2), (RootNet(), PoseNet()))
