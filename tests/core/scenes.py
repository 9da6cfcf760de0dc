"""Exact results of an imagined solve, for tests of what comes after it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from mvmocap_core.calibration.cameras import Calibration, Cameras
from mvmocap_core.detection.detections import LANDMARK_NAMES, Track
from mvmocap_core.geometry.cameras import project_points, rigid_transform
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.sync.timeline import Timeline

SKELETON = (
    # name, parent, offset in metres: T-pose facing -Y, left is +X
    ("pelvis", -1, (0.0, 0.0, 0.0)),
    ("spine", 0, (0.0, 0.0, 0.2)),
    ("neck", 1, (0.0, 0.0, 0.3)),
    ("head", 2, (0.0, 0.0, 0.15)),
    ("left_shoulder", 2, (0.18, 0.0, -0.03)),
    ("left_elbow", 4, (0.28, 0.0, 0.0)),
    ("left_wrist", 5, (0.25, 0.0, 0.0)),
    ("right_shoulder", 2, (-0.18, 0.0, -0.03)),
    ("right_elbow", 7, (-0.28, 0.0, 0.0)),
    ("right_wrist", 8, (-0.25, 0.0, 0.0)),
    ("left_hip", 0, (0.1, 0.0, -0.05)),
    ("left_knee", 10, (0.0, 0.0, -0.42)),
    ("left_ankle", 11, (0.0, 0.0, -0.4)),
    ("left_toe", 12, (0.0, -0.18, -0.06)),
    ("right_hip", 0, (-0.1, 0.0, -0.05)),
    ("right_knee", 14, (0.0, 0.0, -0.42)),
    ("right_ankle", 15, (0.0, 0.0, -0.4)),
    ("right_toe", 16, (0.0, -0.18, -0.06)),
)
IMAGE_SIZE = (640, 480)
FOCAL_PX = 600.0


def make_cameras(angle_deg: float = 80.0, distance_m: float = 4.0) -> Cameras:
    """Two cameras at 1.2 m, looking at the origin from the performer's front."""
    transforms = []
    for turn_deg in (-angle_deg / 2, angle_deg / 2):
        turn = np.deg2rad(turn_deg)
        position = distance_m * np.array([np.sin(turn), -np.cos(turn), 0.0])
        position[2] = 1.2
        forward = np.array([0.0, 0.0, 1.0]) - position
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        R = np.stack([right, np.cross(forward, right), forward])
        transforms.append(rigid_transform(R, -R @ position))
    K = np.array([[FOCAL_PX, 0.0, 320.0], [0.0, FOCAL_PX, 240.0], [0.0, 0.0, 1.0]])
    return Cameras(
        K=np.stack([K, K]),
        dist=np.zeros((2, 4)),
        image_size=np.array([IMAGE_SIZE, IMAGE_SIZE]),
        T_cam_world=np.stack(transforms),
    )


def make_motion(
    n_frames: int = 60,
    fps: float = 30.0,
    *,
    is_moving: bool = True,
    turns: float = 0.1,
    offset_s: float = 0.0,
    cameras: Cameras | None = None,
) -> MotionClip:
    """A performer who sways every joint and turns about; or who stands in T-pose."""
    names, parents, offsets = (list(column) for column in zip(*SKELETON, strict=True))
    rest = np.array(offsets)
    phase = np.linspace(0.0, 2.0 * np.pi, n_frames)[:, None]
    random = np.random.default_rng(5)
    angles = 0.5 * np.sin(phase[..., None] + random.uniform(0, 6, (len(names), 3)))
    angles[:, 0] = np.stack([0 * phase, 0 * phase, turns * phase], axis=-1)[:, 0]
    local = Rotation.from_rotvec((angles * is_moving).reshape(-1, 3))
    rotmats = local.as_matrix().reshape(n_frames, len(names), 3, 3)
    positions = np.zeros((n_frames, len(names), 3))
    world = np.zeros((n_frames, len(names), 3, 3))
    root = np.stack([0.3 * np.sin(phase), 0.2 * (np.cos(phase) - 1.0)], axis=-1)[:, 0]
    positions[:, 0] = [0.0, 0.0, 0.93]
    positions[:, 0, :2] = root * is_moving
    for joint, parent in enumerate(parents):
        world[:, joint] = rotmats[:, joint] if parent < 0 else world[:, parent] @ rotmats[:, joint]
        if parent >= 0:
            positions[:, joint] = positions[:, parent] + world[:, parent] @ rest[joint]
    cameras = make_cameras() if cameras is None else cameras
    return MotionClip(
        fps=fps,
        times_s=np.arange(n_frames) / fps,
        joint_names=np.array(names),
        joint_parents=np.array(parents),
        positions_m=positions,
        rotations_quat_wxyz=local.as_quat(scalar_first=True).reshape(n_frames, -1, 4),
        rest_offsets_m=rest,
        error_m=np.full((n_frames, len(names)), 0.02),
        confidence=np.full((n_frames, len(names)), 0.9),
        contacts=np.zeros((n_frames, 2, 2), bool),
        landmark_names=np.array(LANDMARK_NAMES),
        landmarks_m=positions[:, _joints_of_landmarks(names)],
        K=cameras.K,
        dist=cameras.dist,
        image_size=cameras.image_size,
        T_cam_world=cameras.T_cam_world,
        sync_offset_s=np.array([0.0, offset_s]),
        sync_drift_ppm=np.zeros(2),
    )


def _joints_of_landmarks(names: Sequence[str]) -> list[int]:
    return [names.index(name) if name in names else 0 for name in LANDMARK_NAMES]


def make_tracks(motion: MotionClip) -> list[Track]:
    """What a perfect detector sees: each landmark is the joint of its name, or the pelvis."""
    joints = _joints_of_landmarks(motion.joint_names.tolist())
    tracks = []
    for view in range(len(motion.K)):
        keypoints = project_points(
            motion.positions_m[:, joints],
            motion.K[view],
            motion.dist[view],
            motion.T_cam_world[view],
        )
        tracks.append(
            Track(
                times_s=motion.times_s - motion.sync_offset_s[view],
                keypoints_2d_px=keypoints,
                confidence=np.full(keypoints.shape[:2], 0.95),
                world_landmarks_m=np.zeros((*keypoints.shape[:2], 3)),
                image_size=motion.image_size[view],
            )
        )
    return tracks


def make_timeline(offset_s: float = 0.0) -> Timeline:
    heard = {"method": np.array(["reference", "audio"]), "agreement": np.array([1.0, 0.6])}
    return replace(Timeline.known(np.array([0.0, offset_s]), 0.002), **heard)


def make_calibration(cameras: Cameras | None = None, **changes: object) -> Calibration:
    good = Calibration(
        cameras=make_cameras() if cameras is None else cameras,
        offset_s=np.zeros(2),
        offset_std_s=np.array([0.0, 0.002]),
        agreement=np.array([1.0, 0.6]),
        focal_std=np.array([0.03, 0.03]),
        rotation_std_deg=0.8,
        lone_focal_std=np.array([0.03, 0.03]),
        lone_rotation_std_deg=0.8,
        view_angle_deg=80.0,
        reprojection_rms_px=np.array([2.0, 2.0]),
        reprojection_rel=np.array([0.007, 0.008]),
        bone_variation=0.06,
        swapped_share=np.array([0.0, 0.0]),
        margin=0.4,
        n_frames=60,
    )
    return replace(good, **changes)


def take_contents(folder: Path) -> dict[str, bytes]:
    """Every file of a take by name, for telling whether anything changed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }
