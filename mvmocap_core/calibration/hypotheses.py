"""First guesses of where the second camera stood.

Two kinds, both kept: the rotation between the views' own 3D (bone directions of the detector's
world landmarks, one Kabsch over all frames) and the essential matrix by RANSAC (Nister 2004).
Each also with the view's depth mirrored, which weak perspective cannot tell apart; and where the
views' rooms are known, the turn between those that is nearest to the first kind. Keypoints of a
detector that guesses no depth leave the essential matrix and turns about the upright.
"""

import cv2
import numpy as np

from mvmocap_core.calibration.observations import Observations
from mvmocap_core.calibration.performer import BONE_PAIRS, BONE_RATIOS, JITTER
from mvmocap_core.calibration.scene import Priors, Scene
from mvmocap_core.calibration.terms import world_in_camera
from mvmocap_core.geometry.cameras import rigid_transform
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.geometry.triangulation import triangulate_dlt
from mvmocap_core.options import ASSUMED_HEIGHT_M
from mvmocap_core.room.turns import room_turns

_TURNS_DEG = (-25.0, 25.0)
_BLIND_TURNS_DEG = (-135.0, -105.0, -75.0, -45.0, 45.0, 75.0, 105.0, 135.0)
_MIRROR = np.diag([1.0, 1.0, -1.0])
_RANSAC_SEED = 1
_NEAR = 1.5
"""Of the performer's assumed stature; joints further from the root were triangulated wrongly."""


def starting_scenes(observed: Observations, priors: Priors) -> list[Scene]:
    """Scenes to adjust, for the likely focal lengths."""
    focal_px = np.exp(priors.log_focal)
    own = [world_in_camera(observed, v, focal_px[v]) for v in range(len(focal_px))]
    if not all(np.isfinite(each).any() for each in own):
        return _blind_scenes(observed, focal_px)
    kabsch = [np.eye(3)] + [
        _rotation_between(observed, own[0], own[v], v) for v in range(1, len(own))
    ]
    turns = [rotvec_to_rotmat(np.radians([0.0, angle, 0.0])) for angle in _TURNS_DEG]
    essential = [np.eye(3)] + [
        _nearest(_essential_rotations(observed, focal_px, v), kabsch[v]) for v in range(1, len(own))
    ]
    by_room = room_turns(priors.room_axes, np.stack(kabsch))
    guesses = [
        kabsch,
        *([kabsch[0], *(turn @ R for R in kabsch[1:])] for turn in turns),
        essential,
        [_MIRROR @ R @ _MIRROR for R in kabsch],
        [_MIRROR @ R @ _MIRROR for R in essential],
    ]
    if np.isfinite(by_room).any():
        guesses.append(list(np.where(np.isfinite(by_room), by_room, np.stack(kabsch))))
    return [build_scene(observed, focal_px, np.stack(R), own) for R in guesses]


def _blind_scenes(observed: Observations, focal_px: np.ndarray) -> list[Scene]:
    """Scenes to adjust where the detector has no 3D of its own: flat figures stand in for it."""
    own = [_flat_figure(observed, v) for v in range(len(focal_px))]
    further = range(1, len(own))
    turns = [rotvec_to_rotmat(np.radians([0.0, angle, 0.0])) for angle in _BLIND_TURNS_DEG]
    essential = [_essential_rotations(observed, focal_px, v) for v in further]
    guesses = [[R] * len(further) for R in turns]
    if all(essential):
        guesses += [[pair[k] for pair in essential] for k in range(2)]
    return [build_scene(observed, focal_px, np.stack([np.eye(3), *R]), own) for R in guesses]


def _flat_figure(observed: Observations, view: int) -> np.ndarray:
    """(F, J, 3) metres: the keypoints as cut out of cardboard that faces the camera."""
    m_per_px = ASSUMED_HEIGHT_M / observed.size_px[view]
    xy = np.where(observed.weight[view][..., None] > 0, observed.xy_px[view], np.nan) * m_per_px
    return np.concatenate([xy, 0.0 * xy[..., :1]], axis=-1)


def build_scene(
    observed: Observations, focal_px: np.ndarray, R: np.ndarray, own: list[np.ndarray]
) -> Scene:
    """A scene from rotations alone: distances from the performer's size, joints triangulated."""
    roots = [_roots(observed, v, focal_px[v], own[v]) for v in range(len(R))]
    t = np.zeros((len(R), 3))
    for v in range(1, len(R)):
        t[v] = np.nanmedian(roots[v] - roots[0] @ R[v].T, axis=0)
    poses = np.stack([rigid_transform(R[v], t[v]) for v in range(len(R))])
    joints = _triangulated(observed, focal_px, poses)
    # where rays do not meet in front of the cameras, start from the first view's own 3D
    guess = own[0] + roots[0][:, None]
    distance = np.linalg.norm(joints - roots[0][:, None], axis=-1, keepdims=True)
    joints = np.where(distance < _NEAR, joints, guess)
    joints = np.where(np.isfinite(joints), joints, np.nanmedian(roots[0], axis=0))
    return _scene(poses, focal_px, joints)


