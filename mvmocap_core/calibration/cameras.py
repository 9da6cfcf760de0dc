"""Where each phone stood, and its lens."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Cameras:
    """V pinhole cameras with lens distortion. OpenCV axes: +x right, +y down, +z forward.

    K:           (V, 3, 3) pixels.
    dist:        (V, 4) k1, k2, p1, p2.
    image_size:  (V, 2) width, height in pixels, upright.
    T_cam_world: (V, 4, 4) metres; p_cam = T_cam_world @ p_world.
    """

    K: np.ndarray
    dist: np.ndarray
    image_size: np.ndarray
    T_cam_world: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Cameras found from a take, in the take's own units and frame, and how sure they are.

    The world is the first camera's frame until `body` puts it on the floor; metric by stature.

    cameras:              see `Cameras`.
    offset_s:             (V,) the time line's offsets, refined; seconds.
    offset_std_s:         (V,) one standard deviation, seconds.
    agreement:            (V,) in [0, 1]: how far these offsets are ahead of any others.
    focal_std:            (V,) one standard deviation of log focal length.
    rotation_std_deg:     relative rotation of the views, one standard deviation.
    lone_focal_std:       (V,) as the performer alone tells it, without the rooms. What a detector
                          gets wrong goes into the pose where the rooms hold the cameras.
    lone_rotation_std_deg: likewise.
    view_angle_deg:       angle between the two viewing directions to the performer.
    reprojection_rms_px:  (V,) robust, of confident joints.
    reprojection_rel:     (V,) the same over the performer's height in the image.
    bone_variation:       coefficient of variation of bone lengths, mean over bones, of the
                          points triangulated without the bone-length term.
    swapped_share:        (V,) share of the frames whose left and right the detector exchanged.
    margin:               relative gain of the best hypothesis over the best different one.
    n_frames:             frames used.
    is_metric:            the units are metres, from given cameras; else the size is a guess.
    room_axes:            (V, 3, 3) see `RoomAxes`, NaN where a room is not known; None where nobody
                          looked. One of its directions is mostly the vertical.
    """

    cameras: Cameras
    offset_s: np.ndarray
    offset_std_s: np.ndarray
    agreement: np.ndarray
    focal_std: np.ndarray
    rotation_std_deg: float
    lone_focal_std: np.ndarray
    lone_rotation_std_deg: float
    view_angle_deg: float
    reprojection_rms_px: np.ndarray
    reprojection_rel: np.ndarray
    bone_variation: float
    swapped_share: np.ndarray
    margin: float
    n_frames: int
    is_metric: bool = False
    room_axes: np.ndarray | None = None
