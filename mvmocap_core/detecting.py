"""The videos of a job: what their files say, and everybody whom the detector sees in them."""

from collections.abc import Mapping
from pathlib import Path

from mvmocap_core import checks
from mvmocap_core.calibration.given import nothing_given
from mvmocap_core.detection.detections import Detections
from mvmocap_core.detection.detector import Detector
from mvmocap_core.detection.given_keypoints import GivenKeypoints, content_of, find_sources
from mvmocap_core.detection.mediapipe_pose import MediaPipePose
from mvmocap_core.detection.models import HAND, find_model
from mvmocap_core.detection.parallel import detect_videos
from mvmocap_core.errors import InputError
from mvmocap_core.given_facts import gather_facts
from mvmocap_core.kept_detector import KeptDetector
from mvmocap_core.known_cameras.camera import KnownCamera
from mvmocap_core.known_cameras.checkerboard import measure_lens
from mvmocap_core.options import SolveOptions
from mvmocap_core.progress import Progress
from mvmocap_core.stages import Stages
from mvmocap_core.take import Take, code_hash, content_hash
from mvmocap_core.video.frames import VideoInfo, probe_video

Inputs = Mapping[str, object]
"""What a stage's result depends on, as JSON values."""


class JobVideos:
    """The first two stages of a job. `probe` comes before all else.

    hashes: of the videos' contents. given: what the user and the files know of the cameras.
    """

    def __init__(
        self, videos: tuple[Path, ...], options: SolveOptions, take: Take, stages: Stages
    ) -> None:
        self.videos = videos
        self.options = options
        self.take = take
        self.stages = stages
        self.hashes: list[str] = []
        self.given = nothing_given(len(videos))
        self._sources: dict[Path, Path] = {}
        self._keypoints: list[str] = []

    def probe(self) -> tuple[VideoInfo, ...]:
        """Read the files' heads; raises InputError where one cannot be used."""

        def work(progress: Progress) -> tuple[VideoInfo, ...]:
            self.hashes = [content_hash(video) for video in self.videos]
            checks.check_different(self.videos, self.hashes)
            infos = tuple(probe_video(video) for video in self.videos)
            if self.options.hands:
                find_model(HAND)  # what is missing shows now, not after all the rest
            checks.check_lengths(infos)
            checks.check_take_of(self.take, self.videos, self.hashes)
            checks.check_range(self.options, infos[0].duration_s, self.videos[0])
            if self.options.keypoints:
                self._sources = find_sources(self.options.keypoints, self.videos)
                _check_parts(self._sources)
                self._keypoints = [content_of(self._sources[video]) for video in self.videos]
            self.given = gather_facts(
                self.options, infos, lambda board: self._lens(board, progress)
            )
            return infos

        return self.stages.run("probe", work)

    def _lens(self, board_video: Path, progress: Progress) -> KnownCamera:
        """The lens that filmed a checkerboard, kept in the take."""
        board = self.options.board
        inputs: Inputs = {
            "video": content_hash(board_video),
            "board": list(board),
            "code": code_hash("known_cameras", "video"),
        }
        lens = self.take.load("lens", inputs, KnownCamera)
        if lens is None:
            lens = measure_lens(board_video, board, progress=progress)
            self.take.store("lens", inputs, lens)
        return lens

    def detect(self) -> list[Detections]:
        """Find people in every video; what the take holds is not looked for again."""
        ranges = self._ranges()
        inputs = self.inputs()

        def work(progress: Progress) -> list[Detections]:
            found = [self.take.load("detect", each, Detections) for each in inputs]
            missing = [view for view, detections in enumerate(found) if detections is None]
            if not missing:
                self.stages.note_reused("detect")
                return [detections for detections in found if detections is not None]
            videos = [self.videos[view] for view in missing]
            paths = [self.take.stage_path("detect", inputs[view]) for view in missing]
            fresh = detect_videos(
                videos,
                detector=KeptDetector(self._detector(), dict(zip(videos, paths, strict=True))),
                ranges=[ranges[view] for view in missing],
                progress=progress,
            )
            by_view = dict(zip(missing, fresh, strict=True))
            return [kept or by_view[view] for view, kept in enumerate(found)]

        return self.stages.run("detect", work)

    def _ranges(self) -> list[tuple[float | None, float | None]]:
        """What is looked at of each video; the clocks of all but the first are not known yet."""
        rest = [(None, None)] * (len(self.videos) - 1)
        return [(self.options.start_s, self.options.end_s), *rest]

    def _detector(self) -> Detector:
        if self._sources:
            return GivenKeypoints(self._sources)
        return MediaPipePose(model=self.options.detector, people=self.options.people)

    def inputs(self) -> list[Inputs]:
        """What the detections in each video depend on."""
        code, ranges = code_hash("detection", "video"), self._ranges()
        return [
            {
                "video": content,
                "keypoints": self._keypoints[view] if self._keypoints else None,
                "range": list(ranges[view]),
                "model": self.options.detector,
                "people": self.options.people,
                "code": code,
            }
            for view, content in enumerate(self.hashes)
        ]


def _check_parts(sources: Mapping[Path, Path]) -> None:
    """Raise InputError, which names the video, if a folder has a part for others but not for it."""
    for video, source in sources.items():
        is_folder_of_parts = any(other.parent == source for other in sources.values())
        if is_folder_of_parts or (source.is_dir() and not any(source.glob("*.json"))):
            message = (
                f"{source}: holds no keypoints of {video.name}; put them there as "
                f"{video.stem}.json, {video.stem}.npz or a folder {video.stem}, or give a path "
                "for each video."
            )
            raise InputError(message, reason="bad_keypoints")
