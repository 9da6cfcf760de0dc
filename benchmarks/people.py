"""`./run bench people`: virtual takes of several performers, against each of them solved alone.

Captured motions are placed together and filmed by two random phones without sound, with the
detector's noise as measured, people hidden behind one another, missed and doubled detections, and
slots that change hands (see `benchmarks/groups.py`). Ours knows nothing, not even how many perform.
First it is told who is who on all takes, which takes a second each; then takes are solved.
*Alone* is the same solver on the same keypoints of one person, told apart by the truth. Then the
real detector looks at composed videos of two (see `benchmarks/duets.py`), at full and half size.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import duets as duet_videos
from benchmarks import people_names
from benchmarks.arguments import bench_parser, section_head
from benchmarks.clips import SCORED_LANDMARKS, Clip, virtual_clip
from benchmarks.groups import ARRANGEMENTS, GroupTake
from benchmarks.motion_capture import SHARED_DATA
from benchmarks.parallel import in_parallel
from benchmarks.scoring import score_solution, solve_clip
from benchmarks.tables import (
    REPOSITORY,
    RESULTS,
    markdown_table,
    show,
    text_table,
    write_section,
)
from mvmocap_core.errors import MocapError
from mvmocap_core.files import write_text
from mvmocap_core.group.performers import find_performers
from mvmocap_core.options import SolveOptions
from mvmocap_core.solving import Solution, solve_people
from mvmocap_core.stabilisation.steady import find_camera_motion

N_EACH = 20
N_QUICK = 2
FIRST = 30
"""Takes of lower numbers were looked at when constants were chosen."""
HEAD = (
    "takes", "n", "solved %", "W together", "alone", "ratio, median",
    "95 %", "rotation deg", "alone", "focal %", "alone", "time / one",
)  # fmt: skip
EXPLANATION = """
*switches*: share of the frames of all tracks that are of somebody else than the rest of the track;
beside it the takes that have none. *count right*: share of the frames in which as many performers
are followed as the detector found. *followed*: share of what the detector found of performers that
is in their track. *clock off*: median error of the offset at which people were told apart, before
it is refined. *solved*: share of the performers whom both views see and who have a motion. W:
W-MPJPE in millimetres, *ratio* that of together over alone, of each performer. Rotation and focal
length: median errors of the cameras. *time*: processor seconds of the solve without the detection,
over those of its first performer alone. The constants of the tracker and of the matching were
chosen on takes of other numbers, but of the same arrangements and motions; that tracks have to be
cut and names exchanged back was seen on take "apart 30", of which no constant was taken. How
clearly somebody has to be seen in a closer look was set on the clip that the videos are composed
from.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("people", __doc__, "few takes, about 5 minutes")
    parser.add_argument("--jobs", type=int, help="processes; default: one a core")
    options = parser.parse_args(arguments)
    if not (SHARED_DATA / "cmu").is_dir():
        print("../shared/data/cmu is absent: nobody to film", file=sys.stderr)
        return 2
    who = _gather(_result_of_identities, N_EACH, options)
    solved = _gather(_result, N_QUICK if options.quick else N_EACH, options)
    tables = [
        (people_names.HEAD, _rows(people_names.cells, who)),
        (HEAD, _rows(_cells, solved)),
        (duet_videos.HEAD, duet_videos.measure(SHARED_DATA / "synth" / "walk")),
    ]
    print("\n\n".join(text_table(*table) for table in tables))
    if options.write_docs:
        head = section_head("Several people", "people", options.quick)
        about = "\n".join((__doc__ or "").splitlines()[2:])
        body = [head, about.strip(), EXPLANATION.strip()]
        write_section("people", "\n\n".join([*body, *(markdown_table(*t) for t in tables)]))
    return 0


Results = dict[str, list[dict[str, Any]]]


def _gather(
    measure: Callable[[str, int, bool], dict[str, Any]], n_each: int, options: argparse.Namespace
) -> Results:
    """Results by arrangement; every one is told when it is there."""
    jobs = [(name, i, options.again) for i in range(FIRST, FIRST + n_each) for name in ARRANGEMENTS]
    results: Results = {name: [] for name in ARRANGEMENTS}
    for (name, *_), result in zip(jobs, in_parallel(measure, jobs, options.jobs), strict=True):
        results[name].append(result)
        print(f"  {_headline(result)}", file=sys.stderr, flush=True)
    return results


def _rows(
    cells: Callable[[str, Sequence[dict[str, Any]]], list[str]], results: Results
) -> list[list[str]]:
    rows = [cells(name, each) for name, each in results.items()]
    return [*rows, cells("all", [result for each in results.values() for result in each])]


def _measure(arrangement: str, number: int) -> dict[str, Any]:
    take = people_names.film(arrangement, number)
    result: dict[str, Any] = {"name": f"{arrangement} {number}"}
    start_s = time.process_time()
    fps = float(1.0 / np.median(np.diff(take.detections[0].times_s)))
    try:
        moved = [find_camera_motion(found) for found in take.detections]
        found = find_performers(take.detections, moved, 0)
        result.update(people_names.identities(take, found.people))
        solution = solve_people(
            found.people,
            (None, None),
            SolveOptions(people=0),
            fps=fps,
            focal_35mm=(None, None),
            matched_s=found.offset_s,
        )
    except MocapError as error:
        return {**result, "refused": error.reason}
    result["together_s"] = time.process_time() - start_s
    result["people"] = [
        _against_alone(_clip(take, owner, fps), _of_person(solution, person))
        for person, owner in enumerate(result["owners"])
    ]
    return result


