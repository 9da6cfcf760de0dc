"""Moments of several people before two to four virtual phones, and what the detector makes of it.

Takes of one moment: nothing in `volume` looks at time. The noise is that of the other trainings;
people hide one another, are missed, or are detected twice. Cameras err as those found from a take.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from mvmocap_core.lifting.joints import BONES, HIPS, JOINT, JOINT_NAMES, N_JOINTS, STANDING_POSE
from training.virtual_bodies import Motion, random_body
from training.virtual_views import random_camera

N_VIEWS, MOST_PEOPLE = 4, 4
NOBODY, MOST_AT_ONCE = 0.05, 3
_NOISE, _NOISE_PARTS = (0.8, 2.2), (1.6, 3.5, 1.1)
_RESTLESS = np.array(
    [1.5 if n.rsplit("_", 1)[-1] in ("wrist", "ankle", "index") else 1.0 for n in JOINT_NAMES]
)[:, None]
_WILD, _MISSED, _DOUBLED = 0.02, 0.04, 0.3
_HIDDEN_SHARE, _LIMB_M, _BEHIND_M = 0.55, 0.09, 0.1
_APART_M, _SPREAD_M = 0.55, 1.8
_TURN_STD, _PLACE_STD_M, _FOCAL_STD, _SCALE_STD = np.radians(0.3), 0.01, 0.005, 0.1
_TILT_STD, _SHIFT_STD_M = np.radians(4.0), np.array([0.5, 0.5, 0.1])
_BENDS = {"shoulder": ("elbow", "wrist"), "elbow": ("wrist",), "hip": ("knee", "ankle",
          "foot_index"), "knee": ("ankle", "foot_index")}  # fmt: skip
_BEND_STD, _LEAN_STD = 0.6, 0.2
_BENT_DOWN, _BENT_DOWN_STD = 0.15, 0.8

Bodies = Callable[[np.random.Generator], np.ndarray]
"""Makes one person's joints (J, 3), metres, Z up, the floor at 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """N moments. Missing people and keypoints have confidence 0.

    keypoints: (N, V, M, J, 3) x, y for focal length 1, and confidence. M slots in no order.
    T_cam:     (N, V, 4, 4) erroneous cameras in the working space.
    joints_m:  (N, P, J, 3) the truth in that space, NaN for nobody; poses are never trained on it.
    n_seen:    (N, P, V) bool: who is found by which view.
    """

    keypoints: Tensor
    T_cam: Tensor
    joints_m: Tensor
    is_found: Tensor

    def __len__(self) -> int:
        return len(self.keypoints)

    def __getitem__(self, chosen: np.ndarray) -> "Groups":
        return Groups(
            self.keypoints[chosen],
            self.T_cam[chosen],
            self.joints_m[chosen],
            self.is_found[chosen],
        )


def captured_bodies(motions: Sequence[Motion]) -> Bodies:
    """Random moments of motions, on random bodies."""
    lengths = np.array([len(m.joints_m) for m in motions], dtype=np.float64)

    def body(rng: np.random.Generator) -> np.ndarray:
        motion = motions[rng.choice(len(motions), p=lengths / lengths.sum())]
        joints = motion.joints_m[rng.integers(len(motion.joints_m))][None].astype(np.float64)
        return random_body(rng, joints)[0]

    return body


def synthetic_body(rng: np.random.Generator) -> np.ndarray:
    """A root with an average adult about it, limbs bent at random: no captured motion in it."""
    joints = rng.uniform(1.5, 1.95) * STANDING_POSE
    for side in ("left", "right"):
        for joint, carried in _BENDS.items():
            about = joints[JOINT[f"{side}_{joint}"]]
            rows = [JOINT[f"{side}_{name}"] for name in carried]
            turn = Rotation.from_rotvec(rng.normal(0.0, _BEND_STD, 3))
            joints[rows] = about + turn.apply(joints[rows] - about)
    std = _BENT_DOWN_STD if rng.random() < _BENT_DOWN else _LEAN_STD
    joints = Rotation.from_rotvec(rng.normal(0.0, std, 3)).apply(joints)
    return joints - np.array([0.0, 0.0, joints[:, 2].min()])


def make_groups(body: Bodies, n_moments: int, seed: int) -> Groups:
    """Film random people at random places."""
    rng = np.random.default_rng(seed)
    rows = [_moment(rng, body) for _ in range(n_moments)]
    parts = (np.stack(part) for part in zip(*rows, strict=True))
    keypoints, T_cam, joints, found = (torch.from_numpy(part) for part in parts)
    return Groups(keypoints.float(), T_cam.float(), joints.float(), found)


def _moment(rng: np.random.Generator, body: Bodies) -> tuple[np.ndarray, ...]:
    n_people = 0 if rng.random() < NOBODY else int(rng.integers(1, MOST_AT_ONCE + 1))
    people = _placed(rng, [body(rng) for _ in range(max(n_people, 1))])
    cameras = _cameras(rng, people)
    people = people[:n_people]
    keypoints = np.zeros((N_VIEWS, MOST_PEOPLE, N_JOINTS, 3))
    is_found = np.zeros((MOST_PEOPLE, N_VIEWS), dtype=bool)
    for view, (R, centre) in enumerate(cameras):
        seen, found = _seen(rng, (people - centre) @ R.T)
        keypoints[view, : len(seen)] = seen[rng.permutation(len(seen))]
        is_found[: len(found), view] = found
    T_cam = np.stack([_transform(R, -R @ centre) for R, centre in cameras])
    T_cam, keypoints, people = _misjudged(rng, T_cam, keypoints, people)
    joints = np.full((MOST_PEOPLE, N_JOINTS, 3), np.nan)
    joints[:n_people] = people
    return keypoints, T_cam, joints, is_found


def _placed(rng: np.random.Generator, bodies: Sequence[np.ndarray]) -> np.ndarray:
    """(P, J, 3) people who stand at least `_APART_M` apart."""
    places: list[np.ndarray] = []
    while len(places) < len(bodies):
        place = rng.uniform(-_SPREAD_M, _SPREAD_M, 2)
        if all(np.linalg.norm(place - other) > _APART_M for other in places):
            places.append(place)
    placed = []
    for joints, place in zip(bodies, places, strict=True):
        centred = joints - joints[list(HIPS)].mean(axis=0) * np.array([1.0, 1.0, 0.0])
        turned = Rotation.from_rotvec([0.0, 0.0, rng.uniform(0.0, 2.0 * np.pi)]).apply(centred)
        placed.append(turned + np.append(place, 0.0))
    return np.stack(placed)


def _cameras(rng: np.random.Generator, people: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """R_cam_world and centre of phones at least 35 degrees apart, the first two up to 170."""
    azimuth = rng.uniform(0.0, 2.0 * np.pi)
    gaps = np.radians(35.0) + np.radians(360.0 - 4 * 35.0) * rng.dirichlet(np.ones(N_VIEWS))
    azimuths = rng.permutation(azimuth + np.cumsum(gaps))
    return [random_camera(rng, people, a, rng.uniform(2.5, 5.5)) for a in azimuths]


def _seen(rng: np.random.Generator, in_camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Detections (M, J, 3) of people (P, J, 3) in the camera's axes, and who is found (P,)."""
    n_people = len(in_camera)
    xy = in_camera[..., :2] / np.maximum(in_camera[..., 2:], 0.1)
    tall = np.ptp(xy[..., 1], axis=1)[:, None, None]
    unit = rng.uniform(*_NOISE, (n_people, 1, 1)) * tall / 900.0 * _RESTLESS
    xy = xy + unit * float(np.linalg.norm(_NOISE_PARTS)) * rng.normal(size=xy.shape)
    confidence = np.clip(rng.beta(20.0, 1.5, xy.shape[:2]), 0.0, 1.0)
    hidden = _hidden(in_camera)
    wild = rng.random(hidden.shape) < _WILD
    off = np.where(wild, 0.1, 0.03 * hidden)[..., None] * tall
    xy = xy + off * rng.normal(size=xy.shape)
    confidence = np.where(hidden | wild, rng.uniform(0.1, 0.75, hidden.shape), confidence)
    seen = np.concatenate([xy, confidence[..., None]], axis=-1)
    found = (hidden.mean(axis=1) < _HIDDEN_SHARE) & (rng.random(n_people) > _MISSED)
    found &= in_camera[..., 2].min(axis=1) > 0.3
    doubles = [
        seen[rng.choice(np.flatnonzero(found))] * np.array([1.0, 1.0, 0.9])
        for _ in np.flatnonzero(~found)
        if found.any() and rng.random() < _DOUBLED
    ]
    return np.concatenate([seen[found], np.array(doubles).reshape(-1, N_JOINTS, 3)]), found


