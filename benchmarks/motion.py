"""`./run bench motion`: what is left to clean up after a solve.

Feet, smoothness and joints of the motion as it was fitted and as it was cleaned up, on rendered
clips and on motion capture filmed by two virtual phones with the detector's noise as measured. All
takes are solved without any calibration; the stature is given on rendered clips alone.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.arguments import bench_parser, section_head
from benchmarks.clips import RENDERED, Clip, clip_loaders, virtual_clip
from benchmarks.kept import code_key, kept_arrays
from benchmarks.motion_capture import SHARED_DATA, load_motions
from benchmarks.motion_scoring import Truth, score_motion
from benchmarks.parallel import in_parallel
from benchmarks.scoring import solve_clip
from benchmarks.synthetic import make_take
from benchmarks.tables import (
    RESULTS,
    markdown_table,
    show,
    text_table,
    write_section,
)
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.errors import MocapError
from mvmocap_core.motion.clean_up import clean_up
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.soles import sole_offsets
from mvmocap_core.options import CleanUp

HEAD = (
    "take", "skate mm", "fit", "truth", "sunk mm", "fit", "truth", "float mm", "fit",
    "P %", "R %", "F1 %", "F1 ±1 %", "fit F1", "W mm", "fit", "ratio", "jerk", "fit", "truth",
    "knees", "fit", "truth", "peak %", "fit", "backwards", "fit",
)  # fmt: skip
EXPLANATION = """
Each figure of the cleaned motion is followed by the fit's own. *skate*: mean way over the floor of
heels and toes that truly stand, in a thirtieth of a second; *truth* is what the motion capture's
own feet do. *sunk*: 95th percentile of the depth of heels and toes below the height at which each
stands; *float*: mean distance from that height while they stand. A heel or toe truly stands while
it is under 5 cm above where it rests and slower than 0.5 m/s, if it gets slower than 0.25 m/s and
this lasts a tenth of a second (docs/decisions/008). *P*, *R*, *F1*: precision and recall of the
contacts, over frames, feet, heels and toes; *F1 ±1*: where the beginning and the end of a contact
may be off by a thirtieth of a second. *W*: joint error after one similarity. *jerk*: mean, m/s^3.
*knees*: 99th percentile of their acceleration, m/s^2, which tells a knee that pops. *peak*: speed
of the wrist that is truly the fastest of all, at its fastest, over the truth's. *backwards*: frames
in which an elbow or a knee is bent over 5 degrees the wrong way.
"""
N_TAKES = {"val": 3, "dev": 1}
"""Takes of each captured motion, with other phones and other noise."""
N_QUICK = 4


@dataclass(frozen=True, slots=True, eq=False)
class _Take:
    clip: Clip
    truth: Truth


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("motion", __doc__, "few takes, under 5 minutes")
    parser.add_argument("--split", default="val", choices=("val", "dev"), help="whose motions")
    parser.add_argument("--smoothing", type=float, default=CleanUp().smoothing, metavar="X")
    parser.add_argument("--no-foot-lock", action="store_false", dest="lock_feet")
    options = parser.parse_args(arguments)
    if not (SHARED_DATA / "cmu").is_dir():
        print("../shared/data/cmu is absent: nothing to film", file=sys.stderr)
        return 2
    choices = CleanUp(smoothing=options.smoothing, lock_feet=options.lock_feet)
    jobs = [
        (name, options.split, choices, options.again)
        for name in _names(options.split, options.quick)
    ]
    results: list[dict[str, Any]] = []
    for result in in_parallel(_result, jobs):
        results.append(result)
        print(f"  {_headline(result)}", file=sys.stderr, flush=True)
    rows = table_rows(results)
    print(text_table(HEAD, rows))
    if options.write_docs:
        head = section_head("Motion", "motion", options.quick)
        about = "\n".join((__doc__ or "").splitlines()[2:])
        body = [head, about, EXPLANATION.strip(), markdown_table(HEAD, rows)]
        write_section("motion", "\n\n".join(body))
    return 0


def _names(split: str, is_quick: bool) -> list[str]:
    n_captured = len(load_motions(split)) * N_TAKES[split]
    captured = [f"captured {number}" for number in range(N_QUICK if is_quick else n_captured)]
    return [*RENDERED, *captured]


def _result(name: str, split: str, choices: CleanUp, again: bool) -> dict[str, Any]:
    """Scores of one take; a solve that the solver refuses is a result too."""
    take = rendered(name) if name in RENDERED else captured(int(name.split()[1]), split)
    result: dict[str, Any] = {"name": take.clip.name, "group": take.clip.group}
    try:
        fit = fitted(take.clip, again)
    except MocapError as error:
        return {**result, "refused": error.reason}
    first, second = take.clip.tracks
    filmed_s = (
        float(max(first.times_s[0], second.times_s[0] + take.clip.offset_s)),
        float(min(first.times_s[-1], second.times_s[-1] + take.clip.offset_s)),
    )
    soles_m = sole_offsets(fit)
    result["fit"] = score_motion(fit, soles_m, take.truth, filmed_s)
    result["clean"] = score_motion(clean_up(fit, choices), soles_m, take.truth, filmed_s)
    return result


def rendered(name: str) -> _Take:
    """A rendered clip."""
    clip = clip_loaders()[name]()
    with np.load(SHARED_DATA / "synth" / name / "truth.npz", allow_pickle=False) as data:
        names = [str(each) for each in data["names"]]
        joints_m = data["joints3d"].astype(np.float64)
    landmarks_m = np.full((len(joints_m), len(LANDMARK_NAMES), 3), np.nan)
    for row, landmark in enumerate(LANDMARK_NAMES):
        if landmark in names:
            landmarks_m[:, row] = joints_m[:, names.index(landmark)]
    return _Take(clip, Truth(clip.truth_times_s, landmarks_m))


def captured(number: int, split: str) -> _Take:
    """The take `number` of captured motions, always the same."""
    motions = load_motions(split)
    motion = motions[number % len(motions)]
    take = make_take(np.random.default_rng([number, len(motions)]), motion)
    clip = virtual_clip(
        f"{take.motion} {number // len(motions) + 1}",
        "captured",
        take.tracks,
        take.cameras,
        take.offset_s,
        take.truth_joints_m[:, :0],
    )
    frames_s = np.arange(len(motion.landmarks_m)) / motion.fps
    return _Take(clip, Truth(frames_s - take.start_s, motion.landmarks_m))


def fitted(clip: Clip, again: bool = False) -> MotionClip:
    """The clip's motion before the clean-up, kept from an earlier run of the same solver.

    Raises what the solver raises.
    """
    key = code_key(
        *(
            f"mvmocap_core/{part}"
            for part in ("body", "calibration", "geometry", "people", "room", "sync")
        ),
        *(f"benchmarks/{name}.py" for name in ("motion_capture", "synthetic")),
    )
    path = RESULTS / "motion" / f"{clip.group}-{clip.name.replace('/', '-')}-{key}.npz"
    return kept_arrays(path, MotionClip, lambda: solve_clip(clip).fit, again=again)


def _headline(result: dict[str, Any]) -> str:
    if "refused" in result:
        return f"refused ({result['refused']}), {result['name']}"
    clean, fit = result["clean"], result["fit"]
    return (
        f"skate {fit['skate_mm']:.1f} -> {clean['skate_mm']:.1f} mm, "
        f"W {fit['w_mpjpe_mm']:.1f} -> {clean['w_mpjpe_mm']:.1f} mm; {result['name']}"
    )


def table_rows(results: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Cells of the table: rendered clips one by one, captured motions, then means of each group."""
    solved = [r for r in results if "clean" in r]
    rows = [[r["name"], *_cells([r])] for r in solved]
    for group in ("rendered", "captured"):
        each = [r for r in solved if r["group"] == group]
        if each:
            rows.append([f"{group}, {len(each)} takes", *_cells(each)])
    refused = [r for r in results if "refused" in r]
    return rows + [
        [f"{r['name']}: refused ({r['refused']})", *[""] * (len(HEAD) - 1)] for r in refused
    ]


