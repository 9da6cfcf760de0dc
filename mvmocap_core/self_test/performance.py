"""A short performance made by the skeleton itself, filmed by two exact cameras."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.kinematics import Pose, forward, landmark_positions
from mvmocap_core.body.skeleton import JOINT, N_JOINTS, average_body
from mvmocap_core.detection.detections import Track
from mvmocap_core.geometry.cameras import project_points, rigid_transform
from mvmocap_core.geometry.rotations import rotvec_to_rotmat

FPS = 25.0
HEIGHT_M = 1.75

_DURATION_S = 3.0
_IMAGE_SIZE = np.array([1280, 720])
_FOCAL_PX = 1000.0
_DISTANCE_M = 3.5
_LEFT_HIP, _RIGHT_HIP = 23, 24


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """What was filmed and where it truly was.

    tracks:      one of each camera, on one clock.
    positions_m: (F, J, 3) joints in the world, Z up.
    """

    tracks: tuple[Track, Track]
    positions_m: np.ndarray


def perform() -> Performance:
    """Somebody turns, waves and bends the knees between two cameras 80 degrees apart."""
    times_s = np.arange(0.0, _DURATION_S, 1.0 / FPS)
    body = average_body(HEIGHT_M)
    pose = _dance(times_s)
    positions_m, rotmats = forward(pose, body)
    landmarks_m = landmark_positions(positions_m, rotmats, body)
    tracks = tuple(
        _film(times_s, landmarks_m, _camera(np.radians(azimuth_deg))) for azimuth_deg in (-40, 40)
    )
    return Performance((tracks[0], tracks[1]), positions_m)


def _dance(times_s: np.ndarray) -> Pose:
    phase = 2.0 * np.pi * times_s
    local = np.broadcast_to(np.eye(3), (len(times_s), N_JOINTS, 3, 3)).copy()

    def turn(joint: str, x_deg: np.ndarray, y_deg: np.ndarray, z_deg: np.ndarray) -> None:
        rotvec = np.radians(np.stack([x_deg, y_deg, z_deg], axis=1))
        local[:, JOINT[joint]] = rotvec_to_rotmat(rotvec)

    still = np.zeros_like(times_s)
    turn("pelvis", 5 * np.sin(phase), still, 70 * times_s)
    for spine in ("spine_1", "spine_2", "spine_3"):
        turn(spine, 6 + 5 * np.sin(phase), 3 * np.sin(0.7 * phase), 4 * np.sin(0.9 * phase))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        turn(f"{side}_shoulder", 10 * np.sin(phase), sign * (40 + 30 * np.sin(phase)), still)
        turn(f"{side}_elbow", still, still, -sign * (50 + 40 * np.sin(0.9 * phase + sign)))
        turn(f"{side}_hip", -20 - 20 * np.sin(0.8 * phase + sign), still, still)
        turn(f"{side}_knee", 35 + 25 * np.sin(0.8 * phase + sign), still, still)
    way_m = 0.3 * np.stack([np.cos(phase / 4), np.sin(phase / 4)], axis=1)
    return Pose(np.column_stack([way_m, np.full(len(times_s), 0.88)]), local)


def _camera(azimuth_rad: float) -> np.ndarray:
    """T_cam_world (4, 4) of a camera at breast height that looks at the middle of the stage."""
    direction = np.array([-np.sin(azimuth_rad), np.cos(azimuth_rad), 0.0])
    center = -_DISTANCE_M * direction + [0.0, 0.0, 1.0]
    down = np.array([0.0, 0.0, -1.0])
    R = np.stack([np.cross(down, direction), down, direction])
    return rigid_transform(R, -R @ center)


def _film(times_s: np.ndarray, landmarks_m: np.ndarray, T_cam_world: np.ndarray) -> Track:
    center = _IMAGE_SIZE / 2
    K = np.array([[_FOCAL_PX, 0.0, center[0]], [0.0, _FOCAL_PX, center[1]], [0.0, 0.0, 1.0]])
    pixels = project_points(landmarks_m, K, np.zeros(4), T_cam_world)
    hips_m = landmarks_m[:, [_LEFT_HIP, _RIGHT_HIP]].mean(axis=1, keepdims=True)
    return Track(
        times_s=times_s,
        keypoints_2d_px=pixels,
        confidence=np.full(pixels.shape[:2], 0.95),
        world_landmarks_m=(landmarks_m - hips_m) @ T_cam_world[:3, :3].T,
        image_size=_IMAGE_SIZE,
    )
