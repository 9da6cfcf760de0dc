from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_clip import project_px

from mvmocap_core.motion.clip import MotionClip

Measure = Callable[..., dict[str, Any]]


def _assert_sees_like_opencv(facts: dict[str, Any], clip: MotionClip) -> None:
    for view, pixels in enumerate(facts["pixels"]):
        expected = [
            project_px(clip.K[view], clip.T_cam_world[view], np.array(point))
            for point in facts["points_m"]
        ]
        np.testing.assert_allclose(pixels, expected, atol=0.1)


@pytest.fixture(scope="module")
def facts(measure: Measure, motion_file: Path, repository: Path) -> dict[str, Any]:
    return measure("camera_facts", motion_file, repository / "examples" / "charleston_a.mp4")


def test_blender_sees_points_where_the_phone_did(facts: dict[str, Any], clip: MotionClip):
    _assert_sees_like_opencv(facts, clip)


def test_pixels_that_are_not_square_are_kept(
    measure: Measure, clip: MotionClip, tmp_path: Path, repository: Path
):
    K = clip.K.copy()
    K[:, 1, 1] *= [1.1, 0.8]
    squeezed = replace(clip, K=K)
    np.savez(tmp_path / "motion.npz", **squeezed.to_arrays())
    proxy = repository / "examples" / "charleston_a.mp4"
    _assert_sees_like_opencv(measure("camera_facts", tmp_path / "motion.npz", proxy), squeezed)


def test_looking_through_a_camera_takes_its_resolution(facts: dict[str, Any], clip: MotionClip):
    assert facts["resolution"] == clip.image_size[-1].tolist()


def test_footage_lies_behind_from_the_first_frame(facts: dict[str, Any]):
    assert (facts["depth"], facts["frame_start"], facts["is_shown"]) == ("BACK", 1, True)


def test_a_camera_that_turned_has_a_key_at_every_frame(facts: dict[str, Any]):
    blender_from_opencv = np.diag([1.0, -1.0, -1.0, 1.0])
    for T_cam_world, matrix_world in zip(facts["turned"], facts["matrices"], strict=True):
        expected = np.linalg.inv(T_cam_world) @ blender_from_opencv
        np.testing.assert_allclose(matrix_world, expected, atol=1e-5)
