"""A pipeline whose slow or uncertain stages are replaced by exact ones."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mvmocap_core import detecting, kept_stages, solving
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.detection.detections import Detections
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.sync.timeline import Timeline
from tests.core.scenes import make_calibration, make_motion, make_timeline, make_tracks

ALL_FRAMES = slice(None)


@dataclass
class Imagined:
    """What the stages answer; change it in a test. calls: how often each was asked."""

    motion: MotionClip = field(default_factory=make_motion)
    timeline: Timeline = field(default_factory=make_timeline)
    calibration: Calibration = field(default_factory=make_calibration)
    calls: Counter[str] = field(default_factory=Counter)
    body_arguments: dict[str, Any] = field(default_factory=dict)
    detections: list[Detections] = field(default_factory=list)
    failures: dict[str, BaseException] = field(default_factory=dict)
    on_call: Callable[[str], None] = lambda stage: None

    def __post_init__(self) -> None:
        self.detections = [
            Detections(
                times_s=track.times_s,
                keypoints_2d_px=track.keypoints_2d_px[:, None],
                confidence=track.confidence[:, None],
                world_landmarks_m=track.world_landmarks_m[:, None],
                image_size=track.image_size,
            )
            for track in make_tracks(self.motion)
        ]

    def ask(self, stage: str) -> None:
        self.calls[stage] += 1
        self.on_call(stage)
        if stage in self.failures:
            raise self.failures[stage]

    def remove_person(self, view: int, *, frames: slice = ALL_FRAMES) -> None:
        found = self.detections[view]
        keypoints, confidence = found.keypoints_2d_px.copy(), found.confidence.copy()
        keypoints[frames], confidence[frames] = np.nan, 0.0
        changed = replace(found, keypoints_2d_px=keypoints, confidence=confidence)
        self.detections[view] = changed

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put the exact stages into the pipeline. Video a.mp4 is view 0, any other view 1."""
        imagined = self

        class Detector:
            def __init__(self, model: str, people: int) -> None:
                self.model, self.people = model, people

            def detect(self, video: Path, **_: object) -> Detections:
                imagined.ask(f"detect {video.name}")
                return imagined.detections[0 if video.name == "a.mp4" else 1]

        def detect_videos(videos, *, detector, ranges, progress):  # noqa: ANN001, ANN202
            progress(0.5, "detecting")
            return [
                detector.detect(video, start_s=start_s, end_s=end_s, progress=progress)
                for video, (start_s, end_s) in zip(videos, ranges, strict=True)
            ]

        def answer(stage: str, result: Callable[[], object]) -> Callable[..., object]:
            def stand_in(*_: object, **keywords: object) -> object:
                if stage == "body":
                    imagined.body_arguments = keywords
                imagined.ask(stage)
                return result()

            return stand_in

        patch.setattr(detecting, "MediaPipePose", Detector)
        patch.setattr(detecting, "detect_videos", detect_videos)
        patch.setattr(kept_stages, "common_timeline", answer("sync", lambda: imagined.timeline))
        patch.setattr(solving, "calibrate", answer("calibrate", lambda: imagined.calibration))
        patch.setattr(solving, "solve_bodies", answer("body", lambda: [imagined.motion]))
