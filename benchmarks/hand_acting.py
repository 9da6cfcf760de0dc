"""Somebody whose hands are known: procedural poses of fingers, wrists and arms between two cameras.

Finger poses are drawn by hand signs and at random, none from a recording.
"""

from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.body.kinematics import Pose, forward
from mvmocap_core.body.skeleton import JOINT, JOINT_NAMES, JOINT_PARENTS, N_JOINTS, average_body
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.detection.hands import HandSightings
from mvmocap_core.geometry.cameras import project_points, rigid_transform
from mvmocap_core.geometry.rotations import rotmat_to_quat_wxyz, rotvec_to_rotmat
from mvmocap_core.hands.kinematics import HandPose
from mvmocap_core.hands.kinematics import forward as posed_hand
from mvmocap_core.hands.skeleton import (
    HAND_LENGTH,
    HIGH_RAD,
    LOW_RAD,
    RELAXED_RAD,
    HandShape,
    joint_rotations,
)
from mvmocap_core.hands.solve import RADIUS_68
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.finger_names import FINGER_JOINTS
from mvmocap_core.motion.fingers import FingerMotion, with_fingers
from mvmocap_core.motion.pose import joint_motion, with_motion
from mvmocap_core.sync.timeline import Timeline

STATURE_M = 1.75
FPS = 30.0
IMAGE_SIZE = np.array([1920, 1080])
DISTANCE_M = 3.0
KEY_S = 0.6
"""From one hand sign to the next."""
MIRROR = np.diag([-1.0, 1.0, 1.0])
_WRIST_OFF_M, _WRIST_TURNED_RAD = 0.015, 0.35
"""Standard deviations, per axis, of how far a fitted body's wrists and hands are off: slowly."""

# Of hand signs: bends in degrees of thumb, index, middle, ring and little finger, 0 straight; the
# three joints share 1 : 1.2 : 0.7, as in a fist.
_SIGNS = (
    (0, 0, 0, 0, 0),  # open
    (50, 70, 75, 75, 75),  # fist
    (40, 0, 75, 75, 75),  # pointing
    (45, 0, 0, 75, 75),  # two
    (0, 70, 75, 75, 75),  # thumb up
    (30, 40, 10, 5, 0),  # pinch
    (10, 20, 25, 30, 35),  # relaxed
    (30, 45, 45, 45, 45),  # grasping
)
_SHARES = (1.0, 1.2, 0.7)


@dataclass(frozen=True, slots=True, eq=False)
class Acted:
    """What was acted, and what a solve of the body alone would have found.

    landmarks_m: (F, 2, 21, 3) of the left and the right hand, world.
    truth:       body and fingers as they were.
    body:        as fitted: wrists a little off and hands turned.
    timeline:    of both cameras.
    """

    landmarks_m: np.ndarray
    truth: MotionClip
    body: MotionClip
    timeline: Timeline


def act(seed: int, *, hand_px: float, duration_s: float = 6.0, angle_deg: float = 80.0) -> Acted:
    """Hands between two cameras.

    hand_px: from wrist to fingertip in the pictures, held flat to the camera.
    """
    random = np.random.default_rng(seed)
    times_s = np.arange(0.0, duration_s, 1.0 / FPS)
    pose = _arms(times_s, random)
    body = average_body(STATURE_M)
    positions, rotations = forward(pose, body)
    shape = HandShape(STATURE_M, random.normal(0.0, 0.05, 3))
    hands: list[np.ndarray] = []
    turned: list[np.ndarray] = []
    for side, name in enumerate(("left", "right")):
        wrist_m, wrist = positions[:, JOINT[f"{name}_wrist"]], rotations[:, JOINT[f"{name}_wrist"]]
        angles = _signs(times_s, random)
        mirror = MIRROR if side else np.eye(3)
        posed = posed_hand(HandPose(wrist_m @ mirror, mirror @ wrist @ mirror, angles), shape)
        hands.append(posed.landmarks @ mirror)
        turned.append(mirror @ joint_rotations(angles) @ mirror)
    cameras = _cameras(hand_px, angle_deg)
    clip = _clip(times_s, pose, cameras)
    timeline = Timeline.known(np.zeros(2))
    truth = with_fingers(clip, _fingers(np.concatenate(turned, axis=1), shape))
    return Acted(np.stack(hands, axis=1), truth, _as_fitted(clip, random), timeline)


