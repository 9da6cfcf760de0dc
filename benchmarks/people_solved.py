"""Virtual takes of several people solved, and each of the people solved alone."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import people_names
from benchmarks.clips import SCORED_LANDMARKS, Clip, virtual_clip
from benchmarks.groups import GroupTake
from benchmarks.scoring import score_solution, solve_clip
from benchmarks.tables import show
from mvmocap_core.errors import MocapError
from mvmocap_core.options import SolveOptions
from mvmocap_core.solving import Solution, solve_people

HEAD = (
    "takes", "n", "solved %", "people", "W together", "alone", "ratio, median", "95 %", "worst",
    "within 1.15 %", "rotation deg", "alone", "worse %", "focal %", "alone", "worse %",
)  # fmt: skip
MOST = 1.15
"""How much worse than alone a person may be solved."""


def solve_together(arrangement: str, number: int) -> dict[str, Any]:
    """Everybody of a take, solved at once: whose each motion is and how far it is off."""
    take = people_names.film(arrangement, number)
    result: dict[str, Any] = {"name": f"{arrangement} {number}"}
    start_s = time.process_time()
    try:
        found = people_names.told_apart(take, 0)
        result.update(people_names.identities(take, found.people))
        solution = solve_people(
            found.people,
            (None, None),
            SolveOptions(people=0),
            fps=take.fps,
            focal_35mm=(None, None),
            matched_s=found.offset_s,
        )
    except MocapError as error:
        return {**result, "refused": error.reason}
    result["seconds"] = time.process_time() - start_s
    result["people"] = {
        owner: _scores(clip_of(take, owner), _of_person(solution, number))
        for number, owner in enumerate(result["owners"][person] for person in solution.solved)
    }
    return result


def solve_alone(arrangement: str, number: int) -> dict[str, Any]:
    """Each performer of a take whom both views see, solved as if nobody else were there."""
    take = people_names.film(arrangement, number)
    alone: dict[int, dict[str, Any]] = {}
    for person in people_names.expected(take):
        clip, start_s = clip_of(take, person), time.process_time()
        try:
            solution = solve_clip(clip)
        except MocapError as error:
            alone[person] = {"refused": error.reason}
        else:
            seconds = time.process_time() - start_s
            alone[person] = {**_scores(clip, solution), "seconds": seconds}
    return {"name": f"{arrangement} {number}", "people": alone}


def compared(together: dict[str, Any], alone: dict[str, Any]) -> dict[str, Any]:
    """The result of a take with that of each person alone beside their own, in "pairs"."""
    own = {int(person): scores for person, scores in together.get("people", {}).items()}
    others = {int(person): scores for person, scores in alone["people"].items()}
    pairs = [
        (own[person], others[person])
        for person in sorted(own.keys() & others.keys())
        if "refused" not in others[person]
    ]
    return {**together, "expected": list(others), "solved": list(own), "pairs": pairs}


def clip_of(take: GroupTake, person: int) -> Clip:
    """What both videos show of one person, and the truth."""
    truth_m = take.truth_m[:, person, SCORED_LANDMARKS]
    tracks = take.tracks[person]
    return virtual_clip(f"person {person}", "", tracks, take.cameras, take.offset_s, truth_m)


def _of_person(solution: Solution, person: int) -> Solution:
    fits, motions = solution.fits[person : person + 1], solution.motions[person : person + 1]
    return Solution(solution.timeline, solution.calibration, fits, motions)


def _scores(clip: Clip, solution: Solution) -> dict[str, Any]:
    scores = score_solution(clip, solution)
    landmarks: dict[str, float] = scores["landmarks"]  # type: ignore[assignment]
    kept = ("rotation_error_deg", "focal_error", "offset_error_ms")
    return {"w_mm": landmarks["w_mpjpe_mm"], **{name: scores[name] for name in kept}}


def headline(result: dict[str, Any]) -> str:
    """A line about a take that was `compared`."""
    if "refused" in result:
        return f"{result['name']}: refused ({result['refused']})"
    people = ", ".join(f"{own['w_mm']:.1f} ({one['w_mm']:.1f})" for own, one in result["pairs"])
    return f"{result['name']}: {people} mm"


def cells(name: str, results: Sequence[dict[str, Any]]) -> list[str]:
    """A row below `HEAD` from takes that were `compared`."""
    pairs = [pair for result in results for pair in result["pairs"]]
    expected = sum(len(result["expected"]) for result in results)
    found = sum(len({*result["expected"]} & {*result["solved"]}) for result in results)
    first = [name, str(len(results)), _percent(found / expected) if expected else ""]
    if not pairs:
        return [*first, *[""] * (len(HEAD) - len(first))]
    w_mm, rotation, focal = (
        np.array([[error(scores) for scores in pair] for pair in pairs])
        for error in (_w_mm, _rotation_deg, _focal_percent)
    )
    ratio = w_mm[:, 0] / w_mm[:, 1]
    return [
        *first,
        str(len(pairs)),
        *(show(float(each)) for each in np.median(w_mm, axis=0)),
        *(show(float(np.percentile(ratio, share)), 2) for share in (50, 95, 100)),
        _percent(float((ratio <= MOST).mean())),
        *_cameras(rotation),
        *_cameras(focal),
    ]


def _cameras(errors: np.ndarray) -> list[str]:
    """Medians of (N, 2) errors, together and alone, and how often together is the worse one."""
    medians = [show(float(each)) for each in np.median(errors, axis=0)]
    return [*medians, _percent(float((errors[:, 0] > errors[:, 1]).mean()))]


def _percent(share: float) -> str:
    return show(100.0 * share, 0)


def _w_mm(scores: dict[str, Any]) -> float:
    return float(scores["w_mm"])


def _rotation_deg(scores: dict[str, Any]) -> float:
    return float(scores["rotation_error_deg"])


def _focal_percent(scores: dict[str, Any]) -> float:
    return 100.0 * max(abs(error) for error in scores["focal_error"])
