"""Takes of several people who never met: captured motions placed together, filmed by two phones.

Each person's keypoints have the noise of `benchmarks.synthetic`. On top of it comes what happens
when people share a picture: the one behind is hidden, landmark by landmark or altogether; then the
detector may see the one in front twice; slots change hands at random; detections are missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.motion_capture import MotionCapture
from benchmarks.synthetic import Difficulty, bursts, detect, film_ranges, frame_times, place_phone
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import LANDMARK_NAMES, Detections, Track
from mvmocap_core.people.tracks import without_frames

ARRANGEMENTS = ("apart", "crossing", "close", "leaving", "bystander", "three")
MAX_DURATION_S = 5.0
_BONES = np.array(
    [
        (LANDMARK_NAMES.index(a), LANDMARK_NAMES.index(b))
        for side, other in (("left", "right"), ("right", "left"))
        for a, b in (
            (f"{side}_shoulder", f"{side}_elbow"), (f"{side}_elbow", f"{side}_wrist"),
            (f"{side}_hip", f"{side}_knee"), (f"{side}_knee", f"{side}_ankle"),
            (f"{side}_shoulder", f"{side}_hip"), (f"{side}_shoulder", f"{other}_hip"),
            (f"{side}_ear", f"{side}_shoulder"),
        )
    ]
)  # fmt: skip
_THICKNESS_M = 0.09
"""Half the width of a limb with its clothes, the trunk being two limbs and its diagonals."""
_HIDDEN_SHARE = 0.55
_DOUBLED_SHARE = 0.3
_MISSED_SHARE = 0.02
_MISSED_S = 0.2
_SWITCHES_HZ = 1.0
_BEHIND_M = 0.1
_MIN_PHONE_M = 1.0
"""Between a phone and anybody, bystanders too: closer ones would fill the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupTake:
    """Two videos of P people, and the truth.

    detections:  what a detector would have found in each video; slots in no order.
    identities:  of each video (F, S): which person fills a slot; -1 nobody, a doubled one too.
    tracks:      of each person one in each video: the same detections, people told apart.
    cameras:     the true ones, Z-up world in metres.
    offset_s:    of the second video on the first one's clock.
    truth_m:     (F, P, 33, 3) landmarks at the first video's times, world.
    performers:  (P,) bool: the person is no bystander.
    """

    detections: tuple[Detections, Detections]
    identities: tuple[np.ndarray, np.ndarray]
    tracks: tuple[tuple[Track, Track], ...]
    cameras: Cameras
    offset_s: float
    truth_m: np.ndarray
    performers: np.ndarray

    @property
    def fps(self) -> float:
        """Of the first video."""
        return float(1.0 / np.median(np.diff(self.detections[0].times_s)))


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Where everybody is. people: (P) motions that share a clock and a floor.

    framed: (N, 33, 3) what the phones are aimed at. performers: see `GroupTake`.
    """

    people: tuple[MotionCapture, ...]
    framed: np.ndarray
    performers: np.ndarray


def make_group_take(
    rng: np.random.Generator,
    motions: Sequence[MotionCapture],
    arrangement: str,
    difficulty: Difficulty | None = None,
) -> GroupTake:
    """Film `motions` together. The same generator state gives the same take.

    arrangement: one of `ARRANGEMENTS`; it decides how many of the motions are used.
    """
    return film_stage(rng, _arranged(rng, motions, arrangement), difficulty)


def film_stage(rng: np.random.Generator, stage: Stage, difficulty: Difficulty | None) -> GroupTake:
    """Film people who are where they are."""
    difficulty = difficulty or Difficulty()
    duration_s = min(person.duration_s for person in stage.people)
    starts_s, ends_s = film_ranges(rng, duration_s, difficulty)
    cameras = _phones(rng, stage, difficulty)
    found, own = [], []
    for view in range(2):
        times_s = frame_times(rng, ends_s[view] - starts_s[view], difficulty)
        landmarks = np.stack([p.at(starts_s[view] + times_s) for p in stage.people], axis=1)
        own.append(_seen(rng, times_s, landmarks, cameras, view, difficulty))
        found.append(_mixed(rng, own[view], _doubles(rng, own[view], landmarks, cameras, view)))
    first_s = starts_s[0] + found[0][0].times_s
    return GroupTake(
        detections=(found[0][0], found[1][0]),
        identities=(found[0][1], found[1][1]),
        tracks=tuple(zip(own[0], own[1], strict=True)),
        cameras=cameras,
        offset_s=float(starts_s[1] - starts_s[0]),
        truth_m=np.stack([person.at(first_s) for person in stage.people], axis=1),
        performers=stage.performers,
    )


def _phones(rng: np.random.Generator, stage: Stage, difficulty: Difficulty) -> Cameras:
    """Two phones, neither of which stands in front of somebody's chest."""
    while True:
        azimuth = rng.uniform(0.0, 2.0 * np.pi)
        angle_deg = float(rng.uniform(*difficulty.angle_deg) * rng.choice([-1.0, 1.0]))
        views = [
            place_phone(rng, stage.framed, azimuth + np.radians(angle), difficulty)
            for angle in (0.0, angle_deg)
        ]
        cameras = Cameras(*(np.stack(parts) for parts in zip(*views, strict=True)))
        T = cameras.T_cam_world
        centers = -np.einsum("vij,vi->vj", T[:, :3, :3], T[:, :3, 3])
        places = np.concatenate([person.landmarks_m.mean(axis=1) for person in stage.people])
        apart_m = np.linalg.norm((centers[:, None] - places)[..., :2], axis=-1)
        if apart_m.min() > _MIN_PHONE_M:
            return cameras