def sightings(
    acted: Acted, view: int, random: np.random.Generator, *, noise: float, depth_noise: float
) -> HandSightings:
    """What a detector would see of both hands in one camera.

    noise, depth_noise: of a landmark in the picture and along the ray, over the hand's length; half
    of it is slow.
    """
    clip = acted.body
    K, T = clip.K[view], clip.T_cam_world[view]
    pixels = project_points(acted.landmarks_m, K, np.zeros(4), T)
    in_camera = acted.landmarks_m @ T[:3, :3].T + T[:3, 3]
    length_m = HAND_LENGTH * STATURE_M
    length_px = K[0, 0] * length_m / in_camera[:, :, 0, 2]
    pixels = pixels + noise * length_px[..., None, None] * _tremble(pixels.shape, random)
    local = in_camera - in_camera.mean(axis=2, keepdims=True)
    local[..., 2] += depth_noise * length_m * _tremble(local.shape[:-1], random)
    people = (slice(None), None)
    return HandSightings(
        times_s=clip.times_s,
        keypoints_2d_px=pixels[people],
        confidence=np.full((len(pixels), 1, 2), 0.95),
        local_m=local[people],
        length_px=length_px[people],
    )


def unseen(seen: HandSightings) -> HandSightings:
    """A camera that sees no hand."""
    return replace(
        seen,
        keypoints_2d_px=np.full_like(seen.keypoints_2d_px, np.nan),
        confidence=np.zeros_like(seen.confidence),
        local_m=np.full_like(seen.local_m, np.nan),
    )


def _fingers(local: np.ndarray, shape: HandShape) -> FingerMotion:
    """Joints of both hands, known for sure, from their local rotations (F, 30, 3, 3)."""
    offsets = shape.offsets_m[: len(FINGER_JOINTS)]
    known = np.ones(local.shape[:2])
    return FingerMotion(
        rotmat_to_quat_wxyz(local), np.concatenate([offsets, offsets @ MIRROR]), 0.0 * known, known
    )


