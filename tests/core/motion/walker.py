"""Somebody who walks: each foot stands flat for a step and swings for a step."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.leg import LegPose, reach
from mvmocap_core.motion.pose import JointMotion, joint_motion, with_motion
from mvmocap_core.motion.soles import SIDES, sole_points
from tests.core.scenes import make_motion

STEP_S, STEP_M, LIFT_M = 0.6, 0.6, 0.12
HEEL_M, TOE_M = np.array([0.0, 0.05, -0.075]), np.array([0.0, -0.2, -0.075])
SOLES_M = np.array([[HEEL_M, TOE_M], [HEEL_M, TOE_M]])
ANKLE_M = 0.1
"""Height of the ankle of a foot that stands flat, with its soles at the landmarks' usual height."""


def walk(n_steps: int = 8, fps: float = 30.0) -> tuple[MotionClip, np.ndarray]:
    """The clip and its contacts (F, 2, 2)."""
    n_frames = round(n_steps * STEP_S * fps)
    clip = make_motion(n_frames, fps, is_moving=False)
    names, rest = clip.joint_names.tolist(), clip.rest_offsets_m
    feet_m, standing = _feet(clip.times_s)
    root_m = np.zeros((n_frames, 3))
    root_m[:, 1] = feet_m[..., 1].mean(axis=1)
    root_m[:, 2] = 0.9
    local = np.broadcast_to(np.eye(3), (n_frames, len(names), 3, 3)).copy()
    identity = np.broadcast_to(np.eye(3), (n_frames, 3, 3))
    for s, side in enumerate(SIDES):
        hip, knee, ankle = (names.index(f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        target_m = feet_m[:, s] + [rest[hip, 0], 0.0, 0.0]
        straight = LegPose(identity, identity)
        leg = reach(straight, root_m + rest[hip], target_m, rest[knee], rest[ankle])
        local[:, hip] = leg.thigh
        local[:, knee] = leg.thigh.transpose(0, 2, 1) @ leg.shank
        local[:, ankle] = leg.shank.transpose(0, 2, 1)
    clip = with_landmarks(with_motion(clip, JointMotion(root_m, local)))
    return clip, np.repeat(standing[:, :, None], 2, axis=2)


def with_landmarks(clip: MotionClip) -> MotionClip:
    """The clip with heel and toe landmarks where its feet have them."""
    landmarks = clip.landmarks_m.copy()
    points = sole_points(clip, SOLES_M)
    for s, side in enumerate(SIDES):
        for p, part in enumerate(("heel", "foot_index")):
            landmarks[:, clip.landmark_names.tolist().index(f"{side}_{part}")] = points[:, s, p]
    return replace(clip, landmarks_m=landmarks)


def trembling(clip: MotionClip, *, root_m: float = 0.005, turn_rad: float = 0.01) -> MotionClip:
    """The clip as a solve might have it: off by slow noise, its landmarks too."""
    rng = np.random.default_rng(3)
    motion = joint_motion(clip)
    noise = turn_rad * _slow(rng, motion.local.shape[:2])
    turned = motion.local @ Rotation.from_rotvec(noise.reshape(-1, 3)).as_matrix().reshape(
        motion.local.shape
    )
    moved = motion.root_m + root_m * _slow(rng, (len(noise),))
    return with_landmarks(with_motion(clip, JointMotion(moved, turned)))


def _slow(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    noise = rng.normal(size=(*shape, 3))
    for frame in range(1, len(noise)):
        noise[frame] = 0.92 * noise[frame - 1] + 0.4 * noise[frame]
    return noise


def _feet(times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ankles (F, 2, 3) along -Y, and which feet stand (F, 2)."""
    ankles = np.zeros((len(times_s), 2, 3))
    standing = np.zeros((len(times_s), 2), dtype=bool)
    for s in range(2):
        phase = times_s / (2.0 * STEP_S) + 0.5 * s
        stride, part = np.floor(phase), phase % 1.0
        swing = np.clip((part - 0.55) / 0.45, 0.0, 1.0)
        share = swing**3 * (10.0 - 15.0 * swing + 6.0 * swing**2)
        ankles[:, s, 1] = -2.0 * STEP_M * (stride + share - 0.5 * s)
        ankles[:, s, 2] = ANKLE_M + LIFT_M * np.sin(np.pi * swing) ** 2
        standing[:, s] = swing == 0.0
    return ankles, standing
