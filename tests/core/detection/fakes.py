"""Detectors for tests; in a module of their own so that a child process can import them."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mvmocap_core.detection.detections import Detections
from mvmocap_core.errors import InputError
from mvmocap_core.progress import Progress


@dataclass(frozen=True)
class FakeDetector:
    """Does what the video's name says: "fails", "crashes", "aborts", "hangs" or else works."""

    folder: Path

    def detect(
        self, video: Path, *, start_s: float | None, end_s: float | None, progress: Progress
    ) -> Detections:
        (self.folder / f"{video.stem}.pid").write_text(str(os.getpid()))
        print("chatter on stdout")  # noqa: T201 - libraries do
        progress(0.5, f"Half of {video.name}")
        if "fails" in video.stem:
            raise InputError(f"{video}: no good; film it again.", reason="no_good")
        if "crashes" in video.stem:
            raise ZeroDivisionError("the defect's own words")
        if "aborts" in video.stem:
            sys.stderr.write("native words\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGABRT)
        if "hangs" in video.stem:
            time.sleep(600)
        return Detections(
            times_s=np.array([start_s or 0.0, end_s or 9.0]),
            keypoints_2d_px=np.full((2, 1, 33, 2), np.nan),
            confidence=np.zeros((2, 1, 33)),
            world_landmarks_m=np.full((2, 1, 33, 3), np.nan),
            image_size=np.array([64, 48]),
        )