def _arranged(
    rng: np.random.Generator, motions: Sequence[MotionCapture], arrangement: str
) -> Stage:
    n_people = 3 if arrangement == "three" else 2
    people = [centred(rng, motion) for motion in motions[:n_people]]
    duration_s = min(MAX_DURATION_S, *(person.duration_s for person in people))
    across = rng.uniform(1.6, 2.4) if arrangement != "close" else rng.uniform(0.75, 0.95)
    starts = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.8]])[:n_people] * across
    ends = starts.copy()
    performers = np.ones(n_people, dtype=bool)
    if arrangement == "crossing":
        starts[:, 1] += np.array([-0.35, 0.35])
        ends = starts * np.array([-1.0, 1.0])
    if arrangement == "leaving":
        ends[1, 0] += rng.uniform(4.0, 6.0)
    if arrangement == "bystander":
        people[1] = _standing(rng, people[1])
        starts[1] = ends[1] = starts[0] + rng.uniform(1.3, 2.0) * _direction(rng)
        performers[1] = False
    times_s = np.arange(round(duration_s * people[0].fps)) / people[0].fps
    placed = tuple(
        _moved(person, times_s, start, end)
        for person, start, end in zip(people, starts, ends, strict=True)
    )
    half = len(times_s) // 2 if arrangement == "leaving" else len(times_s)
    framed = [p.landmarks_m[: len(times_s) if k == 0 else half : 10] for k, p in enumerate(placed)]
    if arrangement == "bystander":
        framed = framed[:1]
    return Stage(placed, np.concatenate(framed), performers)


def _direction(rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(0.0, 2.0 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)])


def centred(rng: np.random.Generator, motion: MotionCapture) -> MotionCapture:
    """About the origin, turned at random, a random stretch of what is long."""
    longest = round(MAX_DURATION_S * motion.fps)
    first = int(rng.integers(max(len(motion.landmarks_m) - longest, 1)))
    points = motion.landmarks_m[first : first + longest]
    cosine, sine = _direction(rng)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    middle = points.mean(axis=(0, 1)) * np.array([1.0, 1.0, 0.0])
    return replace(motion, landmarks_m=(points - middle) @ turn.T)


def _standing(rng: np.random.Generator, motion: MotionCapture) -> MotionCapture:
    """Somebody who stays in one pose of the motion and sways by millimetres."""
    times_s = np.arange(len(motion.landmarks_m)) / motion.fps
    phase = rng.uniform(0.0, 2.0 * np.pi, 3) + 1.5 * times_s[:, None]
    pose = motion.landmarks_m[rng.integers(len(motion.landmarks_m))]
    pose = pose - pose.mean(axis=0) * np.array([1.0, 1.0, 0.0])
    return replace(motion, landmarks_m=pose + 0.004 * np.sin(phase)[:, None])


def _moved(
    person: MotionCapture, times_s: np.ndarray, start: np.ndarray, end: np.ndarray
) -> MotionCapture:
    """The motion carried from one place to another, with an even pace, on a common clock."""
    share = np.linspace(0.0, 1.0, len(times_s))[:, None]
    place = np.zeros((len(times_s), 1, 3))
    place[:, 0, :2] = start + share * (end - start)
    fps = float(1.0 / np.median(np.diff(times_s)))
    return replace(person, fps=fps, landmarks_m=person.at(times_s) + place)