def _clip(take: GroupTake, person: int, fps: float) -> Clip:
    return virtual_clip(
        f"person {person}",
        "",
        take.tracks[person],
        take.cameras,
        take.offset_s,
        take.truth_m[:, person, SCORED_LANDMARKS],
        fps=fps,
    )


def _of_person(solution: Solution, person: int) -> Solution:
    fits, motions = solution.fits[person : person + 1], solution.motions[person : person + 1]
    return Solution(solution.timeline, solution.calibration, fits, motions)


def _against_alone(clip: Clip, together: Solution) -> dict[str, Any]:
    start_s = time.process_time()
    scores = {"together": _scores(clip, together)}
    try:
        alone = solve_clip(clip)
    except MocapError as error:
        return {**scores, "refused": error.reason}
    seconds = time.process_time() - start_s
    return {**scores, "alone": _scores(clip, alone), "alone_s": seconds}


def _scores(clip: Clip, solution: Solution) -> dict[str, Any]:
    scores = score_solution(clip, solution)
    landmarks: dict[str, float] = scores["landmarks"]  # type: ignore[assignment]
    kept = ("rotation_error_deg", "focal_error", "offset_error_ms")
    return {"w_mm": landmarks["w_mpjpe_mm"], **{name: scores[name] for name in kept}}


def _result_of_identities(arrangement: str, number: int, again: bool) -> dict[str, Any]:
    name = f"who-{_code_key(_WHO)}-{arrangement}-{number}"
    return _kept(name, again, lambda: people_names.measure_names(arrangement, number))


def _result(arrangement: str, number: int, again: bool) -> dict[str, Any]:
    name = f"{_code_key((*_WHO, *_SOLVE))}-{arrangement}-{number}"
    return _kept(name, again, lambda: _measure(arrangement, number))


def _kept(name: str, again: bool, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    path = RESULTS / "people" / f"{name}.json"
    if path.exists() and not again:
        return json.loads(path.read_text(encoding="utf-8"))
    result = measure()
    write_text(path, json.dumps(result))
    return result


_WHO = ("geometry", "group", "people", "sync")
_SOLVE = ("body", "calibration", "motion")


def _code_key(folders: Sequence[str]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    core = REPOSITORY / "mvmocap_core"
    digest.update((core / "solving.py").read_bytes())
    for folder in folders:
        for source in sorted((core / folder).rglob("*.py")):
            digest.update(source.read_bytes())
    for name in (
        "clips",
        "groups",
        "motion_capture",
        "people",
        "people_names",
        "scoring",
        "synthetic",
    ):
        digest.update((REPOSITORY / "benchmarks" / f"{name}.py").read_bytes())
    return digest.hexdigest()


def _headline(result: dict[str, Any]) -> str:
    if "refused" in result:
        return f"{result['name']}: refused ({result['refused']})"
    switched = f"{100 * result['switches']:.1f} % switched"
    if "people" not in result:
        return f"{result['name']}: {switched}, {100 * result['followed']:.0f} % followed"
    pairs = [
        (each["together"]["w_mm"], each["alone"]["w_mm"] if "alone" in each else np.nan)
        for each in result["people"]
    ]
    people = ", ".join(f"{together:.1f} ({alone:.1f})" for together, alone in pairs)
    return f"{result['name']}: {people} mm, {switched}"


def _cells(name: str, results: Sequence[dict[str, Any]]) -> list[str]:
    solved = [r for r in results if "people" in r]
    pairs = [p for r in solved for p in r["people"] if "alone" in p]
    expected = sum(len(r.get("expected", ())) for r in results)
    found = sum(len(set(r["expected"]) & set(r["owners"])) for r in solved)
    w = {who: np.array([p[who]["w_mm"] for p in pairs]) for who in ("together", "alone")}
    ratio = w["together"] / w["alone"]
    rotation, focal = (
        {who: [error(p[who]) for p in pairs] for who in w} for error in (_rotation, _focal)
    )
    seconds = [
        r["together_s"] / r["people"][0]["alone_s"] for r in solved if "alone_s" in r["people"][0]
    ]

    def middle(values: Sequence[float] | np.ndarray, digits: int = 1) -> str:
        return show(float(np.median(values)), digits) if len(values) else ""

    return [
        name,
        str(len(results)),
        show(100.0 * found / expected, 0) if expected else "",
        middle(w["together"]),
        middle(w["alone"]),
        middle(ratio, 2),
        show(float(np.percentile(ratio, 95)), 2) if len(ratio) else "",
        middle(rotation["together"]),
        middle(rotation["alone"]),
        middle(focal["together"]),
        middle(focal["alone"]),
        middle(seconds, 2),
    ]


def _rotation(scores: dict[str, Any]) -> float:
    return float(scores["rotation_error_deg"])


def _focal(scores: dict[str, Any]) -> float:
    return 100.0 * max(abs(error) for error in scores["focal_error"])
