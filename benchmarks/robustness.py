"""`./run bench robustness`: hundreds of virtual takes, and takes that cannot be solved.

Motions are of subjects that nothing was tuned on, filmed by two random phones 45 to 170 degrees
apart, with the detector's noise as measured; most are short walks, and phones *without sound* must
find the stride by motion alone. Ours knows nothing; *true* is plain triangulation with the true
cameras and the true offset. In *swapped third* about a third of one view's frames have left and
right exchanged. The other groups are degenerate: nothing may call them good.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.arguments import bench_parser, section_head
from benchmarks.clips import SCORED_LANDMARKS, Clip, virtual_clip
from benchmarks.kept import SOLVER, code_key, kept
from benchmarks.motion_capture import SHARED_DATA, MotionCapture, load_motions
from benchmarks.parallel import in_parallel
from benchmarks.phone_pairs import record_pair
from benchmarks.scoring import (
    RADIUS_HEAD,
    radius_cells,
    score_solution,
    score_triangulation,
    solve_clip,
)
from benchmarks.synthetic import Difficulty, make_take
from benchmarks.tables import (
    RESULTS,
    markdown_table,
    show,
    text_table,
    write_section,
)
from mvmocap_core.errors import MocapError
from mvmocap_core.options import SolveOptions
from mvmocap_core.report.evidence import Evidence, movement_m
from mvmocap_core.report.verdict import judge

GROUPS = {
    "good takes": 100,
    "without sound": 100,
    "swapped third": 25,
    "one place": 20,
    "opposite, not turning": 15,
    "still person": 15,
}
N_QUICK = {name: max(3, n // 15) for name, n in GROUPS.items()}
SWAPPED_SHARE = 0.4
OPPOSITE_DEG = (176.0, 180.0)
ONE_PLACE_DEG = (0.0, 3.0)
ONE_HEIGHT_M = (1.3, 1.36)
STILL_S = 6.0
_FILMING = (
    "clips", "motion_capture", "phone_pairs", "robustness", "scoring", "sounds", "synthetic",
)  # fmt: skip
HEAD = (
    "takes", "n", "ours W", "true W", "ratio, median", "95 %", "ours <= true %",
    "worse, flagged %", "good %", "check %", "unusable %", "refused %",
    "rotation deg, median", "95 %", "focal %, median", *RADIUS_HEAD,
)  # fmt: skip
EXPLANATION = """
W: W-MPJPE in millimetres, median over takes. *worse, flagged*: of the takes in which ours is worse
than *true*, the share that the verdict does not call good. *error_m holds*: share of joints nearer
to the truth than `error_m`, which is meant to be 68 %, of all and of every limb.
*refused*: exit 2 with a reason.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("robustness", __doc__, "few takes, under 5 minutes")
    parser.add_argument("--split", default="val", choices=("val", "dev"), help="whose motions")
    options = parser.parse_args(arguments)
    if not (SHARED_DATA / "cmu").is_dir():
        print("../shared/data/cmu is absent: nothing to film", file=sys.stderr)
        return 2
    counts = N_QUICK if options.quick else GROUPS
    jobs = [
        (group, options.split, i, options.again) for group, n in counts.items() for i in range(n)
    ]
    results: dict[str, list[dict[str, Any]]] = {group: [] for group in counts}
    for (group, *_), result in zip(jobs, in_parallel(_result, jobs), strict=True):
        results[group].append(result)
        print(f"  {group}: {_headline(result)}", file=sys.stderr, flush=True)
    rows = [_cells(group, each) for group, each in results.items()]
    print(text_table(HEAD, rows))
    if options.write_docs:
        head = section_head("Robustness", "robustness", options.quick)
        about = "\n".join((__doc__ or "").splitlines()[2:])
        write_section("robustness", "\n\n".join([head, about, EXPLANATION, _table(rows)]))
    return 0


def _table(rows: list[list[str]]) -> str:
    return markdown_table(HEAD, rows)


def film(group: str, split: str, number: int) -> Clip:
    """The take `number` of a group, always the same."""
    rng = np.random.default_rng([number, len(group)])
    motions = load_motions(split)
    motion = motions[number % len(motions)]
    difficulty = Difficulty()
    if group == "swapped third":
        difficulty = replace(difficulty, swapped_share=SWAPPED_SHARE)
    if group == "one place":
        difficulty = replace(difficulty, angle_deg=ONE_PLACE_DEG, height_m=ONE_HEIGHT_M)
    if group == "opposite, not turning":
        motion = _facing(motion)
        middle_m = float(np.median(motion.landmarks_m[:, 23:25, 2]))  # else both look down on it
        difficulty = replace(difficulty, angle_deg=OPPOSITE_DEG, height_m=(middle_m, middle_m))
    if group == "still person":
        motion = _still(rng, motion)
    take = make_take(rng, motion, difficulty)
    return virtual_clip(
        f"{group} {number}: {take.motion}",
        group,
        take.tracks,
        take.cameras,
        take.offset_s,
        take.truth_joints_m[:, SCORED_LANDMARKS],
        sounds=record_pair(take, number) if group == "good takes" else (None, None),
    )