def _seen(
    rng: np.random.Generator,
    times_s: np.ndarray,
    landmarks_m: np.ndarray,
    cameras: Cameras,
    view: int,
    difficulty: Difficulty,
) -> list[Track]:
    """What is found of every person of (F, P, 33, 3), told apart."""
    tracks = []
    for person in range(landmarks_m.shape[1]):
        track = detect(rng, times_s, landmarks_m[:, person], cameras, view, difficulty)
        hidden = _hidden(landmarks_m, person, cameras.T_cam_world[view])
        tall_px = np.nanmedian(np.ptp(track.keypoints_2d_px[..., 1], axis=1))
        guessed = track.keypoints_2d_px + 0.03 * tall_px * rng.normal(size=(*hidden.shape, 2))
        size = cameras.image_size[view]
        keypoints = track.keypoints_2d_px
        is_inside = np.isfinite(keypoints).all(-1) & ((keypoints > 0) & (keypoints < size)).all(-1)
        lost = hidden.mean(axis=1) > _HIDDEN_SHARE
        lost |= is_inside.mean(axis=1) < 0.5
        lost |= bursts(rng, times_s, 1, _MISSED_SHARE, _MISSED_S)[:, 0]
        confidence = np.where(hidden, rng.uniform(0.1, 0.7, hidden.shape), track.confidence)
        confidence = np.where(is_inside, confidence, 0.3 * confidence)
        found = replace(
            track,
            keypoints_2d_px=np.where(hidden[..., None], guessed, keypoints),
            confidence=confidence,
        )
        tracks.append(without_frames(found, lost | ~np.isfinite(keypoints).all(axis=(1, 2))))
    return tracks


def _hidden(landmarks_m: np.ndarray, person: int, T_cam_world: np.ndarray) -> np.ndarray:
    """(F, 33) bool: another body stands between the landmark and the camera."""
    points = landmarks_m @ T_cam_world[:3, :3].T + T_cam_world[:3, 3]
    own = points[:, person]
    hidden = np.zeros(own.shape[:2], dtype=bool)
    for other in range(points.shape[1]):
        if other == person:
            continue
        for a, b in _BONES:
            hidden |= _is_behind(own, points[:, other, a], points[:, other, b])
    return hidden


def _is_behind(own: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(F, 33) bool: rays to points (F, 33, 3) pass within a limb from a to b (F, 3) before them."""
    depth = np.maximum(own[..., 2], 0.1)
    at, start, end = (x[..., :2] / np.maximum(x[..., 2:], 0.1) for x in (own, a, b))
    along = (end - start)[:, None]
    share = ((at - start[:, None]) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-12)
    share = np.clip(share, 0.0, 1.0)
    limb_depth = a[:, None, 2] + share * (b - a)[:, None, 2]
    distance = np.linalg.norm(at - start[:, None] - share[..., None] * along, axis=-1)
    return (distance * limb_depth < _THICKNESS_M) & (limb_depth < depth - _BEHIND_M)


def _doubles(
    rng: np.random.Generator,
    tracks: Sequence[Track],
    landmarks_m: np.ndarray,
    cameras: Cameras,
    view: int,
) -> list[np.ndarray]:
    """Of every person (F,): whose landmarks the detector gives instead where they are hidden."""
    depth = landmarks_m.mean(axis=2) @ cameras.T_cam_world[view, 2, :3]
    front = depth.argmin(axis=1)
    times_s = tracks[0].times_s
    doubles = []
    for person, track in enumerate(tracks):
        hidden = _hidden(landmarks_m, person, cameras.T_cam_world[view]).mean(axis=1)
        doubled = (hidden > _HIDDEN_SHARE) & (track.confidence.max(axis=1) == 0)
        doubled &= bursts(rng, times_s, 1, _DOUBLED_SHARE, 0.2)[:, 0] & (front != person)
        doubles.append(np.where(doubled, front, -1))
    return doubles


def _mixed(
    rng: np.random.Generator, tracks: Sequence[Track], doubles: Sequence[np.ndarray]
) -> tuple[Detections, np.ndarray]:
    """The tracks in slots that change hands, and (F, S) who is in them."""
    times_s, n_people = tracks[0].times_s, len(tracks)
    keypoints = np.stack([t.keypoints_2d_px for t in tracks], axis=1)
    confidence = np.stack([t.confidence for t in tracks], axis=1)
    world = np.stack([t.world_landmarks_m for t in tracks], axis=1)
    who = np.where(confidence.max(axis=2) > 0, np.arange(n_people), -1)
    for person, double in enumerate(doubles):
        for frame in np.flatnonzero(double >= 0):
            other = double[frame]
            wobble_px = 0.01 * np.ptp(keypoints[frame, other, :, 1]) * rng.normal(size=(33, 2))
            keypoints[frame, person] = keypoints[frame, other] + wobble_px
            confidence[frame, person] = 0.9 * confidence[frame, other]
            world[frame, person] = world[frame, other]
    order = np.tile(rng.permutation(n_people), (len(times_s), 1))
    for at_s in rng.uniform(0.0, times_s[-1], rng.poisson(_SWITCHES_HZ * times_s[-1])):
        order[times_s >= at_s] = rng.permutation(n_people)
    rows = np.arange(len(times_s))[:, None]
    detections = Detections(
        times_s=times_s,
        keypoints_2d_px=keypoints[rows, order],
        confidence=confidence[rows, order],
        world_landmarks_m=world[rows, order],
        image_size=tracks[0].image_size,
    )
    return detections, who[rows, order]
