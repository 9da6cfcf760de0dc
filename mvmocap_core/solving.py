"""From tracks to motions: the steps of a solve, without files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core import checks, correcting
from mvmocap_core.body.single_views import SingleViews, lift_performer
from mvmocap_core.body.solve import (
    MIN_WELL_SEEN,
    body_not_seen,
    count_well_seen,
    frame_times,
    solve_bodies,
)
from mvmocap_core.calibration.calibrate import calibrate
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.calibration.given import GivenFacts, nothing_given
from mvmocap_core.calibration.single_view import assume_camera
from mvmocap_core.calibration.together import calibrate_together
from mvmocap_core.detection.detections import Track
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.group.clocks import common_timeline
from mvmocap_core.lifting.lifted import Lifted
from mvmocap_core.motion.clean_up import clean_up_together
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.progress import Progress, part, silent
from mvmocap_core.stages import Stages
from mvmocap_core.sync.timeline import CERTAIN, Timeline
from mvmocap_core.video.audio import Sound

SURE_START = 0.9
"""Agreement of the clocks above which one performer's calibration is a start for everybody's."""
SURE_START_MARGIN = 0.1
"""Likewise of its margin; with less, another performer's is tried as well."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What the tracks of a take give. `timeline` has the calibration's refined offsets.

    fits:    of each performer who could be solved.
    motions: the fits, cleaned up with the default choices.
    solved:  whose they are, of the performers that were given; see `who_is_solved`.
    """

    timeline: Timeline
    calibration: Calibration
    fits: tuple[MotionClip, ...]
    motions: tuple[MotionClip, ...]
    solved: tuple[int, ...] = (0,)

    @property
    def fit(self) -> MotionClip:
        """The first performer's."""
        return self.fits[0]

    @property
    def motion(self) -> MotionClip:
        """The first performer's."""
        return self.motions[0]


def solve_tracks(
    tracks: Sequence[Track],
    sounds: Sequence[Sound | None],
    options: SolveOptions,
    *,
    fps: float,
    focal_35mm: Sequence[float | None],
    given: GivenFacts | None = None,
    progress: Progress = silent,
) -> Solution:
    """Solve one performer's tracks, one of each view. See `solve_people`."""
    return solve_people(
        [tracks],
        sounds,
        options,
        fps=fps,
        focal_35mm=focal_35mm,
        given=given,
        progress=progress,
    )


def solve_people(
    people: Sequence[Sequence[Track]],
    sounds: Sequence[Sound | None],
    options: SolveOptions,
    *,
    fps: float,
    focal_35mm: Sequence[float | None],
    given: GivenFacts | None = None,
    matched_s: float | None = None,
    progress: Progress = silent,
) -> Solution:
    """Solve the tracks (P) of (V) of several performers. Reads and writes no files.

    Who cannot be solved is left out; `Solution.solved` tells who is not.
    fps: of the motion. focal_35mm: what the videos say about their lenses. given: what the
    user knows. matched_s: see `common_timeline`.
    Raises UnsolvableError with the reason, if nobody can be solved.
    """
    stages = Stages(progress)
    given = given or nothing_given(len(people[0]))
    timeline = stages.run(
        "sync", lambda _: common_timeline(people, lambda: sounds, given.offset_s, matched_s)
    )
    checks.check_overlap(people[0], timeline)
    calibration = stages.run(
        "calibrate",
        lambda told: find_cameras(people, timeline, focal_35mm, given, told),
    )
    timeline = refined_timeline(timeline, calibration)
    seen = [correcting.put_right(tracks, timeline, calibration) for tracks in people]
    solved = who_is_solved(seconds_well_seen(seen, timeline, calibration, options, fps), fps)
    seen = [seen[person] for person in solved]
    lifted = stages.run("lift", lambda _: lift_people(seen, timeline, calibration, options, fps))
    guesses = [guess for guess, _ in lifted]
    fits = stages.run(
        "body", lambda told: fit_people(seen, timeline, calibration, guesses, options, fps, told)
    )
    motions = stages.run("clean", lambda _: clean_up_together(fits, CleanUp()))
    return Solution(timeline, calibration, tuple(fits), tuple(motions), tuple(solved))


def refined_timeline(timeline: Timeline, calibration: Calibration) -> Timeline:
    """The time line with the offsets that the calibration refined, or preferred."""
    return replace(
        timeline,
        offset_s=calibration.offset_s,
        offset_std_s=calibration.offset_std_s,
        agreement=calibration.agreement,
    )


def find_cameras(
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    focal_35mm: Sequence[float | None],
    given: GivenFacts,
    progress: Progress,
) -> Calibration:
    """Where the cameras stand and their lenses, from everybody; of one video, what is likely."""
    lead = people[0]
    if len(lead) == 1:
        return assume_camera(lead[0], focal_35mm[0], given)
    if len(people) == 1:
        return calibrate(lead, timeline, focal_35mm=focal_35mm, given=given, progress=progress)
    starts = _starts(people, timeline, focal_35mm, given, part(progress, 0.0, 0.7))
    return calibrate_together(
        people,
        timeline,
        starts,
        focal_35mm=focal_35mm,
        given=given,
        progress=part(progress, 0.7, 0.3),
    )