def _hidden(in_camera: np.ndarray) -> np.ndarray:
    """(P, J) bool: a limb of somebody else stands before the joint."""
    depth = np.maximum(in_camera[..., 2], 0.1)
    xy = in_camera[..., :2] / depth[..., None]
    hidden = np.zeros(depth.shape, dtype=bool)
    for other in range(len(in_camera)):
        start, end = xy[other, BONES[:, 0]], xy[other, BONES[:, 1]]
        near, far = depth[other, BONES[:, 0]], depth[other, BONES[:, 1]]
        along = end - start
        share = ((xy[:, :, None] - start) * along).sum(axis=-1)
        share = np.clip(share / np.maximum((along**2).sum(axis=-1), 1e-9), 0.0, 1.0)
        apart = np.linalg.norm(xy[:, :, None] - start - share[..., None] * along, axis=-1)
        limb_depth = near + share * (far - near)
        before = (apart * limb_depth < _LIMB_M) & (limb_depth < depth[..., None] - _BEHIND_M)
        before[other] = False
        hidden |= before.any(axis=-1)
    return hidden


def _misjudged(
    rng: np.random.Generator, T_cam: np.ndarray, keypoints: np.ndarray, people: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same in a working space of wrong size and place, by cameras that are a little wrong."""
    middle = np.array([0.0, 0.0, 0.95]) + _SHIFT_STD_M * rng.normal(size=3)
    tilt = Rotation.from_rotvec(_TILT_STD * rng.normal(size=3)).as_matrix()
    scale = np.exp(_SCALE_STD * rng.normal())
    found = []
    for T in T_cam:
        R = T[:3, :3] @ tilt.T
        t = scale * (T[:3, 3] + T[:3, :3] @ middle)
        wrong = Rotation.from_rotvec(_TURN_STD * rng.normal(size=3)).as_matrix()
        found.append(_transform(wrong @ R, wrong @ t + _PLACE_STD_M * rng.normal(size=3)))
    lenses = np.exp(_FOCAL_STD * rng.normal(size=(len(T_cam), 1, 1, 1)))
    wrong_lens = keypoints * np.concatenate([np.repeat(lenses, 2, axis=-1), lenses**0], axis=-1)
    return np.stack(found), wrong_lens, scale * (people - middle) @ tilt.T


def _transform(R: np.ndarray, t: np.ndarray) -> np.ndarray:
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, t
    return T
