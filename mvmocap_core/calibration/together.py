"""One calibration from several performers: cameras of all, bones of each.

The adjustment is the one for a single performer (`calibrate`, `bundle`). Performers share nothing
but the cameras, so each is linearised alone, and their equations for the cameras are added.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mvmocap_core.calibration.bundle import Adjustment, movable_unknowns
from mvmocap_core.calibration.calibrate import MIN_FRAMES, camera_priors
from mvmocap_core.calibration.cameras import Calibration, Cameras
from mvmocap_core.calibration.clocks import CLOCK_ROUNDS, CLOCK_SETTLED_S
from mvmocap_core.calibration.given import GivenFacts, nothing_given
from mvmocap_core.calibration.hypotheses import posed_scene
from mvmocap_core.calibration.normal_equations import NormalEquations
from mvmocap_core.calibration.observations import Observations, choose_moments, observe
from mvmocap_core.calibration.performer import BONE_PAIRS
from mvmocap_core.calibration.scene import N_VIEW, Priors, Scene
from mvmocap_core.calibration.summary import summarise, with_own_noise
from mvmocap_core.calibration.swaps import find_swaps
from mvmocap_core.calibration.terms import linearise
from mvmocap_core.detection.detections import Track
from mvmocap_core.detection.sides import exchange_all
from mvmocap_core.progress import Progress, part, silent
from mvmocap_core.sync.timeline import Timeline

_FREE = ("pose", "focal", "k1", "clock")
_SETTLING_STEPS = 8
_STEPS = 20
_MIN_GAIN = 1e-5
_MAX_DAMPING = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """One performer's observations, and the scene, whose cameras everybody shares.

    tracks: one of each view, left and right put right.
    """

    tracks: Sequence[Track]
    observed: Observations
    scene: Scene


def calibrate_together(
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    starts: Sequence[Calibration],
    *,
    focal_35mm: Sequence[float | None],
    given: GivenFacts | None = None,
    progress: Progress = silent,
) -> Calibration:
    """Refine calibrations that were found from one performer each by everybody's keypoints.

    people: (P) of (V) tracks. timeline: as sync left it. starts: from any of them, the most
    trusted first; the one counts from which everybody's keypoints are explained best.
    Who is hardly ever seen by all views at once has no say. Given poses are kept as they are.
    """
    given = given or nothing_given(len(timeline.offset_s))
    best: tuple[float, Calibration] | None = None
    for number, start in enumerate(starts):
        told = part(progress, number / len(starts), 1.0 / len(starts))
        found = None
        if not given.has_poses:
            found = _from_start(people, timeline, start, focal_35mm, given, told)
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return starts[0] if best is None else best[1]


def _from_start(
    people: Sequence[Sequence[Track]],
    timeline: Timeline,
    start: Calibration,
    focal_35mm: Sequence[float | None],
    given: GivenFacts,
    progress: Progress,
) -> tuple[float, Calibration] | None:
    """Mean cost of a keypoint and the calibration; None where fewer than two have a say."""
    refined = replace(timeline, offset_s=start.offset_s)
    cameras = _straight(start.cameras, given)
    scenes = [_observed(given.straightened(tracks), refined, cameras) for tracks in people]
    group = [person for person in scenes if person is not None]
    if len(group) < 2:
        return None
    prior = camera_priors(group[0].observed, timeline, focal_35mm, given)
    prior = replace(prior, clock_s=timeline.offset_s - start.offset_s)
    progress(0.1, "Fitting everybody to the cameras")
    group = [_settled(person, prior) for person in group]
    progress(0.4, "Adjusting the cameras to everybody")
    group, shift_s, cost = _dated(group, refined, prior)
    prior = replace(prior, clock_s=prior.clock_s - shift_s)
    _, covariance, _ = _adjusted(_with_own_noise(group), prior, n_steps=0)
    lead = group[0]
    n_shared = N_VIEW * len(shift_s) + len(BONE_PAIRS)
    best = Adjustment(lead.scene, 0.0, covariance[:n_shared, :n_shared])
    found = summarise(best, lead.observed, start.offset_s + shift_s, start.margin)
    progress(1.0, "Cameras found")
    n_keypoints = sum(float(person.observed.weight.sum()) for person in group)
    return cost / max(n_keypoints, 1.0), replace(
        given.put_into(found),
        agreement=start.agreement,
        swapped_share=start.swapped_share,
        n_frames=sum(len(person.observed.times_s) for person in group),
    )


def _straight(cameras: Cameras, given: GivenFacts) -> Cameras:
    """The cameras that show what `GivenFacts.straightened` gives."""
    K, dist = cameras.K.copy(), cameras.dist.copy()
    for view in np.flatnonzero(given.has_lens):
        K[view, [0, 1], [0, 1]] = given.lens_focal_px[view]
        K[view, :2, 2] = cameras.image_size[view] / 2.0
        dist[view] = 0.0
    return replace(cameras, K=K, dist=dist)


def _observed(tracks: Sequence[Track], timeline: Timeline, cameras: Cameras) -> _Person | None:
    """A performer with joints triangulated; None where the views hardly ever share them."""
    tracks = exchange_all(tracks, find_swaps(tracks, timeline, cameras))
    times_s = choose_moments(tracks, timeline)
    if len(times_s) < MIN_FRAMES:
        return None
    observed = observe(tracks, timeline, times_s)
    scene = posed_scene(observed, cameras.K[:, 0, 0], cameras.T_cam_world)
    return _Person(tracks, observed, replace(scene, k1=cameras.dist[:, 0].copy()))


def _dated(
    group: Sequence[_Person], timeline: Timeline, prior: Priors
) -> tuple[list[_Person], np.ndarray, float]:
    """Everybody adjusted, looking again at the moments that the better clocks name.

    Returns them with clocks at zero, what was added to the offsets (V,) seconds, and the cost.
    """
    shift_s = np.zeros(len(timeline.offset_s))
    cost = np.inf
    for _ in range(CLOCK_ROUNDS):
        dated = replace(timeline, offset_s=timeline.offset_s + shift_s)
        group = [replace(p, observed=observe(p.tracks, dated, p.observed.times_s)) for p in group]
        prior_left = replace(prior, clock_s=prior.clock_s - shift_s)
        group, _, cost = _adjusted(group, prior_left)
        moved_s = group[0].scene.clock_s
        shift_s = shift_s + moved_s
        still = np.zeros_like(moved_s)
        group = [replace(p, scene=replace(p.scene, clock_s=still)) for p in group]
        if np.abs(moved_s).max() < CLOCK_SETTLED_S:
            break
    return list(group), shift_s, cost


def _with_own_noise(group: Sequence[_Person]) -> list[_Person]:
    return [replace(p, observed=with_own_noise(p.scene, p.observed)) for p in group]


def _settled(person: _Person, prior: Priors) -> _Person:
    """The performer with joints and bones fitted, cameras held."""
    return _adjusted([person], prior, free=(), n_steps=_SETTLING_STEPS)[0][0]


def _adjusted(
    group: Sequence[_Person],
    prior: Priors,
    *,
    free: tuple[str, ...] = _FREE,
    n_steps: int = _STEPS,
) -> tuple[list[_Person], np.ndarray, float]:
    """Levenberg-Marquardt on everybody. Returns them, the covariance of what they share, the cost.

    The covariance's first rows and columns are the cameras', then the bones' of each performer.
    """
    # Everybody's equations hold the cameras' priors, which are to count once.
    many = np.sqrt(len(group))
    prior = replace(
        prior,
        log_focal_std=many * prior.log_focal_std,
        k1_std=many * prior.k1_std,
        clock_std_s=many * prior.clock_std_s,
    )
    movable = movable_unknowns(group[0].scene, free)
    damping = 1e-3
    equations = [linearise(p.scene, p.observed, prior) for p in group]
    for _ in range(n_steps):
        trial = _stepped(group, equations, movable, damping)
        renewed = [linearise(p.scene, p.observed, prior) for p in trial]
        before, after = (sum(e.cost for e in each) for each in (equations, renewed))
        if after < before:
            group, equations, damping = trial, renewed, max(damping * 0.2, 1e-8)
            if 1.0 - after / before < _MIN_GAIN:
                break
        else:
            damping *= 10.0
            if damping > _MAX_DAMPING:
                break
    columns, whole = _columns(group, movable)
    matrix = np.zeros((len(whole), len(whole)))
    for each, rows in zip(equations, columns, strict=True):
        matrix[np.ix_(rows, rows)] += each.reduce(movable, 0.0).matrix
    covariance = np.zeros((len(whole), len(whole)))
    covariance[np.ix_(whole, whole)] = np.linalg.pinv(matrix[np.ix_(whole, whole)], hermitian=True)
    return list(group), covariance, float(sum(each.cost for each in equations))


def _columns(group: Sequence[_Person], movable: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Where each performer's movable unknowns are among everybody's, and which of those move."""
    n_cameras = N_VIEW * len(group[0].scene.t)
    n_bones = len(movable) - n_cameras
    moving = np.flatnonzero(movable)
    columns = [
        np.where(moving < n_cameras, moving, moving + k * n_bones) for k in range(len(group))
    ]
    whole = np.zeros(n_cameras + len(group) * n_bones, dtype=bool)
    whole[np.concatenate(columns)] = True
    return columns, whole


def _stepped(
    group: Sequence[_Person],
    equations: Sequence[NormalEquations],
    movable: np.ndarray,
    damping: float,
) -> list[_Person]:
    reduced = [each.reduce(movable, damping) for each in equations]
    columns, whole = _columns(group, movable)
    matrix, gradient = np.zeros((len(whole), len(whole))), np.zeros(len(whole))
    for each, rows in zip(reduced, columns, strict=True):
        matrix[np.ix_(rows, rows)] += each.matrix + damping * np.diag(each.stiffness)
        gradient[rows] += each.gradient
    step = np.zeros(len(whole))
    step[whole] = -np.linalg.solve(matrix[np.ix_(whole, whole)], gradient[whole])
    moved = []
    for person, each, rows in zip(group, reduced, columns, strict=True):
        shared = np.zeros(len(movable))
        shared[movable] = step[rows]
        scene = person.scene.moved(shared, each.joints(step[rows]))
        moved.append(replace(person, scene=scene))
    return moved
