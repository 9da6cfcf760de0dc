"""MediaPipe's pose landmarker on every frame of a video."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mvmocap_core.detection.appearance import N_NUMBERS, describe
from mvmocap_core.detection.closer_look import CloserLook, Person
from mvmocap_core.detection.detections import LANDMARK_NAMES, CameraTurns, Detections
from mvmocap_core.detection.models import find_model
from mvmocap_core.errors import InputError
from mvmocap_core.geometry.phones import likely_focal_px
from mvmocap_core.progress import Progress, silent
from mvmocap_core.video.background import BackgroundTracker, Turn
from mvmocap_core.video.frames import Frame, iter_frames, probe_video

MIN_SLOTS = 2
"""With one slot MediaPipe smooths over time, half to one frame late: poison for sync."""
UNKNOWN_SLOTS = 5
"""Where it is to be found out how many people there are."""

N_LANDMARKS = len(LANDMARK_NAMES)


@dataclass(frozen=True, slots=True)
class MediaPipePose:
    """Runs on the CPU, alone with the frames: it sends nothing anywhere.

    model:        "heavy", "full" or "lite". Only heavy keeps left and right apart.
    model_folder: where to look for model files first.
    people:       how many there may be, bystanders apart; 0 = not known.
    """

    model: str = "heavy"
    model_folder: Path | None = None
    people: int = 1

    @property
    def n_slots(self) -> int:
        """How many people are looked for: one more than asked for, who may be in the way."""
        return max(MIN_SLOTS, self.people + 1) if self.people else UNKNOWN_SLOTS

    def detect(
        self,
        video: Path,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        progress: Progress = silent,
    ) -> Detections:
        """Detect up to `n_slots` people in every frame. See `Detector`."""
        model = find_model(self.model, folder=self.model_folder)
        info = probe_video(video)
        begin_s = max(start_s or 0.0, 0.0)
        length_s = max((info.duration_s if end_s is None else end_s) - begin_s, 1e-9)
        focal_px = likely_focal_px(np.array(info.image_size), info.focal_35mm)
        rows = _Rows(info.image_size, focal_px, self.n_slots, looks=self.people != 1)
        with self._people_finder(model) as find_people:
            for frame in iter_frames(video, start_s=start_s, end_s=end_s):
                rows.append(frame, find_people(frame))
                fraction = min((frame.time_s - begin_s) / length_s, 1.0)
                progress(fraction, f"Finding the performer in {video.name}")
        if not rows.times_s:
            raise InputError(
                f"{video}: no frame between {begin_s:g} s and {begin_s + length_s:g} s; "
                f"it is {info.duration_s:.2f} s long.",
                reason="empty_range",
            )
        return rows.detections()

    @contextmanager
    def _people_finder(self, model: Path) -> Iterator[Callable[[Frame], list[Person]]]:
        """Finds who is in each frame, which it is given in their order."""
        is_one = self.people == 1
        with _landmarker(model, self.n_slots, of_video=is_one) as landmarker:
            yield _in_whole_pictures(landmarker) if is_one else self._by_looks(landmarker)

    def _by_looks(self, landmarker: Any) -> Callable[[Frame], list[Person]]:
        """Of several people the whole picture shows too few."""

        def detect(image: np.ndarray) -> list[Person]:
            found = landmarker.detect(_image(np.ascontiguousarray(image)))
            return _people(found, image.shape[1::-1])

        closer = CloserLook(detect, self.n_slots)
        return lambda frame: closer.all_people(frame.image, frame.time_s)


def _in_whole_pictures(landmarker: Any) -> Callable[[Frame], list[Person]]:
    """One performer is whom the whole picture shows."""
    stamp_ms = -1

    def find(frame: Frame) -> list[Person]:
        nonlocal stamp_ms
        stamp_ms = max(round(frame.time_s * 1000), stamp_ms + 1)  # has to increase
        result = landmarker.detect_for_video(_image(frame.image), stamp_ms)
        return _people(result, frame.image.shape[1::-1])

    return find


def _landmarker(model: Path, n_slots: int, *, of_video: bool = True) -> Any:
    # MediaPipe takes two seconds to import, and only the processes that detect need it.
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.PoseLandmarkerOptions(
        # The content, not the path: MediaPipe does not open every path that Windows allows.
        base_options=BaseOptions(model_asset_buffer=model.read_bytes()),
        running_mode=vision.RunningMode.VIDEO if of_video else vision.RunningMode.IMAGE,
        num_poses=n_slots,
    )
    return vision.PoseLandmarker.create_from_options(options)


def _image(image: np.ndarray) -> Any:
    import mediapipe

    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image)


def _people(result: Any, image_size: Sequence[int]) -> list[Person]:
    """What MediaPipe found in an image of (width, height)."""
    scale = np.array([*image_size, 1.0])
    return [
        Person(
            landmarks=scale * [(mark.x, mark.y, mark.visibility) for mark in pose],
            world_m=np.array([(mark.x, mark.y, mark.z) for mark in world]),
        )
        for pose, world in zip(result.pose_landmarks, result.pose_world_landmarks, strict=True)
    ]


class _Rows:
    """Collects one row of arrays for each frame. looks: also of how people look."""

    def __init__(
        self, image_size: tuple[int, int], focal_px: float, n_slots: int, *, looks: bool
    ) -> None:
        self.image_size = np.array(image_size)
        self.focal_px = focal_px
        self.n_slots = n_slots
        self.background = BackgroundTracker(image_size, focal_px)
        self.turns: list[Turn] = []
        self.times_s: list[float] = []
        self.landmarks: list[np.ndarray] = []  # (P, 33, 3): x, y in pixels; visibility
        self.world: list[np.ndarray] = []  # (P, 33, 3) metres
        self.appearance: list[np.ndarray] | None = [] if looks else None  # (P, N)

    def append(self, frame: Frame, people: Sequence[Person]) -> None:
        landmarks = np.full((self.n_slots, N_LANDMARKS, 3), np.nan)
        world = np.full((self.n_slots, N_LANDMARKS, 3), np.nan)
        for slot, person in enumerate(people[: self.n_slots]):
            landmarks[slot], world[slot] = person.landmarks, person.world_m
        if self.appearance is not None:
            looks = np.full((self.n_slots, N_NUMBERS), np.nan, dtype=np.float32)
            for slot, person in enumerate(people[: self.n_slots]):
                looks[slot] = describe(frame.image, person.landmarks)
            self.appearance.append(looks)
        self.times_s.append(frame.time_s)
        self.landmarks.append(landmarks)
        self.world.append(world)
        boxes = np.array([person.box_px.ravel() for person in people]).reshape(-1, 4)
        self.turns.append(self.background.follow(frame.image, boxes))

    def detections(self) -> Detections:
        landmarks = np.stack(self.landmarks)
        return Detections(
            times_s=np.array(self.times_s),
            keypoints_2d_px=landmarks[..., :2],
            confidence=np.clip(np.nan_to_num(landmarks[..., 2], nan=0.0), 0.0, 1.0),
            world_landmarks_m=np.stack(self.world),
            image_size=self.image_size,
            camera=CameraTurns(
                rotmat=np.stack([turn.rotmat for turn in self.turns]),
                is_break=np.array([turn.is_break for turn in self.turns]),
                focal_px=self.focal_px,
            ),
            appearance=None if self.appearance is None else np.stack(self.appearance),
        )
