"""What a phone and our detector make of a body: keypoints in the lifter's coordinates.

The noise is the one measured on real footage and used by the benches: a constant bias, a slow
wander, jitter, wrong limbs at low confidence, exchanged sides, and joints that are not seen.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from mvmocap_core.lifting.joints import (
    HIPS,
    JOINT_NAMES,
    MIRRORED,
    N_JOINTS,
    crop,
    root_of,
    scale_of,
    stature_of,
)
from mvmocap_core.lifting.lifting import HALF_WINDOW

_SLOW_NOISE_S = 0.1
_RESTLESS = np.array(
    [1.5 if n.rsplit("_", 1)[-1] in ("wrist", "ankle", "index") else 1.0 for n in JOINT_NAMES]
)
_LIMBS = tuple(
    tuple(i for i, name in enumerate(JOINT_NAMES) if name in limb)
    for side in ("left", "right")
    for limb in (
        (f"{side}_elbow", f"{side}_wrist"),
        (f"{side}_wrist",),
        (f"{side}_knee", f"{side}_ankle", f"{side}_foot_index"),
        (f"{side}_ankle", f"{side}_foot_index"),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Detector:
    """What the detector does wrong.

    noise:     range of the factor on the measured noise.
    wild:      share of joint samples that are wrong by far, in short bursts.
    swapped:   probability that a view has a stretch with left and right exchanged.
    hidden:    probability that a limb is not seen for a stretch; the same for the whole person.
    guessed:   hidden limbs are guessed at, with little confidence, instead of missing.
    focal_std: of the log error of the focal length that is assumed.
    """

    noise: tuple[float, float] = (0.8, 2.2)
    wild: float = 0.01
    swapped: float = 0.05
    hidden: float = 0.5
    guessed: bool = False
    focal_std: float = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a phone saw, and the truth.

    keypoints: (F, J, 3) x, y over their size, confidence; 0 where missing.
    pose:      (F, J, 3) in the crop's axes, root-centred, over stature.
    size:      (F,) what x and y were divided by, radians.
    true_xy:   (F, J, 2) where the keypoints should be.
    """

    keypoints: np.ndarray
    pose: np.ndarray
    size: np.ndarray
    true_xy: np.ndarray


def random_camera(
    rng: np.random.Generator, joints_m: np.ndarray, azimuth: float, distance_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """R_cam_world (3, 3) and centre (3,) of a phone that looks at the motion (F, J, 3)."""
    points = joints_m.reshape(-1, 3)
    middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
    reach = float(np.linalg.norm((points - middle)[:, :2], axis=1).max())
    distance_m = max(distance_m, reach + 0.8)
    centre = middle + distance_m * np.array([np.sin(azimuth), -np.cos(azimuth), 0.0])
    centre[2] = points[:, 2].min() + rng.uniform(0.4, 2.3)
    forward = middle + rng.normal(0.0, 0.15, size=3) - centre
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    roll = np.radians(rng.normal(0.0, 3.0))
    c, s = np.cos(roll), np.sin(roll)
    return np.stack([c * right + s * down, c * down - s * right, forward]), centre


def see(
    rng: np.random.Generator,
    joints_m: np.ndarray,
    camera: tuple[np.ndarray, np.ndarray],
    detector: Detector,
    fps: float,
) -> View:
    """What is detected of joints (F, J, 3) by a camera, and the truth in the same axes."""
    R, centre = camera
    in_camera = (joints_m - centre) @ R.T
    true_xy = in_camera[..., :2] / in_camera[..., 2:]
    xy = true_xy
    tall = float(np.ptp(xy[..., 1], axis=1).mean())
    xy = xy + _noise(rng, len(xy), detector, tall, fps)
    confidence = np.clip(rng.beta(20.0, 1.5, size=xy.shape[:2]), 0.0, 1.0)
    xy, confidence = _spoil(rng, xy, confidence, detector, tall, fps)
    lens = np.exp(detector.focal_std * rng.normal())
    flat, R_crop = crop(lens * xy, confidence)
    size = scale_of(flat, confidence, HALF_WINDOW)
    keypoints = np.concatenate([flat / size[:, None, None], confidence[..., None]], axis=-1)
    pose = np.einsum("fab,fjb->fja", R_crop, in_camera - root_of(in_camera))
    pose /= np.median(stature_of(joints_m))
    true_flat, _ = crop(lens * true_xy, np.ones(xy.shape[:2]))
    return View(
        keypoints.astype(np.float32),
        pose.astype(np.float32),
        size,
        (true_flat / size[:, None, None]).astype(np.float32),
    )


def _noise(
    rng: np.random.Generator, n_frames: int, detector: Detector, tall: float, fps: float
) -> np.ndarray:
    unit = rng.uniform(*detector.noise) * tall / 900.0 * _RESTLESS[:, None]
    keep = np.exp(-1.0 / (fps * _SLOW_NOISE_S))
    white = rng.normal(size=(n_frames, N_JOINTS, 2))
    slow = lfilter([np.sqrt(1.0 - keep**2)], [1.0, -keep], white, axis=0)
    bias, jitter = rng.normal(size=(1, N_JOINTS, 2)), rng.normal(size=white.shape)
    return unit * (1.6 * bias + 3.5 * slow + 1.1 * jitter)


def _spoil(
    rng: np.random.Generator,
    xy: np.ndarray,
    confidence: np.ndarray,
    detector: Detector,
    tall: float,
    fps: float,
) -> tuple[np.ndarray, np.ndarray]:
    n_frames = len(xy)
    for joint in rng.integers(N_JOINTS, size=rng.poisson(detector.wild * xy[..., 0].size / 5)):
        burst = _stretch(rng, n_frames, 0.15 * fps, 0.2 * fps)
        xy[burst, joint] += 0.1 * tall * rng.normal(size=2)
        confidence[burst, joint] = rng.uniform(0.1, 0.8)
    if rng.random() < detector.swapped:
        burst = _stretch(rng, n_frames, 0.2 * fps, 0.6 * fps)
        xy[burst] = xy[burst][:, MIRRORED]
    for _ in range(2):
        if rng.random() < detector.hidden:
            limb = _LIMBS[rng.integers(len(_LIMBS))]
            burst = _stretch(rng, n_frames, 0.1 * fps, 1.5 * fps)
            _hide(rng, xy, confidence, burst, limb, tall if detector.guessed else None)
    if rng.random() < 0.3 * detector.hidden and not detector.guessed:
        lost = _stretch(rng, n_frames, 2.0, 0.7 * fps)
        confidence[lost] = 0.0
    if (confidence[:, HIPS] > 0).all(axis=1).any():
        return xy, confidence
    confidence[0, HIPS] = 0.1
    return xy, confidence


def _hide(
    rng: np.random.Generator,
    xy: np.ndarray,
    confidence: np.ndarray,
    burst: slice,
    limb: tuple[int, ...],
    tall: float | None,
) -> None:
    for joint in limb:
        if tall is None:
            confidence[burst, joint] = 0.0
        else:
            confidence[burst, joint] = rng.uniform(0.05, 0.4)
            xy[burst, joint] += 0.08 * tall * rng.normal(size=2)


def _stretch(rng: np.random.Generator, n_frames: int, shortest: float, longest: float) -> slice:
    length = round(rng.uniform(shortest, longest))
    first = int(rng.integers(-length // 2, n_frames))
    return slice(max(first, 0), max(first + length, 1))