def _cells(results: Sequence[dict[str, Any]]) -> list[str]:
    def mean(name: str, who: str = "clean") -> float:
        return float(np.nanmean([r[who][name] for r in results]))

    def total(name: str, who: str = "clean") -> int:
        return sum(r[who][name] for r in results)

    def f1(who: str, which: str = "") -> float:
        all_wrong = total("misses", who) + total("false_alarms", who)
        wrong = total(f"{which}misses", who) + total(f"{which}false_alarms", who)
        return 1.0 - wrong / max(2 * total("hits", who) + all_wrong, 1)

    def peak(who: str) -> float:
        return float(np.mean([r[who]["peak_speed"] / r[who]["peak_speed_truth"] for r in results]))

    hits, misses, false_alarms = (total(n) for n in ("hits", "misses", "false_alarms"))
    return [
        show(mean("skate_mm")), show(mean("skate_mm", "fit")), show(mean("skate_truth_mm")),
        show(mean("penetration_mm")), show(mean("penetration_mm", "fit")),
        show(mean("penetration_truth_mm")),
        show(mean("float_mm")), show(mean("float_mm", "fit")),
        show(100.0 * hits / max(hits + false_alarms, 1)),
        show(100.0 * hits / max(hits + misses, 1)),
        show(100.0 * f1("clean")), show(100.0 * f1("clean", "far_")), show(100.0 * f1("fit")),
        show(mean("w_mpjpe_mm")), show(mean("w_mpjpe_mm", "fit")),
        show(mean("w_mpjpe_mm") / mean("w_mpjpe_mm", "fit"), 3),
        show(mean("jerk"), 0), show(mean("jerk", "fit"), 0), show(mean("jerk_truth"), 0),
        show(mean("knee_acceleration"), 0), show(mean("knee_acceleration", "fit"), 0),
        show(mean("knee_acceleration_truth"), 0),
        show(100.0 * peak("clean")), show(100.0 * peak("fit")),
        show(total("backwards_frames")), show(total("backwards_frames", "fit")),
    ]  # fmt: skip
