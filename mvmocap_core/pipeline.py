"""The ordered stages of a solve."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np

from mvmocap_core import checks, cleaning, correcting
from mvmocap_core.body.single_views import SingleViews
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.calibration.given import GivenFacts
from mvmocap_core.corrections.apply import apply
from mvmocap_core.corrections.corrections import Corrections
from mvmocap_core.corrections.files import (
    corrections_record,
    identities_record,
    load_everybodys,
    load_identities,
)
from mvmocap_core.corrections.followed import save_followed
from mvmocap_core.corrections.identities import Followed, Identity, identified
from mvmocap_core.detecting import Inputs, JobVideos
from mvmocap_core.detection.detections import Detections, Track
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.finding_hands import find_hands
from mvmocap_core.group.clocks import common_timeline
from mvmocap_core.group.performers import Performers, find_performers
from mvmocap_core.lifting.lifted import Lifted
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.options import MAX_PEOPLE, SolveOptions
from mvmocap_core.people.following import fragments
from mvmocap_core.people.tracks import select_performer
from mvmocap_core.progress import Progress, silent
from mvmocap_core.report import content, page
from mvmocap_core.report.evidence import Evidence
from mvmocap_core.room.axes import RoomAxes
from mvmocap_core.room.edges import look_at_room
from mvmocap_core.solving import find_cameras, fit_people, lift_people, refined_timeline
from mvmocap_core.stabilisation.moving_cameras import with_moving_cameras
from mvmocap_core.stabilisation.steady import CameraMotion, find_camera_motion, steady_tracks
from mvmocap_core.stages import StageEvent, Stages, ignore_event
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.take import Job, Take, code_hash, open_take
from mvmocap_core.video.audio import read_sound
from mvmocap_core.video.frames import VideoInfo

T = TypeVar("T")
LastStage = Literal["detect", "sync", "calibrate", "report"]
"""Where a job may end."""


def solve(
    videos: Sequence[Path],
    take_folder: Path,
    options: SolveOptions,
    progress: Progress = silent,
    *,
    on_stage: Callable[[StageEvent], None] = ignore_event,
    last_stage: LastStage = "report",
    corrections: Sequence[Corrections] | None = None,
    identities: Sequence[Identity] | None = None,
) -> dict[str, Any]:
    """Solve videos into a take's folder, reusing what it already holds.

    corrections: those that the whole solve takes into account, by performer; identities: who is
    who. None for the take's own, whatever of which is beyond that changes only its part of the
    motion, see `correcting`.

    Returns the report; with an earlier `last_stage`, what that stage found.
    Raises InputError when the input cannot be used; UnsolvableError when the videos cannot be
    solved, after writing a report that says why. An earlier motion stays in both cases.
    """
    checks.check_videos(videos, options.method, options.people)
    checks.check_networks(options.method)
    stages = Stages(progress, on_stage, has_hands=options.hands)
    with open_take(take_folder) as take:
        edited = load_everybodys(take.folder)
        whole = edited
        if corrections is not None:
            whole = [*corrections, *[correcting.NO_CORRECTIONS] * (MAX_PEOPLE - len(corrections))]
        named = load_identities(take.folder)
        known = named if identities is None else identities
        job = _Job(tuple(videos), options, take, stages, (whole, edited), (known, named))
        infos = job.files.probe()
        try:
            return job.solve(infos, last_stage)
        except UnsolvableError as error:
            take.save_job(Job(job.videos, options))
            page.write_report(take.folder, content.unsolvable_report(error, infos, stages))
            raise


@dataclass(frozen=True, slots=True, eq=False)
class _Fits:
    """What the stage "body" keeps: every performer's fitted motion."""

    clips: tuple[MotionClip, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Rooms:
    """What the stage "room" keeps: of every video's camera what its background tells."""

    rooms: tuple[RoomAxes, ...]


class _Job:
    """One run over a take: each method is a stage whose result is kept in the take."""

    def __init__(
        self,
        videos: tuple[Path, ...],
        options: SolveOptions,
        take: Take,
        stages: Stages,
        corrections: tuple[Sequence[Corrections], Sequence[Corrections]],
        identities: tuple[Sequence[Identity], Sequence[Identity]],
    ) -> None:
        self.videos = videos
        self.options = options
        self.take = take
        self.stages = stages
        self.corrections, self.edited = corrections
        self.identities, self.named = identities
        self.files = JobVideos(videos, options, take, stages)

    def solve(self, infos: Sequence[VideoInfo], last_stage: LastStage) -> dict[str, Any]:
        detections = self.files.detect()
        if last_stage == "detect":
            return content.detection_summary(self.videos, detections)
        moved = self.steady(detections)
        given, rooms_inputs = self.room(detections, moved)
        followed, matched_s = self.people(detections, moved)
        found = identified(self.identities, followed)
        edits = self.corrections[: len(found)]
        people = [
            steady_tracks(apply(own, tracks), moved)
            for own, tracks in zip(edits, found, strict=True)
        ]
        timeline, inputs = self.sync(people, matched_s)
        if last_stage == "sync":
            return {"sync": content.sync_section(timeline)}
        inputs = {"sync": inputs, "room": rooms_inputs}
        calibration, inputs = self.calibrate(people, timeline, infos, given, inputs)
        timeline = refined_timeline(timeline, calibration)
        if last_stage == "calibrate":
            return content.calibration_summary(infos, timeline, calibration)
        fps = self.options.fps or infos[0].fps
        seen = [
            correcting.put_right(tracks, timeline, calibration, own, moved)
            for own, tracks in zip(edits, found, strict=True)
        ]
        lifted = self.lift(seen, timeline, calibration, fps)
        fits = self.body(seen, timeline, calibration, [guess for guess, _ in lifted], fps, inputs)
        fits = self.hands([with_moving_cameras(fit, moved) for fit in fits], seen[0], timeline)
        whole = [
            Evidence(
                infos=tuple(infos),
                tracks=tuple(tracks),
                timeline=timeline,
                calibration=calibration,
                motion=fit,
                options=self.options,
                given=given,
                moved=tuple(moved),
                single_views=single_views,
            )
            for tracks, fit, (_, single_views) in zip(found, fits, lifted, strict=True)
        ]
        solved = self.correct(whole, followed)
        return self.report(self.clean(solved), solved)

    def steady(self, detections: Sequence[Detections]) -> list[CameraMotion]:
        return self.stages.run("steady", lambda _: [find_camera_motion(d) for d in detections])

    def room(
        self, detections: Sequence[Detections], moved: Sequence[CameraMotion]
    ) -> tuple[GivenFacts, Inputs]:
        """What is known of the cameras before the performer is looked at."""
        inputs: Inputs = {
            "detections": [self.files.inputs(view) for view in range(len(self.videos))],
            "code": code_hash("room", "stabilisation", "geometry", "video"),
        }
        found = self._kept(
            "room",
            inputs,
            _Rooms,
            lambda _: _Rooms(tuple(map(look_at_room, self.videos, detections, moved))),
        )
        return replace(self.files.given, rooms=found.rooms), inputs

    def people(
        self, detections: Sequence[Detections], moved: Sequence[CameraMotion]
    ) -> tuple[Followed, float | None]:
        def work(progress: Progress) -> tuple[Followed, float | None]:
            for each, video in zip(detections, self.videos, strict=True):
                checks.check_person_found(each, video)
            if self.options.people == 1:
                found = Performers([[select_performer(each) for each in detections]], None)
            else:
                given_s = [float(s) for s in self.files.given.offset_s[1:2] if np.isfinite(s)]
                found = find_performers(detections, moved, self.options.people, offsets_s=given_s)
            for track, video in zip(found.people[0], self.videos, strict=True):
                checks.check_person_long_enough(track, video)
            left_out = [
                fragments(each, [tracks[view] for tracks in found.people])
                for view, each in enumerate(detections)
            ]
            return Followed.of(found.people, left_out), found.offset_s

        return self.stages.run("people", work)

    def sync(
        self, people: Sequence[Sequence[Track]], matched_s: float | None
    ) -> tuple[Timeline, Inputs]:
        inputs: Inputs = {
            "detections": [self.files.inputs(view) for view in range(len(self.videos))],
            "offset_s": _as_json(self.files.given.offset_s),
            "corrections": [
                corrections_record(own)["videos"] for own in self.corrections[: len(people)]
            ],
            "identities": identities_record(self.identities)["identities"],
            "code": code_hash(
                "people", "group", "corrections", "stabilisation", "sync", "geometry", "video"
            ),
        }
        timeline = self._kept(
            "sync",
            inputs,
            Timeline,
            lambda _: common_timeline(
                people,
                lambda: [read_sound(video) for video in self.videos],
                self.files.given.offset_s,
                matched_s,
            ),
        )
        checks.check_overlap(people[0], timeline)
        return timeline, inputs

    def calibrate(
        self,
        people: Sequence[Sequence[Track]],
        timeline: Timeline,
        infos: Sequence[VideoInfo],
        given: GivenFacts,
        upstream: Inputs,
    ) -> tuple[Calibration, Inputs]:
        inputs: Inputs = {
            **upstream,
            "given": [
                _as_json(v) for v in (given.focal_px, given.K, given.dist, given.T_cam_world)
            ],
            "code": code_hash("calibration", "geometry"),
        }
        calibration = self._kept(
            "calibrate",
            inputs,
            Calibration,
            lambda progress: find_cameras(
                people, timeline, [info.focal_35mm for info in infos], given, progress
            ),
        )
        return calibration, inputs

    def lift(
        self,
        people: Sequence[Sequence[Track]],
        timeline: Timeline,
        calibration: Calibration,
        fps: float,
    ) -> list[tuple[Lifted | None, SingleViews | None]]:
        return self.stages.run(
            "lift", lambda _: lift_people(people, timeline, calibration, self.options, fps)
        )

    def body(
        self,
        people: Sequence[Sequence[Track]],
        timeline: Timeline,
        calibration: Calibration,
        lifted: Sequence[Lifted | None],
        fps: float,
        upstream: Inputs,
    ) -> Sequence[MotionClip]:
        options = self.options
        inputs: Inputs = {
            "calibrate": upstream,
            "options": [options.height_m, options.fps, options.start_s, options.end_s],
            "lifted": [None if own is None else own.source for own in lifted],
            "code": code_hash("body", "geometry", "motion", "lifting", "lifting.volume"),
        }
        return self._kept(
            "body",
            inputs,
            _Fits,
            lambda told: _Fits(
                tuple(fit_people(people, timeline, calibration, lifted, options, fps, told))
            ),
        ).clips

    def hands(
        self, fits: Sequence[MotionClip], tracks: Sequence[Track], timeline: Timeline
    ) -> Sequence[MotionClip]:
        if not self.options.hands:
            return fits
        times_s = [track.times_s for track in tracks]
        return find_hands(
            fits, self.videos, self.files.hashes, times_s, timeline, self.take, self.stages
        )

    def correct(self, found: Sequence[Evidence], followed: Followed) -> list[Evidence]:
        def work(progress: Progress) -> list[Evidence]:
            save_followed(self.take.folder, followed, self.identities)
            cleaning.forget_wholes(self.take, len(found))
            whole = [
                correcting.keep_whole(self.take, each, self.corrections[person], person)
                for person, each in enumerate(found)
            ]
            named = correcting.named_again(self.take, self.named)
            return correcting.correct_everybody(self.take, whole, self.edited, progress, named)

        return self.stages.run("correct", work)

    def clean(self, solved: Sequence[Evidence]) -> list[Evidence]:
        options = cleaning.kept_choices(self.take, solved[0])
        return self.stages.run("clean", lambda _: cleaning.clean_solved(self.take, solved, options))

    def report(self, shown: Sequence[Evidence], solved: Sequence[Evidence]) -> dict[str, Any]:
        pictures = self.stages.run("report", lambda told: page.draw_pictures(shown, told))
        cleaning.keep_pictures(self.take, pictures)
        fits = [each.motion for each in solved]
        report = content.solved_report(shown, self.stages, fits=fits)
        self.take.save_job(Job(self.videos, self.options))
        page.write_report(self.take.folder, report, shown, pictures)
        self.take.drop_unused()
        return report

    def _kept(
        self, stage: str, inputs: Inputs, cls: type[T], compute: Callable[[Progress], T]
    ) -> T:
        def work(progress: Progress) -> T:
            stored = self.take.load(stage, inputs, cls)
            if stored is not None:
                self.stages.note_reused(stage)
                return stored
            result = compute(progress)
            self.take.store(stage, inputs, result)
            return result

        return self.stages.run(stage, work)


def _as_json(values: np.ndarray) -> list[float | None]:
    """Numbers of a stage's key; JSON has no NaN."""
    return [float(value) if np.isfinite(value) else None for value in values.ravel()]
