"""Takes of two phones that never existed: captured motion, virtual lenses, measured noise."""

from dataclasses import dataclass

import numpy as np

from benchmarks.motion_capture import MotionCapture
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import LANDMARK_NAMES, Track
from mvmocap_core.detection.sides import exchange_sides
from mvmocap_core.geometry.cameras import project_points, rigid_transform

IMAGE_SIZES = ((1920, 1080), (1080, 1920), (1280, 720), (640, 480))
FRAME_RATES = (24.0, 25.0, 29.97, 30.0, 50.0, 59.94)
DIAGONAL_35MM = 43.27

_SLOW_NOISE_S = 0.1
_SWAPPED_S = 0.4
_RESTLESS = tuple(
    i for i, name in enumerate(LANDMARK_NAMES) if name.split("_")[-1] in
    ("wrist", "ankle", "pinky", "index", "thumb", "heel")
)  # fmt: skip
_HIPS = (LANDMARK_NAMES.index("left_hip"), LANDMARK_NAMES.index("right_hip"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Difficulty:
    """What the virtual phones and detector do wrong.

    angle_deg:      range of the horizontal angle between the views.
    max_offset_s:   the second phone starts at most this much earlier or later.
    min_overlap_s:  both phones film at least this long together, if the motion lasts.
    noise:          multiplies the detector noise measured on real footage.
    outlier_share:  share of landmark samples that are wrong by far, in bursts, at low confidence.
    swapped_share:  share of the second phone's frames with left and right exchanged, in runs.
    vfr_share:      share of phones with a variable frame rate.
    height_m:       range of the phones' heights above the floor.
    max_k1:         lens distortion is drawn between plus and minus this.
    drift_ppm:      range of how far the second phone's clock runs from the first's, either way.
    """

    angle_deg: tuple[float, float] = (45.0, 170.0)
    max_offset_s: float = 3.0
    min_overlap_s: float = 1.5
    noise: float = 1.0
    outlier_share: float = 0.02
    swapped_share: float = 0.0
    vfr_share: float = 0.4
    height_m: tuple[float, float] = (0.7, 1.9)
    max_k1: float = 0.05
    drift_ppm: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticTake:
    """Two tracks of one performer, and the truth.

    tracks:         what a detector would have found in each video.
    cameras:        the true ones, Z-up world in metres.
    offset_s:       of the second video on the first one's clock.
    truth_joints_m: (F, 33, 3) landmarks at the first track's times, world.
    motion:         name of the captured motion.
    angle_deg:      horizontal angle between the views.
    start_s:        time of the motion at which the first video starts.
    drift_ppm:      of the second video, see `Timeline`.
    """

    tracks: tuple[Track, Track]
    cameras: Cameras
    offset_s: float
    truth_joints_m: np.ndarray
    motion: str
    angle_deg: float
    start_s: float
    drift_ppm: float = 0.0


def make_take(
    rng: np.random.Generator, clip: MotionCapture, difficulty: Difficulty | None = None
) -> SyntheticTake:
    """Film `clip` with two random phones. The same generator state gives the same take."""
    difficulty = difficulty or Difficulty()
    starts_s, ends_s = film_ranges(rng, clip.duration_s, difficulty)
    filmed = clip.at(np.linspace(0.0, clip.duration_s, 60))
    azimuth = rng.uniform(0.0, 2.0 * np.pi)
    angle_deg = float(rng.uniform(*difficulty.angle_deg) * rng.choice([-1.0, 1.0]))
    views = [
        place_phone(rng, filmed, azimuth + np.radians(angle), difficulty)
        for angle in (0.0, angle_deg)
    ]
    cameras = Cameras(*(np.stack(parts) for parts in zip(*views, strict=True)))
    tracks, times_s = [], []
    drift_ppm = 0.0
    if difficulty.drift_ppm[1] > 0.0:
        drift_ppm = float(rng.uniform(*difficulty.drift_ppm) * rng.choice([-1.0, 1.0]))
    for view in range(2):
        times = frame_times(rng, ends_s[view] - starts_s[view], difficulty)
        times_s.append(times)
        landmarks = clip.at(starts_s[view] + times * (1.0 + 1e-6 * drift_ppm * view))
        tracks.append(detect(rng, times, landmarks, cameras, view, difficulty))
    return SyntheticTake(
        tracks=(tracks[0], tracks[1]),
        cameras=cameras,
        offset_s=float(starts_s[1] - starts_s[0]),
        truth_joints_m=clip.at(starts_s[0] + times_s[0]),
        motion=clip.name,
        angle_deg=abs(angle_deg),
        start_s=float(starts_s[0]),
        drift_ppm=drift_ppm,
    )


def film_ranges(
    rng: np.random.Generator, duration_s: float, difficulty: Difficulty
) -> tuple[np.ndarray, np.ndarray]:
    """(2,) starts and (2,) ends of the videos within the motion."""
    spare_s = max(duration_s - difficulty.min_overlap_s, 0.0)
    late_s = rng.uniform(0.0, min(spare_s, difficulty.max_offset_s))
    early_end_s = rng.uniform(0.0, spare_s - late_s)
    starts_s, ends_s = np.zeros(2), np.full(2, duration_s)
    starts_s[rng.integers(2)] = late_s
    ends_s[rng.integers(2)] -= early_end_s
    return starts_s, ends_s


def frame_times(rng: np.random.Generator, duration_s: float, difficulty: Difficulty) -> np.ndarray:
    """Stamps of a video's frames, the first at zero."""
    fps = float(rng.choice(FRAME_RATES))
    n_frames = int(np.floor(duration_s * fps)) + 1
    steps = np.full(n_frames - 1, 1.0 / fps)
    if rng.random() < difficulty.vfr_share:
        steps *= 1.0 + rng.uniform(-0.25, 0.25, size=len(steps))
    times_s = np.concatenate([[0.0], np.cumsum(steps)])
    return times_s[times_s <= duration_s]


def place_phone(
    rng: np.random.Generator, filmed_m: np.ndarray, azimuth: float, difficulty: Difficulty
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """K, dist, image_size and T_cam_world of a phone that keeps the whole motion in view."""
    size = np.asarray(IMAGE_SIZES[rng.integers(len(IMAGE_SIZES))], dtype=np.float64)
    focal_px = rng.uniform(22.0, 36.0) / DIAGONAL_35MM * np.hypot(*size)
    K = np.array([[focal_px, 0.0, size[0] / 2], [0.0, focal_px, size[1] / 2], [0.0, 0.0, 1.0]])
    dist = np.array([rng.uniform(-difficulty.max_k1, difficulty.max_k1), 0.0, 0.0, 0.0])
    points = filmed_m.reshape(-1, 3)
    middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
    height_m, roll = rng.uniform(*difficulty.height_m), np.radians(rng.normal(0.0, 3.0))
    aim = middle + rng.normal(0.0, 0.1, size=3)
    distance_m = rng.uniform(1.8, 2.5)
    while True:
        center = middle + distance_m * np.array([np.sin(azimuth), -np.cos(azimuth), 0.0])
        center[2] = height_m
        T_cam_world = _look_at(center, aim, roll)
        pixels = project_points(points, K, dist, T_cam_world)
        is_inside = np.isfinite(pixels) & (pixels > 0.02 * size) & (pixels < 0.98 * size)
        if is_inside.all():
            return K, dist, size, T_cam_world
        distance_m *= 1.06


def _look_at(center: np.ndarray, aim: np.ndarray, roll: float) -> np.ndarray:
    forward = (aim - center) / np.linalg.norm(aim - center)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = np.cos(roll), np.sin(roll)
    R = np.stack([c * right + s * down, c * down - s * right, forward])
    return rigid_transform(R, -R @ center)


def detect(
    rng: np.random.Generator,
    times_s: np.ndarray,
    landmarks_m: np.ndarray,
    cameras: Cameras,
    view: int,
    difficulty: Difficulty,
) -> Track:
    """What the detector would say: 2D and its own 3D with measured kinds of noise."""
    K, T_cam_world = cameras.K[view], cameras.T_cam_world[view]
    pixels = project_points(landmarks_m, K, cameras.dist[view], T_cam_world)
    tall_px = float(np.nanmean(np.ptp(pixels[..., 1], axis=1)))
    spread = np.ones((33, 1))
    spread[list(_RESTLESS)] = 1.5
    unit_px = difficulty.noise * rng.uniform(0.8, 2.2) * tall_px / 900.0 * spread
    pixels = pixels + unit_px * (
        1.6 * rng.normal(size=(1, 33, 2))
        + 3.5 * _slow_noise(rng, times_s, (33, 2))
        + 1.1 * rng.normal(size=pixels.shape)
    )
    confidence = np.clip(rng.beta(20.0, 1.5, size=pixels.shape[:2]), 0.0, 1.0)
    wild = bursts(rng, times_s, 33, difficulty.outlier_share)
    wild_px = 0.1 * tall_px * rng.normal(size=pixels.shape)
    pixels = np.where(wild[..., None], pixels + wild_px, pixels)
    confidence = np.where(wild, rng.uniform(0.1, 0.8, size=wild.shape), confidence)
    world = _world_landmarks(rng, times_s, landmarks_m, T_cam_world, difficulty)
    lost = rng.random(len(times_s)) < 0.005
    track = Track(
        times_s=times_s,
        keypoints_2d_px=np.where(lost[:, None, None], np.nan, pixels),
        confidence=np.where(lost[:, None], 0.0, confidence),
        world_landmarks_m=np.where(lost[:, None, None], np.nan, world),
        image_size=cameras.image_size[view],
    )
    swapped = bursts(rng, times_s, 1, difficulty.swapped_share * view, _SWAPPED_S)
    return exchange_sides(track, np.repeat(swapped, 2, axis=1)) if swapped.any() else track


def _world_landmarks(
    rng: np.random.Generator,
    times_s: np.ndarray,
    landmarks_m: np.ndarray,
    T_cam_world: np.ndarray,
    difficulty: Difficulty,
) -> np.ndarray:
    """Hip-centred landmarks, axes along the ray to the performer; depth is the worst."""
    in_camera = landmarks_m @ T_cam_world[:3, :3].T + T_cam_world[:3, 3]
    hip = in_camera[:, _HIPS].mean(axis=1, keepdims=True)
    forward = hip / np.linalg.norm(hip, axis=-1, keepdims=True)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    axes = np.stack([right, np.cross(forward, right), forward], axis=-1)[:, 0]
    in_crop = np.einsum("fja,fab->fjb", in_camera - hip, axes)
    tilt = _small_rotation(rng.normal(0.0, np.radians(5.0), size=3))
    sigma_m = difficulty.noise * np.array([0.035, 0.04, 0.08])
    slow = _slow_noise(rng, times_s, (33, 3))
    constant = rng.normal(size=(1, 33, 3))
    return in_crop @ tilt.T + sigma_m * (0.8 * slow + 0.6 * constant)


def _small_rotation(rotvec: np.ndarray) -> np.ndarray:
    x, y, z = rotvec
    U, _, Vt = np.linalg.svd(np.array([[1.0, -z, y], [z, 1.0, -x], [-y, x, 1.0]]))
    return U @ Vt


def _slow_noise(
    rng: np.random.Generator, times_s: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    """(F, *shape) unit normal, correlated over about `_SLOW_NOISE_S`."""
    noise = rng.normal(size=(len(times_s), *shape))
    keep = np.exp(-np.diff(times_s) / _SLOW_NOISE_S)
    for i, k in enumerate(keep):
        noise[i + 1] = k * noise[i] + np.sqrt(1.0 - k * k) * noise[i + 1]
    return noise


def bursts(
    rng: np.random.Generator,
    times_s: np.ndarray,
    n_joints: int,
    share: float,
    length_s: float = 0.15,
) -> np.ndarray:
    """(F, J) bool, true in stretches of `length_s` that make up about `share` of the samples."""
    wild = np.zeros((len(times_s), n_joints), dtype=bool)
    nbursts = rng.poisson(share * n_joints * times_s[-1] / length_s)
    for joint, start_s in zip(
        rng.integers(n_joints, size=nbursts),
        rng.uniform(-length_s, times_s[-1], size=nbursts),
        strict=True,
    ):
        wild[(times_s >= start_s) & (times_s < start_s + length_s), joint] = True
    return wild
