"""One calibration from several performers: cameras of all, bones of each.

The adjustment is the one for a single performer (`calibrate`, `bundle`), of all at once.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from mvmocap_core.calibration.bundle import adjust
from mvmocap_core.calibration.calibrate import MIN_FRAMES, camera_priors, doubts
from mvmocap_core.calibration.cameras import Calibration, Cameras
from mvmocap_core.calibration.clocks import Look, adjust_clocks
from mvmocap_core.calibration.given import GivenFacts, nothing_given
from mvmocap_core.calibration.hypotheses import posed_scene
from mvmocap_core.calibration.observations import choose_moments, observe
from mvmocap_core.calibration.scene import Scene
from mvmocap_core.calibration.summary import summarise
from mvmocap_core.calibration.swaps import find_swaps
from mvmocap_core.detection.detections import Track
from mvmocap_core.detection.sides import exchange_all
from mvmocap_core.progress import Progress, part, silent
from mvmocap_core.sync.timeline import Timeline

_FREE = ("pose", "focal", "k1")
_SETTLING_STEPS = 8
_STEPS = 20


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
    placed = [_placed(given.straightened(tracks), refined, cameras) for tracks in people]
    group = [person for person in placed if person is not None]
    if len(group) < 2:
        return None
    looks = [look for look, _ in group]
    observed = [look(refined) for look in looks]
    priors = camera_priors(observed[0], timeline, focal_35mm, given)
    priors = replace(priors, clock_s=timeline.offset_s - start.offset_s)
    progress(0.1, "Fitting everybody to the cameras")
    scenes = [
        adjust(scene, seen, priors, free=(), n_steps=_SETTLING_STEPS).scene
        for (_, scene), seen in zip(group, observed, strict=True)
    ]
    progress(0.4, "Adjusting the cameras to everybody")
    best, offset_s = adjust_clocks(looks, refined, priors, scenes, _FREE, n_steps=_STEPS)
    observed = [look(replace(refined, offset_s=offset_s)) for look in looks]
    unsure, alone = doubts(best.scenes, observed, timeline, focal_35mm, given, _FREE)
    found = summarise(unsure, observed[0], offset_s, start.margin, alone=alone)
    progress(1.0, "Cameras found")
    n_keypoints = sum(float(seen.weight.sum()) for seen in observed)
    return best.cost / max(n_keypoints, 1.0), replace(
        given.put_into(found),
        agreement=start.agreement,
        swapped_share=start.swapped_share,
        n_frames=sum(len(seen.times_s) for seen in observed),
    )


def _straight(cameras: Cameras, given: GivenFacts) -> Cameras:
    """The cameras that show what `GivenFacts.straightened` gives."""
    K, dist = cameras.K.copy(), cameras.dist.copy()
    for view in np.flatnonzero(given.has_lens):
        K[view, [0, 1], [0, 1]] = given.lens_focal_px[view]
        K[view, :2, 2] = cameras.image_size[view] / 2.0
        dist[view] = 0.0
    return replace(cameras, K=K, dist=dist)


def _placed(
    tracks: Sequence[Track], timeline: Timeline, cameras: Cameras
) -> tuple[Look, Scene] | None:
    """A performer with joints triangulated; None where the views hardly ever share them."""
    tracks = exchange_all(tracks, find_swaps(tracks, timeline, cameras))
    times_s = choose_moments(tracks, timeline)
    if len(times_s) < MIN_FRAMES:
        return None
    look = partial(observe, tracks, times_s=times_s)
    scene = posed_scene(look(timeline), cameras.K[:, 0, 0], cameras.T_cam_world)
    return look, replace(scene, k1=cameras.dist[:, 0].copy())