def _starts(
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    focal_35mm: Sequence[float | None],
    given: GivenFacts,
    progress: Progress,
) -> list[Calibration]:
    """Calibrations from a performer alone to start from.

    It is the first one's. Where that is in doubt also the second one's, whose motion may tell what
    the first one's hides, at the offset that the first one's chose if it is certain.
    Raises UnsolvableError where the first one's tells nothing.
    """
    first = calibrate(
        people[0],
        timeline,
        focal_35mm=focal_35mm,
        given=given,
        progress=part(progress, 0.0, 0.7),
    )
    sure = float(first.agreement.min())
    if given.has_poses or (sure >= SURE_START and first.margin >= SURE_START_MARGIN):
        return [first]
    if sure >= CERTAIN:
        timeline = _chosen(timeline, first)
    told = part(progress, 0.7, 0.3)
    try:
        second = calibrate(people[1], timeline, focal_35mm=focal_35mm, given=given, progress=told)
    except UnsolvableError:
        return [first]
    return [first, second]


def _chosen(timeline: Timeline, calibration: Calibration) -> Timeline:
    """The time line with those of its offsets that a calibration started from, without rivals."""
    offers_s = np.concatenate([timeline.offset_s[:, None], timeline.rivals_s], axis=1)
    apart_s = np.abs(offers_s - calibration.offset_s[:, None])
    nearest = np.nan_to_num(apart_s, nan=np.inf).argmin(axis=1)
    return replace(
        timeline,
        offset_s=np.take_along_axis(offers_s, nearest[:, None], axis=1)[:, 0],
        agreement=calibration.agreement,
        rivals_s=timeline.rivals_s[:, :0],
        rivals_odds=timeline.rivals_odds[:, :0],
    )


def seconds_well_seen(
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    calibration: Calibration,
    options: SolveOptions,
    fps: float,
) -> list[float]:
    """For how long the views show each performer well enough, at once, to measure the body."""
    start_s, end_s = _solved_range(people[0], timeline, options)
    times_s = frame_times(people[0], timeline, fps, start_s, end_s)
    return [count_well_seen(each, timeline, calibration, times_s) / fps for each in people]


def who_is_solved(well_seen_s: Sequence[float], fps: float) -> list[int]:
    """The performers who can be solved, the first one's number being 0.

    Somebody who passes by or leaves does not end the solve of the others.
    well_seen_s: `seconds_well_seen` of each. Raises UnsolvableError if there is nobody.
    """
    numbers = [k for k, each_s in enumerate(well_seen_s) if each_s * fps > MIN_WELL_SEEN - 0.5]
    if not numbers:
        raise body_not_seen()
    return numbers


def lift_people(
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    calibration: Calibration,
    options: SolveOptions,
    fps: float,
) -> list[tuple[Lifted | None, SingleViews | None]]:
    """What single views say of everybody's depth, unless the method does without."""
    if options.method == "geometry":
        return [(None, None)] * len(people)
    start_s, end_s = _solved_range(people[0], timeline, options)
    times_s = frame_times(people[0], timeline, fps, start_s, end_s)
    lifted: list[tuple[Lifted | None, SingleViews | None]] = []
    for tracks in people:
        checks.check_depth(tracks)
        lifted.append(
            lift_performer(
                tracks,
                timeline,
                calibration.cameras,
                times_s,
                method=options.method,
                device=options.device,
            )
        )
    return lifted


def fit_people(
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    calibration: Calibration,
    lifted: Sequence[Lifted | None],
    options: SolveOptions,
    fps: float,
    progress: Progress,
) -> list[MotionClip]:
    """Everybody's motion, in one world."""
    start_s, end_s = _solved_range(people[0], timeline, options)
    return solve_bodies(
        people,
        timeline,
        calibration,
        fps=fps,
        start_s=start_s,
        end_s=end_s,
        height_m=options.height_m,
        lifted=lifted,
        progress=progress,
    )


def _solved_range(
    tracks: Sequence[Track], timeline: Timeline, options: SolveOptions
) -> tuple[float, float]:
    """The union of the views, or the part of it that was asked for; first video's clock."""
    ends_s = [timeline.to_first(view, track.times_s[[0, -1]]) for view, track in enumerate(tracks)]
    start_s = float(min(first for first, _ in ends_s))
    end_s = float(max(last for _, last in ends_s))
    if options.start_s is not None:
        start_s = max(start_s, options.start_s)
    if options.end_s is not None:
        end_s = min(end_s, options.end_s)
    return start_s, end_s
