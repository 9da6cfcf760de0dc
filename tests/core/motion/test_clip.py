from dataclasses import replace

import numpy as np
import pytest

from mvmocap_core.motion.clean_up import trim
from mvmocap_core.motion.clip import load_motion
from mvmocap_core.storage import save_arrays
from tests.core.scenes import make_motion


@pytest.fixture
def turning():
    motion = make_motion(30)
    poses = np.repeat(motion.T_cam_world[:, None], 30, axis=1)
    poses[1, :, 0, 3] += np.arange(30)
    return replace(motion, T_cam_world_frames=poses)


def test_poses_of_turning_cameras_are_kept_in_the_file(turning, tmp_path):
    save_arrays(tmp_path / "motion.npz", turning.to_arrays())
    loaded = load_motion(tmp_path / "motion.npz")
    np.testing.assert_array_equal(loaded.T_cam_world_frames, turning.T_cam_world_frames)


def test_a_file_of_still_cameras_has_no_poses_of_frames(tmp_path):
    arrays = make_motion(30).to_arrays()
    assert "T_cam_world_frames" not in arrays
    save_arrays(tmp_path / "motion.npz", arrays)
    assert load_motion(tmp_path / "motion.npz").T_cam_world_frames is None


def test_trimming_cuts_the_poses_too(turning):
    part = trim(turning, 0.5, 0.8)
    assert part.T_cam_world_frames.shape[1] == len(part.times_s)
    assert part.T_cam_world_frames[1, 0, 0, 3] == turning.T_cam_world_frames[1, 15, 0, 3]
