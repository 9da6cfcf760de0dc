from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from blender_addon.armature.bvh_axes import turn_to_y_up

Z_UP = """HIERARCHY
ROOT hips
{
\tOFFSET 1.0 2.0 3.0
\tCHANNELS 6 Xposition Yposition Zposition Yrotation Xrotation Zrotation
\tEnd Site
\t{
\t\tOFFSET 0.0 0.0 0.5
\t}
}
MOTION
Frames: 1
Frame Time: 0.033333
0.1 0.2 0.3 10.0 20.0 30.0
"""
Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


@pytest.fixture
def turned(tmp_path: Path) -> list[str]:
    path = tmp_path / "x.bvh"
    path.write_text(Z_UP)
    turn_to_y_up(path)
    return path.read_text().splitlines()


def test_what_was_up_is_along_y(turned: list[str]):
    assert turned[3] == "\tOFFSET 1.00000000 3.00000000 -2.00000000"
    assert turned[7] == "\t\tOFFSET 0.00000000 0.50000000 0.00000000"


def test_channels_are_those_of_the_core(turned: list[str]):
    assert turned[4].endswith(
        "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    )


def test_motion_is_the_same_one_seen_in_the_new_axes(turned: list[str]):
    values = np.array([float(word) for word in turned[-1].split()])
    np.testing.assert_allclose(values[:3], Y_UP @ [0.1, 0.2, 0.3])
    before = Rotation.from_euler("YXZ", [10.0, 20.0, 30.0], degrees=True).as_matrix()
    after = Rotation.from_euler("ZXY", values[3:], degrees=True).as_matrix()
    np.testing.assert_allclose(after, Y_UP @ before @ Y_UP.T, atol=1e-12)


def test_lines_without_axes_stay(turned: list[str]):
    assert turned[-3:-1] == ["Frames: 1", "Frame Time: 0.033333"]
    assert turned[:3] == ["HIERARCHY", "ROOT hips", "{"]
