"""Clips with truth, as tracks of the detector."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.kept import kept_arrays
from benchmarks.motion_capture import SHARED_DATA
from benchmarks.tables import RESULTS
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.detection.detections import LANDMARK_NAMES, Detections, Track
from mvmocap_core.detection.mediapipe_pose import MediaPipePose
from mvmocap_core.detection.parallel import detect_videos
from mvmocap_core.geometry.cameras import rigid_transform
from mvmocap_core.people.tracks import select_performer
from mvmocap_core.room.axes import UNKNOWN_ROOM, RoomAxes
from mvmocap_core.room.edges import look_at_room
from mvmocap_core.stabilisation.steady import find_camera_motion
from mvmocap_core.take import code_hash, content_hash
from mvmocap_core.video.audio import Sound, read_sound

LIMBS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
SCORED = tuple(f"{side}_{part}" for part in LIMBS for side in ("left", "right"))
"""Joints that errors are measured on: the limbs, neither face nor hands."""
SCORED_LANDMARKS = [LANDMARK_NAMES.index(name) for name in SCORED]
SCORED_BONES = np.array(
    [
        (SCORED.index(f"{side}_{a}"), SCORED.index(f"{side}_{b}"))
        for side in ("left", "right")
        for a, b in (
            ("shoulder", "elbow"),
            ("elbow", "wrist"),
            ("hip", "knee"),
            ("knee", "ankle"),
        )
    ]
)
RENDERED = ("charleston", "punch_female", "basketball", "walk")


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Two views with truth.

    name, group:   what it is called in the table; "real", "real, full model", "rendered", "phone"
                   or a bench's own.
    tracks, sounds: what the solver gets.
    fps:           of the first video.
    cameras:       the true ones. nominal: as a calibration session left them, None = no such.
    offset_s:      of the second video on the first one's clock.
    truth_times_s: (F,) seconds on the first clock; truth_m: (F, 12, 3), joints `SCORED`.
    has_joint_truth: the truth is anatomical joint centres, not where the detector's landmarks are.
    height_m:      the performer's stature, None = not known.
    rooms:         what the videos' backgrounds tell of the cameras.
    """

    name: str
    group: str
    tracks: tuple[Track, Track]
    sounds: tuple[Sound | None, Sound | None]
    fps: float
    cameras: Cameras
    nominal: Cameras | None
    offset_s: float
    truth_times_s: np.ndarray
    truth_m: np.ndarray
    has_joint_truth: bool
    height_m: float | None
    rooms: tuple[RoomAxes, RoomAxes] = (UNKNOWN_ROOM, UNKNOWN_ROOM)


def virtual_clip(
    name: str,
    group: str,
    tracks: tuple[Track, Track],
    cameras: Cameras,
    offset_s: float,
    truth_m: np.ndarray,
    *,
    sounds: tuple[Sound | None, Sound | None] = (None, None),
    fps: float | None = None,
) -> Clip:
    """A take that virtual phones filmed.

    truth_m: landmarks at the first track's times. fps: None is the first track's.
    """
    times_s = tracks[0].times_s
    return Clip(
        name=name,
        group=group,
        tracks=tracks,
        sounds=sounds,
        fps=float(1.0 / np.median(np.diff(times_s))) if fps is None else fps,
        cameras=cameras,
        nominal=None,
        offset_s=offset_s,
        truth_times_s=times_s,
        truth_m=truth_m,
        has_joint_truth=False,
        height_m=None,
    )


def clip_loaders(tracks_folder: Path | None = None) -> dict[str, Callable[[], Clip]]:
    """A function for each clip that loads it, detecting first what was not detected before.

    tracks_folder: take tracks `<clip>_<a|b>.npz` from here instead of detecting.
    """
    loaders: dict[str, Callable[[], Clip]] = {}
    for model in ("heavy", "full"):
        for pair in combinations(range(4), 2):
            loaders[_real_name(pair, model)] = partial(_real_pair, pair, model)
    for name in RENDERED:
        loaders[name] = partial(_rendered, name, tracks_folder)
    loaders["phone, sound"] = partial(_phone, True, tracks_folder)
    loaders["phone, no sound"] = partial(_phone, False, tracks_folder)
    return loaders


def detected_track(video: Path) -> Track:
    """The performer in a video by the heavy model."""
    return select_performer(detected(video))


def detected(video: Path) -> Detections:
    """What the heavy model finds in a video, kept in benchmarks/results."""

    def detect() -> Detections:
        return detect_videos([video], detector=MediaPipePose(model="heavy"))[0]

    path = _kept_path("detections", video, "detection", "video")
    return kept_arrays(path, Detections, detect)


def _room(video: Path) -> RoomAxes:
    """What the background of a video tells, kept in benchmarks/results."""

    def look() -> RoomAxes:
        detections = detected(video)
        return look_at_room(video, detections, find_camera_motion(detections))

    path = _kept_path("rooms", video, "detection", "video", "room", "stabilisation", "geometry")
    return kept_arrays(path, RoomAxes, look)


def _kept_path(folder: str, video: Path, *packages: str) -> Path:
    key = f"{content_hash(video)}-{code_hash(*packages)}"
    return RESULTS / folder / f"{video.parent.name}-{video.stem}-{key[:16]}{key[-16:]}.npz"


