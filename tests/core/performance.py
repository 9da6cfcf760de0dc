"""A performance made by the skeleton itself, filmed by two exact cameras."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.kinematics import Pose, forward, landmark_positions
from mvmocap_core.body.skeleton import JOINT, N_JOINTS, Body, average_body
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import Track
from mvmocap_core.geometry.cameras import project_points, rigid_transform
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.sync.timeline import Timeline

IMAGE_SIZE = np.array([1280, 720])
HEIGHT_M = 1.72


@dataclass(frozen=True, eq=False)
class Performance:
    """Truth: body, its pose (world, Z up) at the first track's times, cameras; and the tracks."""

    body: Body
    pose: Pose
    cameras: Cameras
    offset_s: float
    tracks: list[Track]

    @property
    def landmarks_m(self) -> np.ndarray:
        return landmark_positions(*forward(self.pose, self.body), self.body)

    def timeline(self, error_s: float = 0.0, std_s: float = 0.005) -> Timeline:
        return Timeline.known(np.array([0.0, self.offset_s + error_s]), std_s)


def dance(times_s: np.ndarray, body: Body) -> Pose:
    """Somebody who walks in a circle, waves and bends: every limb moves."""
    local = np.broadcast_to(np.eye(3), (len(times_s), N_JOINTS, 3, 3)).copy()
    phase = 2.0 * np.pi * times_s

    def turn(name: str, x: np.ndarray | float, y: np.ndarray | float, z: np.ndarray | float):
        angles = np.stack(np.broadcast_arrays(x, y, z, times_s)[:3], axis=1)
        local[:, JOINT[name]] = rotvec_to_rotmat(np.radians(angles.astype(float)))

    turn("pelvis", 5 * np.sin(phase), 0.0, 60.0 * times_s)
    for name in ("spine_1", "spine_2", "spine_3"):
        turn(name, 6 + 6 * np.sin(1.3 * phase), 3 * np.sin(phase), 4 * np.sin(0.7 * phase))
    for name in ("neck", "head"):
        turn(name, 5 * np.sin(phase), 0.0, 10 * np.sin(0.5 * phase))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        turn(f"{side}_shoulder", 10 * np.sin(phase), sign * (40 + 30 * np.sin(0.6 * phase)), 0.0)
        turn(f"{side}_elbow", 0.0, 0.0, -sign * (50 + 40 * np.sin(0.9 * phase + sign)))
        turn(f"{side}_hip", -20 - 20 * np.sin(0.8 * phase + sign), sign * 3, 0.0)
        turn(f"{side}_knee", 35 + 25 * np.sin(0.8 * phase + sign), 0.0, 0.0)
    radius_m = 0.4
    translation = np.stack(
        [radius_m * np.cos(phase / 6), radius_m * np.sin(phase / 6), np.full(len(times_s), 0.88)],
        axis=1,
    )
    return Pose(translation, local)


def phones(angle_deg: float, focal_35mm: tuple[float, float]) -> Cameras:
    """Two phones three metres away, at breast height, `angle_deg` apart."""
    K, poses = np.zeros((2, 3, 3)), np.zeros((2, 4, 4))
    for view, azimuth in enumerate(np.radians([-angle_deg / 2, angle_deg / 2])):
        center = np.array([3.0 * np.sin(azimuth), -3.0 * np.cos(azimuth), 1.1 + 0.4 * view])
        forward_axis = np.array([0.0, 0.0, 1.0]) - center
        forward_axis /= np.linalg.norm(forward_axis)
        right = np.cross(forward_axis, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        R = np.stack([right, np.cross(forward_axis, right), forward_axis])
        poses[view] = rigid_transform(R, -R @ center)
        focal_px = focal_35mm[view] / 43.267 * np.hypot(*IMAGE_SIZE)
        K[view] = [[focal_px, 0, 640], [0, focal_px, 360], [0, 0, 1]]
    return Cameras(K, np.zeros((2, 4)), np.stack([IMAGE_SIZE] * 2), poses)


def perform(
    *,
    angle_deg: float = 75.0,
    focal_35mm: tuple[float, float] = (27.0, 30.0),
    duration_s: float = 3.0,
    fps: tuple[float, float] = (30.0, 25.0),
    offset_s: float = 0.31,
    noise_px: float = 0.0,
    shape: np.ndarray | None = None,
    place: np.ndarray | None = None,
    later_s: float = 0.0,
) -> Performance:
    """A filmed performance. The second video starts `offset_s` after the first.

    place: (4, 4) where the performer's world is in that of the cameras given here, for somebody
    else in the same picture; `cameras` stay those given. later_s: of the dance that is danced.
    """
    body = average_body(HEIGHT_M)
    if shape is not None:
        body = Body(HEIGHT_M, shape)
    cameras = phones(angle_deg, focal_35mm)
    rng = np.random.default_rng(0)
    tracks = []
    for view in range(2):
        times_s = np.arange(0.0, duration_s, 1.0 / fps[view])
        moment = times_s + later_s + (offset_s if view else 0.0)
        pose = dance(moment, body)
        points = landmark_positions(*forward(pose, body), body)
        T = cameras.T_cam_world[view] if place is None else cameras.T_cam_world[view] @ place
        pixels = project_points(points, cameras.K[view], cameras.dist[view], T)
        pixels = pixels + noise_px * rng.normal(size=pixels.shape)
        hips = points[:, [23, 24]].mean(axis=1, keepdims=True)
        tracks.append(
            Track(
                times_s=times_s,
                keypoints_2d_px=pixels,
                confidence=np.full(pixels.shape[:2], 0.95),
                world_landmarks_m=(points - hips) @ T[:3, :3].T,
                image_size=IMAGE_SIZE,
            )
        )
    first = dance(tracks[0].times_s + later_s, body)
    return Performance(body, first, cameras, offset_s, tracks)
