"""Putting the motion on the floor: gravity, height of the floor, size and heading."""

from dataclasses import dataclass

import numpy as np

from mvmocap_core.body.kinematics import Pose
from mvmocap_core.body.skeleton import JOINT, LANDMARK, PROPORTIONS, Body
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.geometry.cameras import rigid_transform
from mvmocap_core.geometry.rotations import rotmat_between
from mvmocap_core.motion.contacts import SOLE_M, speeds

SOLE_LANDMARKS = np.array(
    [[LANDMARK[f"{side}_heel"], LANDMARK[f"{side}_foot_index"]] for side in ("left", "right")]
)
"""(2, 2) left/right foot, heel/toe."""
# How well each thing knows the vertical (radians): phones are held level, less so upright; the
# centre of mass is above the feet that carry it, on the whole; walls stand upright.
_ROLL_STD, _PITCH_STD, _UPRIGHT_STD, _PLUMB_STD = np.radians([4.0, 25.0, 6.0, 0.5])
_NEARLY = np.radians(20.0)
"""How far horizons and posture may be off the room's direction that is the vertical."""
# Segments' masses, as shares of landmarks' midpoints (Winter 2009, table 4.1): ends, share.
_MASSES = (
    (("left_ear", "right_ear"), 0.08),
    (("left_shoulder", "right_shoulder"), 0.25),
    (("left_hip", "right_hip"), 0.25),
    *((((f"{side}_hip", f"{side}_knee"), 0.10)) for side in ("left", "right")),
    *((((f"{side}_knee", f"{side}_ankle"), 0.06)) for side in ("left", "right")),
    *((((f"{side}_shoulder", f"{side}_elbow"), 0.028)) for side in ("left", "right")),
    *((((f"{side}_elbow", f"{side}_wrist"), 0.022)) for side in ("left", "right")),
)
_SOLE_STD_M = 0.04
_SLOW = 0.25
_LOW_M = 0.10
_INDEPENDENT_S = 0.4
_ROUNDS = 6
# Lengths that tell a stature: joint whose offset is meant, weight.
_STATURE_BONES = (
    ("left_knee", 2.0),
    ("left_ankle", 2.0),
    ("left_elbow", 1.0),
    ("left_wrist", 1.0),
    ("spine_1", 1.0),
    ("spine_2", 1.0),
    ("spine_3", 1.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class WorldFrame:
    """p_world = scale * R @ p + t, from the calibration's frame to the floor's."""

    scale: float
    R: np.ndarray
    t: np.ndarray

    def apply(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) points."""
        return self.scale * points @ self.R.T + self.t

    def apply_pose(self, pose: Pose) -> Pose:
        """The same motion in the world."""
        local = pose.local.copy()
        local[:, 0] = self.R @ local[:, 0]
        return Pose(self.apply(pose.translation_m), local)

    def apply_cameras(self, T_cam_world: np.ndarray) -> np.ndarray:
        """(V, 4, 4) camera poses for world points in metres."""
        moved = []
        for T in T_cam_world:
            R = T[:3, :3] @ self.R.T
            moved.append(rigid_transform(R, self.scale * T[:3, 3] - R @ self.t))
        return np.stack(moved)


def stature_m(rest_offsets_m: np.ndarray) -> float:
    """Stature from long bones and trunk, in the units of the rest offsets (J, 3)."""
    index = [JOINT[name] for name, _ in _STATURE_BONES]
    weight = np.array([w for _, w in _STATURE_BONES])
    length = np.linalg.norm(rest_offsets_m[index], axis=1)
    expected = np.linalg.norm(PROPORTIONS.rest[index], axis=1)
    return float((weight * length).sum() / (weight * expected).sum())


def find_world(
    pose: Pose,
    body: Body,
    landmarks: np.ndarray,
    cameras: Cameras,
    *,
    fps: float,
    height_m: float,
    first_frame: int,
    room_axes: np.ndarray | None = None,
) -> WorldFrame:
    """Metres by the performer's height, Z up, floor at 0, facing -Y at `first_frame`.

    landmarks: (F, 33, 3) on the posed body, in the calibration's frame.
    room_axes: see `Calibration`.
    """
    scale = height_m / stature_m(body.rest_offsets_m)
    rotations = cameras.T_cam_world[:, :3, :3]
    up = _find_up(landmarks * scale, rotations, room_axes, fps)
    level = rotmat_between(up, np.array([0.0, 0.0, 1.0]))
    left = level @ pose.local[first_frame, 0, :, 0]
    heading = np.arctan2(left[1], left[0])
    turn = np.array(
        [[np.cos(heading), np.sin(heading), 0], [-np.sin(heading), np.cos(heading), 0], [0, 0, 1]]
    )
    R = turn @ level
    soles = scale * landmarks[:, SOLE_LANDMARKS] @ R.T
    floor = _floor_height(soles, fps)
    origin = scale * R @ pose.translation_m[first_frame]
    return WorldFrame(scale, R, -np.array([origin[0], origin[1], floor]))


def _find_up(
    landmarks_m: np.ndarray, rotations: np.ndarray, room_axes: np.ndarray | None, fps: float
) -> np.ndarray:
    """Unit vector against gravity: cameras' horizons, rooms, upright bodies, standing feet."""
    soles = landmarks_m[:, SOLE_LANDMARKS]
    slow = speeds(soles, fps) < _SLOW
    upright = _upright(landmarks_m, soles, slow)
    up = upright - np.mean([R[1] for R in rotations], axis=0)
    plumb = _plumb_lines(up / np.linalg.norm(up), rotations, room_axes)
    if len(plumb):
        up = plumb.mean(axis=0)  # too good to be doubted before it was tried
    for _ in range(_ROUNDS):
        up = up / np.linalg.norm(up)
        basis = np.linalg.svd(up[None])[2][1:]
        rows, values = _direction_rows(basis, up, upright, rotations, plumb)
        floor_rows, floor_values = _floor_rows(basis, up, soles, slow, fps)
        solution = np.linalg.lstsq(
            np.concatenate([rows, floor_rows]), np.concatenate([values, floor_values]), rcond=None
        )[0]
        up = up + solution[:2] @ basis
    return up / np.linalg.norm(up)


def _plumb_lines(up: np.ndarray, rotations: np.ndarray, room_axes: np.ndarray | None) -> np.ndarray:
    """(N, 3) the direction of each camera's room that is nearly `up`, in the cameras' world."""
    if room_axes is None:
        return np.empty((0, 3))
    lines = np.swapaxes(rotations, 1, 2) @ room_axes  # directions are columns
    rise = np.einsum("a,vak->vk", up, lines)
    lines = np.swapaxes(lines * np.sign(rise)[:, None], 1, 2)
    return lines[np.abs(rise) > np.cos(_NEARLY)]


def _upright(landmarks_m: np.ndarray, soles: np.ndarray, slow: np.ndarray) -> np.ndarray:
    """Typical direction from the feet that stand still to the body's centre of mass."""
    mass = sum(
        share * landmarks_m[:, [LANDMARK[name] for name in ends]].mean(axis=1)
        for ends, share in _MASSES
    )
    standing = slow.all(axis=2)
    standing = np.where(standing.any(axis=1, keepdims=True), standing, True)
    share = standing / standing.sum(axis=1, keepdims=True)
    support = np.einsum("fs,fsa->fa", share, soles.mean(axis=2))
    direction = np.median(mass - support, axis=0)
    return direction / np.linalg.norm(direction)


def _direction_rows(
    basis: np.ndarray,
    up: np.ndarray,
    upright: np.ndarray,
    rotations: np.ndarray,
    plumb: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """What should be level or upright: robust rows for tilts along `basis` (and the floor: 0)."""
    level = [(R[0], _ROLL_STD) for R in rotations] + [(R[2], _PITCH_STD) for R in rotations]
    level += [(side, _UPRIGHT_STD) for side in np.linalg.svd(upright[None])[2][1:]]
    level += [(side, _PLUMB_STD) for line in plumb for side in np.linalg.svd(line[None])[2][1:]]
    axes = np.array([axis for axis, _ in level], dtype=float)
    std = np.array([std for _, std in level])
    off = axes @ up / std
    weight = 1.0 / (std * np.sqrt(1.0 + off**2))
    rows = np.concatenate([axes @ basis.T, np.zeros((len(axes), 1))], axis=1)
    return rows * weight[:, None], -weight * (axes @ up)


def _floor_rows(
    basis: np.ndarray, up: np.ndarray, soles: np.ndarray, slow: np.ndarray, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Feet that stand still low down all stand at one height."""
    height = soles @ up
    usable = slow & np.isfinite(height)
    if not usable.any():
        return np.zeros((0, 3)), np.zeros(0)
    bottom = np.percentile(height[usable], 5)
    standing = usable & (height < bottom + _LOW_M)
    points, heights = soles[standing], height[standing]
    middle = points.mean(axis=0)
    off = (heights - np.median(heights)) / _SOLE_STD_M
    weight = np.sqrt(np.minimum(1.0, 1.0 / (fps * _INDEPENDENT_S)) / (1.0 + off**2)) / _SOLE_STD_M
    rows = np.concatenate([(points - middle) @ basis.T, -np.ones((len(points), 1))], axis=1)
    return rows * weight[:, None], -(heights - middle @ up) * weight


def _floor_height(soles: np.ndarray, fps: float) -> float:
    """Height of the floor under soles (F, 2, 2, 3), Z up."""
    height = soles[..., 2]
    slow = (speeds(soles, fps) < _SLOW) & np.isfinite(height)
    if slow.sum() < 5:
        return float(np.nanpercentile(height, 2)) - SOLE_M
    bottom = np.percentile(height[slow], 5)
    return float(np.median(height[slow & (height < bottom + _LOW_M)])) - SOLE_M
