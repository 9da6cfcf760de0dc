"""Where cameras that turned pointed at every frame of the motion."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mvmocap_core.geometry.rotations import rotmat_to_rotvec, rotvec_to_rotmat
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.stabilisation.steady import CameraMotion


def with_moving_cameras(motion: MotionClip, cameras: Sequence[CameraMotion]) -> MotionClip:
    """The motion with `T_cam_world_frames`, where a camera turned; else as it was.

    cameras: what each video's camera did.
    """
    if not any(camera.kind == "turned" for camera in cameras):
        return motion
    n_frames = len(motion.times_s)
    poses = np.repeat(motion.T_cam_world[:, None], n_frames, axis=1)
    for view, camera in enumerate(cameras):
        if camera.kind == "turned":
            rate = 1.0 + 1e-6 * motion.sync_drift_ppm[view]
            own_s = (motion.times_s - motion.sync_offset_s[view]) / rate
            turn = np.zeros((n_frames, 4, 4))
            turn[:, :3, :3] = _turns(camera, motion.K[view], own_s)
            turn[:, 3, 3] = 1.0
            poses[view] = turn @ motion.T_cam_world[view]
    return replace(motion, T_cam_world_frames=poses)


def _turns(camera: CameraMotion, K: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """(F, 3, 3) at `times_s` of the video, of the lens that was solved.

    What was measured is how pixels moved: a longer lens moves them as far by a smaller turn
    aside or up, and by the same turn about its axis.
    """
    rotvec = rotmat_to_rotvec(camera.rotmat)
    rotvec[:, :2] *= camera.focal_px / np.sqrt(K[0, 0] * K[1, 1])
    return rotvec_to_rotmat(
        np.stack([np.interp(times_s, camera.times_s, axis) for axis in rotvec.T], axis=1)
    )
