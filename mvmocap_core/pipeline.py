"""The ordered stages of a solve."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mvmocap_core import checks, cleaning, correcting, kept_stages
from mvmocap_core.body.single_views import SingleViews
from mvmocap_core.calibration.cameras import Calibration
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
from mvmocap_core.group.performers import Performers, find_performers
from mvmocap_core.lifting.lifted import Lifted
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.options import MAX_PEOPLE, SolveOptions
from mvmocap_core.people.following import fragments
from mvmocap_core.people.tracks import is_there, select_performer
from mvmocap_core.progress import Progress, silent
from mvmocap_core.report import content, page
from mvmocap_core.report.evidence import Evidence, LeftOut
from mvmocap_core.solving import (
    lift_people,
    refined_timeline,
    seconds_well_seen,
    who_is_solved,
)
from mvmocap_core.stabilisation.moving_cameras import with_moving_cameras
from mvmocap_core.stabilisation.steady import CameraMotion, find_camera_motion, steady_tracks
from mvmocap_core.stages import StageEvent, Stages, ignore_event
from mvmocap_core.sync.timeline import Timeline
from mvmocap_core.take import Job, Take, open_take
from mvmocap_core.video.frames import VideoInfo

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
    Raises InputError when the input cannot be used, or the folder holds a motion of other videos;
    UnsolvableError when the videos cannot be
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
            report = content.unsolvable_report(error, infos, stages, keeps_motion=take.n_people > 0)
            page.write_report(take.folder, report)
            raise


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
        given, rooms_inputs = kept_stages.look_at_rooms(self.files, detections, moved)
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
        calibration, inputs = kept_stages.calibrate(
            self.files, people, timeline, infos, given, {"sync": inputs, "room": rooms_inputs}
        )
        timeline = refined_timeline(timeline, calibration)
        if last_stage == "calibrate":
            return content.calibration_summary(infos, timeline, calibration)
        fps = self.options.fps or infos[0].fps
        seen = [
            correcting.put_right(tracks, timeline, calibration, own, moved)
            for own, tracks in zip(edits, found, strict=True)
        ]
        followed, solved, others = self.solvable(followed, seen, timeline, calibration, fps)
        left_out = tuple(_left_out(found[person][0], each_s) for person, each_s in others)
        found = [found[person] for person in solved]
        seen = [seen[person] for person in solved]
        lifted = self.lift(seen, timeline, calibration, fps)
        guesses = [guess for guess, _ in lifted]
        fits = kept_stages.fit_bodies(self.files, seen, timeline, calibration, guesses, fps, inputs)
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
                left_out=left_out,
            )
            for tracks, fit, (_, single_views) in zip(found, fits, lifted, strict=True)
        ]
        solved = self.correct(whole, followed)
        return self.report(self.clean(solved), solved)

    def steady(self, detections: Sequence[Detections]) -> list[CameraMotion]:
        return self.stages.run("steady", lambda _: [find_camera_motion(d) for d in detections])

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
        edits: Inputs = {
            "corrections": [
                corrections_record(own)["videos"] for own in self.corrections[: len(people)]
            ],
            "identities": identities_record(self.identities)["identities"],
        }
        timeline, inputs = kept_stages.find_clocks(self.files, people, matched_s, edits)
        checks.check_overlap(people[0], timeline)
        return timeline, inputs

    def solvable(
        self,
        followed: Followed,
        seen: Sequence[Sequence[Track]],
        timeline: Timeline,
        calibration: Calibration,
        fps: float,
    ) -> tuple[Followed, list[int], list[tuple[int, float]]]:
        """Everybody, those last who cannot be solved; the numbers of who can; the others'.

        The others' are each with the seconds for which the views see them well.
        Raises UnsolvableError if that would give other numbers to performers of whom something is
        said by hand, or if there is nobody left.
        """
        if len(seen) == 1:
            return followed, [0], []
        well_seen_s = seconds_well_seen(seen, timeline, calibration, self.options, fps)
        solved = who_is_solved(well_seen_s, fps)
        others = [person for person in range(len(seen)) if person not in solved]
        order = [*solved, *others]
        if order != sorted(order):
            named = [*self.identities, *self.named]
            if named or any(own != correcting.NO_CORRECTIONS for own in self.edited):
                raise UnsolvableError(
                    f"Performer {others[0] + 1} is hardly ever seen well enough to be solved, and "
                    "later ones were corrected by hand under their numbers: take corrections back.",
                    reason="body_not_seen",
                )
            followed = replace(followed, people=tuple(followed.people[k] for k in order))
        return followed, solved, [(person, well_seen_s[person]) for person in others]

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


def _left_out(first: Track, well_seen_s: float) -> LeftOut:
    """first: the performer in the first video."""
    times_s = first.times_s[is_there(first)]
    return LeftOut(well_seen_s, float(times_s[0]), float(times_s[-1]))
