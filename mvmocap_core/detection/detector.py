"""What every source of keypoints offers."""

from pathlib import Path
from typing import Protocol

from mvmocap_core.detection.detections import Detections
from mvmocap_core.progress import Progress


class VideoReader(Protocol):
    """Looks for something in one video. It can be pickled, to run in a process of its own."""

    def detect(
        self, video: Path, *, start_s: float | None, end_s: float | None, progress: Progress
    ) -> object:
        """Give a dataclass that `storage` can keep. See `Detector`."""
        ...


class Detector(Protocol):
    """Finds people's landmarks in one video. It can be pickled, to run in a process of its own."""

    def detect(
        self, video: Path, *, start_s: float | None, end_s: float | None, progress: Progress
    ) -> Detections:
        """Detect in the frames with start_s <= time <= end_s, seconds since the first frame.

        None is the video's own start or end.

        Raises InputError where the video or the keypoints cannot be read, or no frame lies
        between start and end; ModelError where a model file is missing.
        """
        ...