def _facing(motion: MotionCapture) -> MotionCapture:
    """The motion with every turn about the vertical, and every step, taken out."""
    points = motion.landmarks_m - motion.landmarks_m[:, 23:25].mean(axis=1, keepdims=True)
    across = motion.landmarks_m[:, 23] - motion.landmarks_m[:, 24]
    angle = -np.arctan2(across[:, 1], across[:, 0])
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = points[..., 0], points[..., 1]
    height = motion.landmarks_m[..., 2]
    turned = np.stack([cosine * x - sine * y, sine * x + cosine * y, height], axis=-1)
    return replace(motion, landmarks_m=turned)


def _still(rng: np.random.Generator, motion: MotionCapture) -> MotionCapture:
    """Somebody who stands in one pose of the motion and sways by millimetres."""
    n_frames = round(STILL_S * motion.fps)
    pose = motion.landmarks_m[rng.integers(len(motion.landmarks_m))]
    phase = rng.uniform(0.0, 2.0 * np.pi, 3) + 1.5 * np.arange(n_frames)[:, None] / motion.fps
    sway = 0.003 * np.sin(phase)[:, None]
    return replace(motion, landmarks_m=pose + sway)


def _measure(clip: Clip) -> dict[str, Any]:
    result: dict[str, Any] = {"name": clip.name}
    result["true"] = score_triangulation(clip, clip.cameras)["landmarks"]
    try:
        solution = solve_clip(clip)
    except MocapError as error:
        result["refused"] = error.reason
        return result
    evidence = Evidence(
        (), clip.tracks, solution.timeline, solution.calibration, solution.fit, SolveOptions()
    )
    verdict = judge(evidence)
    result["verdict"], result["reasons"] = verdict.grade, list(verdict.reasons)
    result["ours"] = score_solution(clip, solution)
    result["measures"] = _measures(evidence)
    return result


def _measures(evidence: Evidence) -> dict[str, float]:
    """What the verdict is made of."""
    calibration = evidence.calibration
    return {
        "view_angle_deg": calibration.view_angle_deg,
        "rotation_std_deg": calibration.rotation_std_deg,
        "focal_std": float(calibration.focal_std.max()),
        "margin": calibration.margin,
        "bone_variation": calibration.bone_variation,
        "reprojection_rel": float(calibration.reprojection_rel.max()),
        "offset_std_s": float(calibration.offset_std_s.max()),
        "agreement": float(calibration.agreement.min()),
        "movement_m": movement_m(evidence.motion),
    }


def _result(group: str, split: str, number: int, again: bool) -> dict[str, Any]:
    key = code_key(*SOLVER, *(f"benchmarks/{name}.py" for name in _FILMING))
    path = RESULTS / "robustness" / f"{key}-{split}-{group.replace(', ', '-')}-{number}.json"
    return kept(path, lambda: _measure(film(group, split, number)), again=again)


def _headline(result: dict[str, Any]) -> str:
    if "refused" in result:
        return f"refused ({result['refused']}), {result['name']}"
    ours, true = (_w(result[who]) for who in ("ours", "true"))
    reasons = ", ".join(result["reasons"])
    return f"{ours:5.1f} mm, true {true:5.1f}, {result['verdict']} {reasons}; {result['name']}"


def _w(score: dict[str, Any]) -> float:
    return score.get("landmarks", score)["w_mpjpe_mm"]


def _cells(group: str, results: list[dict[str, Any]]) -> list[str]:
    solved = [r for r in results if "ours" in r]
    ours = np.array([_w(r["ours"]) for r in solved])
    true = np.array([_w(r["true"]) for r in solved])
    ratio = ours / true
    grades = [r.get("verdict", "refused") for r in results]
    flagged = [r["verdict"] != "good" for r, x in zip(solved, ratio, strict=True) if x > 1.0]
    rotation = [r["ours"]["rotation_error_deg"] for r in solved]
    focal = [100.0 * max(abs(f) for f in r["ours"]["focal_error"]) for r in solved]

    def percentile(values: Sequence[float] | np.ndarray, q: float, digits: int = 1) -> str:
        return show(float(np.percentile(values, q)), digits) if len(values) else ""

    return [
        group,
        str(len(results)),
        percentile(ours, 50),
        percentile(true, 50),
        percentile(ratio, 50, 2),
        percentile(ratio, 95, 2),
        show(100.0 * float(np.mean(ratio <= 1.0)), 0) if solved else "",
        show(100.0 * float(np.mean(flagged)), 0) if flagged else "",
        *(
            show(100.0 * grades.count(grade) / len(grades), 0)
            for grade in ("good", "check", "unusable", "refused")
        ),
        percentile(rotation, 50),
        percentile(rotation, 95),
        percentile(focal, 50),
        *(radius_cells([r["ours"] for r in solved]) if solved else [""] * len(RADIUS_HEAD)),
    ]