def _tremble(shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Noise of deviation 1 over time: half white, half changing within a quarter of a second."""
    white = random.normal(size=shape)
    slow = _slow(shape, 0.25, random)
    return np.sqrt(0.5) * (white + slow)


def _slow(shape: tuple[int, ...], over_s: float, random: np.random.Generator) -> np.ndarray:
    """Noise of deviation 1 that changes over a time."""
    values = random.normal(size=shape)
    keep = np.exp(-1.0 / (over_s * FPS))
    for frame in range(1, len(values)):
        values[frame] = keep * values[frame - 1] + np.sqrt(1.0 - keep**2) * values[frame]
    return values


def _signs(times_s: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(F, A) from one hand sign to the next, each a little its own."""
    n_keys = int(np.ceil(times_s[-1] / KEY_S)) + 2
    keys = np.tile(RELAXED_RAD, (n_keys, 1))
    for key in keys:
        bends = np.radians(_SIGNS[random.integers(len(_SIGNS))]) + random.normal(0.0, 0.12, 5)
        key[1], key[3], key[4] = 0.4 * bends[0], 0.8 * bends[0], bends[0]
        key[0], key[2] = random.normal(0.0, 0.2), random.normal(0.0, 0.08)
        for finger in range(1, 5):
            first = 5 + 4 * (finger - 1)
            key[first] = random.normal(0.0, 0.1)
            key[first + 1 : first + 4] = bends[finger] * np.array(_SHARES)
    keys = np.clip(keys, LOW_RAD, HIGH_RAD)
    return _through(keys, times_s)


def _through(keys: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Through keys (K, C), each held for a moment."""
    place = times_s / KEY_S
    low = np.floor(place).astype(int)
    s = np.clip((place - low) * 1.4 - 0.2, 0.0, 1.0)[:, None]
    s = s * s * (3.0 - 2.0 * s)
    return (1.0 - s) * keys[low] + s * keys[low + 1]


def _arms(times_s: np.ndarray, random: np.random.Generator) -> Pose:
    """Arms held before the body, forearms and wrists turning."""
    n_keys = int(np.ceil(times_s[-1] / KEY_S)) + 2
    local = np.broadcast_to(np.eye(3), (len(times_s), N_JOINTS, 3, 3)).copy()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        mirror = np.array([1.0, sign, sign])
        for joint, mean, spread in (
            ("shoulder", (0, 45, -30), (10, 12, 12)),
            ("elbow", (10, 0, -80), (45, 0, 25)),
            ("wrist", (0, 0, 0), (0, 25, 12)),
        ):
            keys = np.radians(np.array(mean) + random.normal(0.0, 1.0, (n_keys, 3)) * spread)
            angles = _through(keys, times_s) * mirror
            local[:, JOINT[f"{side}_{joint}"]] = rotvec_to_rotmat(angles)
    return Pose(np.tile([0.0, 0.0, 0.97], (len(times_s), 1)), local)


def _cameras(hand_px: float, angle_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """K (2, 3, 3) and T_cam_world (2, 4, 4), to the left and the right of the front."""
    focal_px = hand_px * DISTANCE_M / (HAND_LENGTH * STATURE_M)
    K = np.array([[focal_px, 0.0, 0.5 * IMAGE_SIZE[0]], [0.0, focal_px, 0.5 * IMAGE_SIZE[1]],
                  [0.0, 0.0, 1.0]])  # fmt: skip
    poses = []
    for turn_deg in (-0.5 * angle_deg, 0.5 * angle_deg):
        turn = np.radians(turn_deg)
        forward_way = np.array([np.sin(turn), np.cos(turn), 0.0])
        down = np.array([0.0, 0.0, -1.0])
        R = np.stack([np.cross(down, forward_way), down, forward_way])
        poses.append(rigid_transform(R, -R @ ([0.0, -0.3, 1.2] - DISTANCE_M * forward_way)))
    return np.stack([K, K]), np.stack(poses)


def _clip(times_s: np.ndarray, pose: Pose, cameras: tuple[np.ndarray, np.ndarray]) -> MotionClip:
    body = average_body(STATURE_M)
    n_frames = len(times_s)
    return MotionClip(
        fps=FPS,
        times_s=times_s,
        joint_names=np.array(JOINT_NAMES),
        joint_parents=JOINT_PARENTS,
        positions_m=forward(pose, body)[0],
        rotations_quat_wxyz=rotmat_to_quat_wxyz(pose.local),
        rest_offsets_m=body.rest_offsets_m,
        error_m=np.full((n_frames, N_JOINTS), RADIUS_68 * _WRIST_OFF_M),
        confidence=np.full((n_frames, N_JOINTS), 0.9),
        contacts=np.zeros((n_frames, 2, 2), dtype=bool),
        landmark_names=np.array(LANDMARK_NAMES),
        landmarks_m=np.full((n_frames, len(LANDMARK_NAMES), 3), np.nan),
        K=cameras[0],
        dist=np.zeros((2, 4)),
        image_size=np.stack([IMAGE_SIZE, IMAGE_SIZE]),
        T_cam_world=cameras[1],
        sync_offset_s=np.zeros(2),
        sync_drift_ppm=np.zeros(2),
    )


def _as_fitted(clip: MotionClip, random: np.random.Generator) -> MotionClip:
    """The body as a solve has it: forearms and hands turned a little."""
    motion = joint_motion(clip)
    local = motion.local.copy()
    for side in ("left", "right"):
        # Half a metre of arm: an angle at the shoulder moves the wrist.
        off = _slow((len(local), 3), 1.0, random) * _WRIST_OFF_M / 0.4
        turned = _slow((len(local), 3), 1.0, random) * _WRIST_TURNED_RAD
        for joint, angles in (("shoulder", off), ("wrist", turned)):
            row = JOINT[f"{side}_{joint}"]
            local[:, row] = local[:, row] @ rotvec_to_rotmat(angles)
    return with_motion(clip, replace(motion, local=local))