def posed_scene(observed: Observations, focal_px: np.ndarray, poses: np.ndarray) -> Scene:
    """A scene whose cameras (V, 4, 4) are known, the first at the origin."""
    joints = _triangulated(observed, focal_px, poses)
    middle = np.nanmedian(joints, axis=(0, 1))
    seen = np.isfinite(joints).any(axis=(1, 2))
    root = np.broadcast_to(middle, (len(joints), 3)).copy()
    root[seen] = np.nanmedian(joints[seen], axis=1)
    own = world_in_camera(observed, 0, focal_px[0])
    guess = np.where(np.isfinite(own), own, 0.0) + root[:, None]
    distance = np.linalg.norm(joints - root[:, None], axis=-1, keepdims=True)
    return _scene(poses, focal_px, np.where(distance < _NEAR, joints, guess))


def _triangulated(observed: Observations, focal_px: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """(F, J, 3) joints where two views see them, by plain triangulation; NaN elsewhere."""
    center = observed.image_size / 2.0
    normalised = (observed.xy_px - center[:, None, None]) / focal_px[:, None, None, None]
    normalised = np.where(observed.weight[..., None] > 0, normalised, np.nan)
    return triangulate_dlt(normalised, poses, observed.weight)


def _scene(poses: np.ndarray, focal_px: np.ndarray, joints: np.ndarray) -> Scene:
    R, t = poses[:, :3, :3], poses[:, :3, 3]
    return Scene(
        R=R,
        t=t,
        log_focal=np.log(focal_px),
        k1=np.zeros(len(R)),
        clock_s=np.zeros(len(R)),
        log_bones=np.log(BONE_RATIOS * ASSUMED_HEIGHT_M),
        joints=joints,
    )


def _rotation_between(
    observed: Observations, first: np.ndarray, other: np.ndarray, view: int
) -> np.ndarray:
    """Kabsch over unit bone directions (robust): other = R first."""
    a, b = (_directions(own) for own in (first, other))
    weight = np.sqrt(observed.weight[0] * observed.weight[view])
    w = np.minimum(weight[:, BONE_PAIRS[:, 0]], weight[:, BONE_PAIRS[:, 1]])
    good = np.isfinite(a).all(axis=-1) & np.isfinite(b).all(axis=-1) & (w > 0)
    a, b, w = a[good], b[good], w[good]
    R, robust = np.eye(3), np.ones(len(w))
    for _ in range(10):
        U, _, Vt = np.linalg.svd((b * (w * robust)[:, None]).T @ a)
        R = U @ np.diag([1.0, 1.0, np.linalg.det(U @ Vt)]) @ Vt
        robust = 1.0 / (1.0 + ((b - a @ R.T) ** 2).sum(axis=-1) / 0.3**2)
    return R


def _directions(joints: np.ndarray) -> np.ndarray:
    bone = joints[:, BONE_PAIRS[:, 0]] - joints[:, BONE_PAIRS[:, 1]]
    return bone / (np.linalg.norm(bone, axis=-1, keepdims=True) + 1e-9)


def _roots(observed: Observations, view: int, focal_px: float, own: np.ndarray) -> np.ndarray:
    """(F, 3) where the detector's own 3D must be put to look as large as it does."""
    w = observed.weight[view][..., None]
    w = np.where(np.isfinite(own).all(axis=-1, keepdims=True), w, 0.0)
    total = np.maximum(w.sum(axis=1), 1e-9)
    own = np.nan_to_num(own)
    xy = observed.xy_px[view] - observed.image_size[view] / 2.0
    mean_own, mean_xy = (w * own).sum(axis=1) / total, (w * xy).sum(axis=1) / total
    spread_own = (w * (own - mean_own[:, None])[..., :2] ** 2).sum(axis=(1, 2))
    spread_xy = (w * (xy - mean_xy[:, None]) ** 2).sum(axis=(1, 2))
    depth = focal_px * np.sqrt(spread_own / np.maximum(spread_xy, 1e-9))
    depth = np.where((total[:, 0] > 3) & (depth > 0), depth, np.nan)
    middle = np.concatenate([mean_xy / focal_px, np.ones((len(xy), 1))], axis=1)
    return middle * depth[:, None] - mean_own


def _essential_rotations(
    observed: Observations, focal_px: np.ndarray, view: int
) -> list[np.ndarray]:
    """The two rotations (3, 3) of the essential matrix; none where it is not found."""
    both = (observed.weight[0] > 0.25) & (observed.weight[view] > 0.25)
    points = [
        (observed.xy_px[v][both] - observed.image_size[v] / 2.0) / focal_px[v] for v in (0, view)
    ]
    if len(points[0]) < 20:
        return []
    noise = [JITTER * observed.size_px[v] / focal_px[v] for v in (0, view)]
    threshold = float(noise[0] + noise[1])
    cv2.setRNGSeed(_RANSAC_SEED)
    found, _ = cv2.findEssentialMat(
        points[0], points[1], np.eye(3), method=cv2.RANSAC, prob=0.999, threshold=threshold
    )
    E = np.asarray(found)  # None where nothing was found, whatever its stub says
    if E.ndim != 2 or E.shape[0] < 3:
        return []
    first, second, _ = cv2.decomposeEssentialMat(E[:3])
    return [first, second]


def _nearest(rotations: list[np.ndarray], likely: np.ndarray) -> np.ndarray:
    return max(rotations, key=lambda R: float(np.trace(R.T @ likely)), default=likely)
