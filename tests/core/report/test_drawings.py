from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.report.drawings import plan_view
from tests.core.scenes import make_motion


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_plan_is_the_same_whichever_way_up_the_phone_was_held(quarter_turns):
    upright = make_motion()
    K, size, T = upright.K.copy(), upright.image_size.copy(), upright.T_cam_world.copy()
    for _ in range(quarter_turns):  # what was at (x, y) is now at (height - y, x)
        turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        T[:, :3] = turn @ T[:, :3]
        K[:, 0, 2], K[:, 1, 2] = size[:, 1] - K[:, 1, 2], K[:, 0, 2].copy()
        K[:, 0, 0], K[:, 1, 1] = K[:, 1, 1].copy(), K[:, 0, 0].copy()
        size = size[:, ::-1]
    turned = replace(upright, K=K, image_size=size, T_cam_world=T)
    assert _corners(plan_view(turned)) == _corners(plan_view(upright))


def _corners(svg: str) -> list[set[str]]:
    """Of each camera's wedge, in any order."""
    polygons = str(svg).split('<polygon points="')[1:]
    return [set(polygon.split('"')[0].split()) for polygon in polygons]
