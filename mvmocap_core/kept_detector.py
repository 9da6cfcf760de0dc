"""Detectors that store what they find at once, in the process that found it."""

from dataclasses import dataclass
from pathlib import Path

from mvmocap_core.detection.detections import Detections
from mvmocap_core.detection.detector import Detector
from mvmocap_core.detection.hands import HandDetector, HandSightings
from mvmocap_core.progress import Progress
from mvmocap_core.storage import save_arrays, to_arrays


@dataclass(frozen=True, slots=True)
class KeptDetector:
    """Detection is the long stage: a video that is done stays done if the other is interrupted.

    targets: by video, the file to keep its `Detections` in.
    """

    detector: Detector
    targets: dict[Path, Path]

    def detect(
        self, video: Path, *, start_s: float | None, end_s: float | None, progress: Progress
    ) -> Detections:
        """Detect and store. Raises what the detector raises; InputError if it cannot be stored."""
        found = self.detector.detect(video, start_s=start_s, end_s=end_s, progress=progress)
        save_arrays(self.targets[video], to_arrays(found))
        return found


@dataclass(frozen=True, slots=True)
class KeptHandDetector:
    """The same for hands."""

    detector: HandDetector
    targets: dict[Path, Path]

    def detect(
        self, video: Path, *, start_s: float | None, end_s: float | None, progress: Progress
    ) -> HandSightings:
        """Look and store. Raises what `HandDetector` raises; InputError if it cannot be stored."""
        found = self.detector.detect(video, start_s=start_s, end_s=end_s, progress=progress)
        save_arrays(self.targets[video], to_arrays(found))
        return found
