"""Cameras from the performer alone: start from several guesses, adjust, keep the best."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mvmocap_core.calibration.bundle import Adjustment, adjust, adjust_together
from mvmocap_core.calibration.cameras import Calibration
from mvmocap_core.calibration.clocks import adjust_clocks, search_clocks
from mvmocap_core.calibration.given import GivenFacts, nothing_given
from mvmocap_core.calibration.hypotheses import posed_scene, starting_scenes
from mvmocap_core.calibration.lenses import LENS_LOG_STD, likely_focals
from mvmocap_core.calibration.observations import Observations, choose_moments, observe
from mvmocap_core.calibration.scene import Priors, Scene
from mvmocap_core.calibration.summary import summarise, with_own_noise
from mvmocap_core.calibration.swaps import find_swaps
from mvmocap_core.calibration.terms import K1_STD
from mvmocap_core.detection.detections import Track
from mvmocap_core.detection.sides import exchange_all
from mvmocap_core.errors import UnsolvableError
from mvmocap_core.geometry.rotations import rotation_angle_deg
from mvmocap_core.progress import Progress, silent
from mvmocap_core.sync.timeline import CERTAIN, Timeline

TRUST_IN_ROOMS = 2.5
"""While cameras are adjusted, rooms count as so much surer than they are. What a detector gets
wrong in the same way in all frames of a view bends cameras by two to three times what the noise of
its keypoints tells; edges of a room have no part in that."""
OFFSET_STD_S = {"audio": 0.004, "motion": 0.03}
"""Least doubt about an offset. Sound takes 3 ms a metre; of motion this fit is the better judge."""
MIN_FRAMES = 10
N_FINALISTS = 3
SAME_ROTATION_DEG = 10.0
SWAP_ROUNDS = 2
SAME_OFFSET_S = 0.08
COST_GAIN = 38.0
"""Log odds of an offset for each unit of log cost of its adjustment, beside what movements tell: a
conditional logistic fit to virtual walks (71 ambiguous ones, which gave the latter a weight of 1).
A stride off, adjustments cost 0.9 to 1.2 times as much."""
CERTAIN_ODDS = float(np.log(19.0))
"""Log odds against the next one from which an offset is certain: one in twenty is wrong."""


def calibrate(
    tracks: Sequence[Track],
    timeline: Timeline,
    *,
    focal_35mm: Sequence[float | None],
    given: GivenFacts | None = None,
    progress: Progress = silent,
) -> Calibration:
    """Find poses, focal lengths, k1 and the clocks' offsets of all views.

    focal_35mm: (V,) 35 mm equivalent focal length where a file tells it, else None.
    given:      what the user knows, which is kept, and what the rooms tell; the rest is found.
    Frames in which the detector exchanged left and right are found on the way and counted the
    right way round; `swaps.find_swaps` names them again for the cameras returned.

    Raises UnsolvableError if the views hardly see the performer at the same moments.
    """
    progress(0.0, "Looking at what both views saw")
    given = given or nothing_given(len(tracks))
    tracks = given.straightened(tracks)
    swapped = [np.zeros((len(track.times_s), 2), dtype=bool) for track in tracks]
    timeline, calibration = _dated(tracks, timeline, focal_35mm, given, progress)
    for _ in range(SWAP_ROUNDS):
        refined = replace(timeline, offset_s=calibration.offset_s)
        found = find_swaps(tracks, refined, calibration.cameras)
        if all(np.array_equal(a, b) for a, b in zip(swapped, found, strict=True)):
            break
        swapped = found
        exchanged = exchange_all(tracks, swapped)
        calibration, _ = _calibrate(exchanged, timeline, focal_35mm, given, progress)
    progress(1.0, "Cameras found")
    return replace(
        given.put_into(calibration),
        agreement=timeline.agreement,
        swapped_share=np.array([s.any(axis=1).mean() for s in swapped]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """An adjustment at a time line's offsets.

    cost: of every sample; log_odds: what movements tell of the offset that is tried.
    """

    timeline: Timeline
    calibration: Calibration
    cost: float
    log_odds: float = 0.0

    @property
    def odds(self) -> float:
        return self.log_odds - COST_GAIN * float(np.log(self.cost))


def _dated(
    tracks: Sequence[Track],
    timeline: Timeline,
    focal_35mm: Sequence[float | None],
    given: GivenFacts,
    progress: Progress,
) -> tuple[Timeline, Calibration]:
    """The time line with the offsets that adjust best, and the calibration with them.

    One fundamental matrix can fit a walk a stride off; constant bones and the accuracy of
    thousands of keypoints mostly cannot. What the movements tell weighs in.
    """
    best = _Trial(timeline, *_calibrate(tracks, timeline, focal_35mm, given, progress))
    for view in np.flatnonzero(timeline.agreement < CERTAIN):
        trials = [replace(best, log_odds=0.0)]
        rivals = np.stack([timeline.rivals_s[view], timeline.rivals_odds[view]], axis=1)
        for rival_s, log_odds in rivals[np.isfinite(rivals).all(axis=1)]:
            rival = replace(best.timeline, offset_s=_with(best.timeline.offset_s, view, rival_s))
            if len(choose_moments(tracks, rival)) >= MIN_FRAMES:
                found = _calibrate(tracks, rival, focal_35mm, given, progress)
                trials.append(_Trial(rival, *found, log_odds))
        best = max(trials, key=lambda trial: trial.odds)
        own_s = best.calibration.offset_s[view]
        others = [
            trial.odds
            for trial in trials
            if abs(trial.calibration.offset_s[view] - own_s) > SAME_OFFSET_S
        ]
        if others:
            sure = 1.0 - (1.0 - CERTAIN) ** ((best.odds - max(others)) / CERTAIN_ODDS)
            agreement = _with(best.timeline.agreement, view, sure)
            best = replace(best, timeline=replace(best.timeline, agreement=agreement))
    return best.timeline, best.calibration


def _with(values: np.ndarray, index: int, value: float) -> np.ndarray:
    changed = values.copy()
    changed[index] = value
    return changed


def _calibrate(
    tracks: Sequence[Track],
    timeline: Timeline,
    focal_35mm: Sequence[float | None],
    given: GivenFacts,
    progress: Progress,
) -> tuple[Calibration, float]:
    """A calibration and its robust cost for every independent keypoint."""
    times_s = choose_moments(tracks, timeline)
    if len(times_s) < MIN_FRAMES:
        raise UnsolvableError(
            "The views show the performer together in fewer than "
            f"{MIN_FRAMES} frames: film longer, with the whole body in both views.",
            reason="too_few_common_frames",
        )
    look = partial(observe, tracks, times_s=times_s)
    observed = look(timeline)
    priors = camera_priors(observed, timeline, focal_35mm, given)
    ranked = _search(observed, priors, given, progress)
    progress(0.7, "Adjusting lenses and clocks")
    free = ("focal", "k1") if given.has_poses else ("pose", "focal", "k1")
    scene = ranked[0].scene
    timeline, searched_std_s = search_clocks(look, timeline, priors, scene, free)
    priors = replace(priors, clock_std_s=clock_std_s(timeline))
    best, offset_s = adjust_clocks([look], timeline, priors, [scene], free, n_steps=15)
    observed = look(replace(timeline, offset_s=offset_s))
    unsure, alone = doubts(best.scenes, [observed], timeline, focal_35mm, given, free)
    calibration = summarise(unsure, observed, offset_s, _margin(ranked), alone=alone)
    std_s = np.maximum(calibration.offset_std_s, searched_std_s)
    return replace(calibration, offset_std_s=std_s), best.cost / observed.n_samples


def doubts(
    scenes: Sequence[Scene],
    observed: Sequence[Observations],
    timeline: Timeline,
    focal_35mm: Sequence[float | None],
    given: GivenFacts,
    free: tuple[str, ...],
) -> tuple[Adjustment, Adjustment]:
    """Adjusted scenes (P) with the doubt that the take's own noise leaves.

    With rooms as sure as they are, and by the performers alone.
    """
    own = [with_own_noise(*pair) for pair in zip(scenes, observed, strict=True)]
    unsure, alone = (
        adjust_together(scenes, own, priors, free=(*free, "clock"), n_steps=0)
        for priors in (
            camera_priors(observed[0], timeline, focal_35mm, facts, trust=1.0)
            for facts in (given, given.without_rooms())
        )
    )
    return unsure, alone


def camera_priors(
    observed: Observations,
    timeline: Timeline,
    focal_35mm: Sequence[float | None],
    given: GivenFacts,
    *,
    trust: float = TRUST_IN_ROOMS,
) -> Priors:
    """What is likely of lenses, clocks and turns before the performer is looked at."""
    log_focal, std = likely_focals(observed.image_size, focal_35mm, given, trust=trust)
    n_views = len(log_focal)
    return Priors(
        log_focal=log_focal,
        log_focal_std=std,
        k1_std=np.where(given.has_lens, LENS_LOG_STD, K1_STD),
        clock_s=np.zeros(n_views),
        clock_std_s=clock_std_s(timeline),
        room_axes=given.room_axes,
        room_std_rad=np.array([room.axes_std_rad for room in given.rooms]) / trust,
    )


def clock_std_s(timeline: Timeline) -> np.ndarray:
    """(V,) how far the time line's offsets may be off, seconds."""
    least = [OFFSET_STD_S.get(str(method), 1e-3) for method in timeline.method]
    return np.maximum(timeline.offset_std_s, least)


