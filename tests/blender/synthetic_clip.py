"""A motion with exact kinematics, seen by two cameras, without a solve."""

import numpy as np

from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.motion.clip import MotionClip

_LIMBS = {
    "clavicle": ("spine_3", (0.03, -0.02, 0.16)),
    "shoulder": ("clavicle", (0.15, 0.02, 0.01)),
    "elbow": ("shoulder", (0.28, 0.0, 0.0)),
    "wrist": ("elbow", (0.25, 0.0, 0.0)),
    "hip": ("pelvis", (0.09, 0.0, -0.04)),
    "knee": ("hip", (0.0, 0.0, -0.42)),
    "ankle": ("knee", (0.0, 0.03, -0.41)),
    "toe": ("ankle", (0.0, -0.14, -0.06)),
}
_SPINE = {
    "spine_1": ("pelvis", (0.0, 0.0, 0.1)),
    "spine_2": ("spine_1", (0.0, 0.01, 0.13)),
    "spine_3": ("spine_2", (0.0, 0.0, 0.13)),
    "neck": ("spine_3", (0.0, -0.01, 0.22)),
    "head": ("neck", (0.0, -0.02, 0.12)),
}


def synthetic_clip(
    *, n_frames: int = 40, fps: float = 30.0, start_s: float = 0.2, seed: int = 0
) -> MotionClip:
    """Smooth random rotations of every joint about a T-pose, walking away from the origin."""
    rng = np.random.default_rng(seed)
    names, parents, offsets = _skeleton()
    times_s = start_s + np.arange(n_frames) / fps
    quats = _smooth_quats(rng, times_s, len(names))
    root = np.stack([0.5 * np.sin(times_s), -0.6 * times_s, 0.95 + 0.05 * np.cos(9 * times_s)], 1)
    return MotionClip(
        fps=fps,
        times_s=times_s,
        joint_names=np.array(names),
        joint_parents=np.array(parents),
        positions_m=forward_kinematics(root, quats, parents, offsets),
        rotations_quat_wxyz=quats,
        rest_offsets_m=offsets,
        error_m=np.full((n_frames, len(names)), 0.02),
        confidence=np.ones((n_frames, len(names))),
        contacts=np.zeros((n_frames, 2, 2), dtype=bool),
        landmark_names=np.array(LANDMARK_NAMES),
        landmarks_m=np.full((n_frames, len(LANDMARK_NAMES), 3), np.nan),
        K=np.array([[[700.0, 0, 330], [0, 700, 250], [0, 0, 1]],
                    [[1500.0, 0, 540], [0, 1500, 930], [0, 0, 1]]]),
        dist=np.zeros((2, 4)),
        image_size=np.array([[640, 480], [1080, 1920]]),
        T_cam_world=np.stack([_camera_at((0.8, -4.5, 1.4)), _camera_at((4.0, -2.5, 1.1))]),
        sync_offset_s=np.array([0.0, 0.37]),
        sync_drift_ppm=np.array([0.0, 50.0]),
    )  # fmt: skip


def forward_kinematics(
    root_m: np.ndarray, quats_wxyz: np.ndarray, parents: list[int], offsets: np.ndarray
) -> np.ndarray:
    """(F, J, 3) joints: R_j = R_parent q_j, p_j = p_parent + R_parent rest_offset_j."""
    rotmats = _rotmats(quats_wxyz)
    world = np.empty_like(rotmats)
    positions = np.empty((*quats_wxyz.shape[:2], 3))
    for joint, parent in enumerate(parents):
        if parent < 0:
            world[:, joint], positions[:, joint] = rotmats[:, joint], root_m
        else:
            world[:, joint] = world[:, parent] @ rotmats[:, joint]
            positions[:, joint] = positions[:, parent] + world[:, parent] @ offsets[joint]
    return positions


def project_px(K: np.ndarray, T_cam_world: np.ndarray, point_m: np.ndarray) -> np.ndarray:
    """(2,) pixel of a world point (3,), OpenCV's way, without lens distortion."""
    x = K @ (T_cam_world[:3, :3] @ point_m + T_cam_world[:3, 3])
    return x[:2] / x[2]


def _skeleton() -> tuple[list[str], list[int], np.ndarray]:
    joints: dict[str, tuple[str | None, tuple[float, float, float]]] = {"pelvis": (None, (0, 0, 0))}
    joints.update(_SPINE)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name, (parent, (x, y, z)) in _LIMBS.items():
            full_parent = f"{side}_{parent}" if parent in _LIMBS else parent
            joints[f"{side}_{name}"] = (full_parent, (sign * x, y, z))
    names = list(joints)
    parents = [-1 if parent is None else names.index(parent) for parent, _ in joints.values()]
    return names, parents, np.array([offset for _, offset in joints.values()], dtype=float)


def _smooth_quats(rng: np.random.Generator, times_s: np.ndarray, n_joints: int) -> np.ndarray:
    """(F, J, 4) with both signs, as a solver may write them."""
    speed, phase = rng.uniform(1, 6, (n_joints, 3)), rng.uniform(0, 6, (n_joints, 3))
    angles = 0.4 * np.sin(times_s[:, None, None] * speed + phase)
    angles[:, 0, 2] += 2.5 * times_s  # turns round, so that signs of quaternions matter
    norm = np.linalg.norm(angles, axis=-1, keepdims=True)
    quats = np.concatenate([np.cos(norm / 2), np.sin(norm / 2) * angles / norm], axis=-1)
    return quats * np.where(quats[..., :1] < 0, -1.0, 1.0)


def _rotmats(q: np.ndarray) -> np.ndarray:
    w, x, y, z = np.moveaxis(q, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _camera_at(position_m: tuple[float, float, float]) -> np.ndarray:
    """(4, 4) OpenCV camera that looks at (0, -1, 0.9), level."""
    position = np.array(position_m)
    forward = np.array([0.0, -1.0, 0.9]) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    R = np.stack([right, np.cross(forward, right), forward])
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, -R @ position
    return T