def _track(video: Path, name: str, tracks_folder: Path | None) -> Track:
    if tracks_folder is None:
        return detected_track(video)
    with np.load(tracks_folder / f"{name}.npz", allow_pickle=False) as data:
        return Track(**{key: data[key] for key in data.files})


def _real_name(pair: tuple[int, int], model: str) -> str:
    name = f"real {pair[0] + 1}-{pair[1] + 1}"
    return name if model == "heavy" else f"{name}, {model}"


def _real_pair(pair: tuple[int, int], model: str) -> Clip:
    """Two of the four cameras, as the heavy or the full model sees them; truth by the heavy one."""
    rows = list(pair)
    folder = SHARED_DATA / "real" / "pose2sim_single"
    rooms = [_room(folder / f"cam{row + 1:02d}.mp4") for row in rows]
    with np.load(folder / "reference.npz") as data:
        fps = float(data["fps"])
        keypoints, world = data[f"kp2d_{model}"][rows], data[f"world_{model}"][rows]
        times_s = np.arange(keypoints.shape[1]) / fps
        tracks = tuple(
            Track(
                times_s=times_s,
                keypoints_2d_px=keypoints[v, ..., :2].astype(np.float64),
                confidence=np.clip(keypoints[v, ..., 2].astype(np.float64), 0.0, 1.0),
                world_landmarks_m=world[v, ..., :3].astype(np.float64),
                image_size=data["image_size"][rows[v]].astype(np.float64),
            )
            for v in range(2)
        )
        cameras, nominal = (
            _cameras(
                data["K"][rows], data["dist"][rows], data["image_size"][rows],
                data[f"R_{kind}"][rows], data[f"t_{kind}"][rows],
            )
            for kind in ("ref", "qca")
        )  # fmt: skip
        truth_m = data["X3d_heavy_ref"][:, SCORED_LANDMARKS].astype(np.float64)
    return Clip(
        name=_real_name(pair, model),
        group="real" if model == "heavy" else f"real, {model} model",
        tracks=(tracks[0], tracks[1]),
        sounds=(None, None),
        fps=fps,
        cameras=cameras,
        nominal=nominal,
        offset_s=0.0,
        truth_times_s=times_s,
        truth_m=truth_m,
        has_joint_truth=False,
        height_m=None,
        rooms=(rooms[0], rooms[1]),
    )


def _rendered(name: str, tracks_folder: Path | None) -> Clip:
    folder = SHARED_DATA / "synth" / name
    cameras, truth_m, fps, height_m = rendered_truth(folder)
    a, b = (_track(folder / f"{v}.mp4", f"{name}_{v}", tracks_folder) for v in "ab")
    return Clip(
        name=name,
        group="rendered",
        tracks=(a, b),
        sounds=(None, None),
        fps=fps,
        cameras=cameras,
        nominal=None,
        offset_s=0.0,
        truth_times_s=np.arange(len(truth_m)) / fps,
        truth_m=truth_m,
        has_joint_truth=True,
        height_m=height_m,
        rooms=(_room(folder / "a.mp4"), _room(folder / "b.mp4")),
    )


def _phone(with_sound: bool, tracks_folder: Path | None) -> Clip:
    folder = SHARED_DATA / "synth" / "charleston_phone"
    cameras, truth_m, fps, height_m = rendered_truth(folder.parent / "charleston")
    videos = [folder / f"charleston_{v}.mp4" for v in "ab"]
    starts_s = [
        json.loads(Path(f"{video}.json").read_text(encoding="utf-8"))["offset_s"]
        for video in videos
    ]
    names = [f"charleston_phone_{v}" for v in "ab"]
    a, b = (_track(video, name, tracks_folder) for video, name in zip(videos, names, strict=True))
    sounds = [read_sound(video) if with_sound else None for video in videos]
    return Clip(
        name="phone, sound" if with_sound else "phone, no sound",
        group="phone",
        tracks=(a, b),
        sounds=(sounds[0], sounds[1]),
        fps=30.0,
        cameras=cameras,
        nominal=None,
        offset_s=starts_s[1] - starts_s[0],
        truth_times_s=np.arange(len(truth_m)) / fps - starts_s[0],
        truth_m=truth_m,
        has_joint_truth=True,
        height_m=height_m,
        rooms=(_room(videos[0]), _room(videos[1])),
    )


def rendered_truth(folder: Path) -> tuple[Cameras, np.ndarray, float, float]:
    """The cameras, joints (F, 12, 3) of `SCORED`, rate and stature of a rendered clip."""
    with np.load(folder / "truth.npz", allow_pickle=False) as data:
        names = [str(name) for name in data["names"]]
        truth_m = data["joints3d"][:, [names.index(name) for name in SCORED]]
        size = np.stack([data["res"]] * 2)
        cameras = _cameras(data["K"], np.zeros((2, 4)), size, data["R"], data["t"])
        return cameras, truth_m.astype(np.float64), float(data["fps"]), float(data["height"])


def _cameras(
    K: np.ndarray, dist: np.ndarray, size: np.ndarray, R: np.ndarray, t: np.ndarray
) -> Cameras:
    poses = [rigid_transform(r, x.reshape(3)) for r, x in zip(R, t, strict=True)]
    return Cameras(
        K=np.asarray(K, dtype=np.float64),
        dist=np.asarray(dist, dtype=np.float64),
        image_size=np.asarray(size, dtype=np.float64),
        T_cam_world=np.stack(poses).astype(np.float64),
    )