def _search(
    observed: Observations, priors: Priors, given: GivenFacts, progress: Progress
) -> list[Adjustment]:
    """All hypotheses, adjusted; the best few with their focal lengths, best first."""
    if given.has_poses:
        scene = posed_scene(observed, np.exp(priors.log_focal), given.poses)
        return [adjust(scene, observed, priors, free=(), n_steps=15)]
    starts = starting_scenes(observed, priors)
    rough: list[Adjustment] = []
    for k, scene in enumerate(starts):
        progress(0.5 * k / len(starts), f"Trying camera position {k + 1} of {len(starts)}")
        rough.append(adjust(scene, observed, priors, free=("pose",), n_steps=8))
    rough.sort(key=lambda a: a.cost)
    finalists: list[Adjustment] = []
    for k, candidate in enumerate(rough[:N_FINALISTS]):
        progress(0.5 + 0.2 * k / N_FINALISTS, "Adjusting focal lengths")
        finalists.append(
            adjust(candidate.scene, observed, priors, free=("pose", "focal"), n_steps=25)
        )
    finalists.sort(key=lambda a: a.cost)
    return finalists + rough[N_FINALISTS:]


def _margin(ranked: list[Adjustment]) -> float:
    """Relative gain of the best over the best that turns a camera elsewhere."""
    best = ranked[0]
    others = [
        a.cost
        for a in ranked[1:]
        if rotation_angle_deg(best.scene.R.transpose(0, 2, 1) @ a.scene.R).max() > SAME_ROTATION_DEG
    ]
    return float(min(others) / best.cost - 1.0) if others else 1.0
