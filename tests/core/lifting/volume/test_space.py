"""The space in which people are looked for, whatever world the cameras are in."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mvmocap_core.geometry.cameras import rigid_transform
from mvmocap_core.lifting.joints import HIPS
from mvmocap_core.lifting.volume.space import working_space
from tests.core.lifting.volume.crowd import cameras, people, seen


@pytest.mark.parametrize("turn", [[0.0, 0.0, 0.0], [1.9, 0.3, -0.8]])
def test_the_space_is_upright_and_about_everybody(turn):
    joints, T = people(4), cameras(2)
    moved = rigid_transform(Rotation.from_rotvec(turn).as_matrix(), np.array([3.0, -1.0, 2.0]))
    T_space = working_space(seen(joints, T), T @ np.linalg.inv(moved)) @ moved
    assert T_space[2, 2] == pytest.approx(1.0, abs=1e-6)
    roots = joints[:, :, list(HIPS)].mean(axis=2) @ T_space[:3, :3].T + T_space[:3, 3]
    assert np.abs(roots[..., :2]).max() < 1.5
    assert np.abs(roots[..., 2]).max() < 0.1


def test_no_space_where_nobody_is_seen_by_two_views():
    keypoints = seen(people(2), cameras(2))
    keypoints[1, ..., 2] = 0.0
    with pytest.raises(ValueError, match="no rays"):
        working_space(keypoints, cameras(2))
