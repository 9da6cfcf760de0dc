"""`./run bench accuracy`: every clip with truth, ours beside calibrated triangulation.

The same detections go into every column. Ours knows no camera, no lens and no offset; "true"
triangulates with the cameras that filmed or rendered the clip, "nominal" with the cameras as a
calibration session left them.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arguments import bench_parser, section_head
from benchmarks.clips import Clip, clip_loaders
from benchmarks.kept import code_key, kept, measured_apart
from benchmarks.scoring import (
    RADIUS_HEAD,
    radius_cells,
    score_solution,
    score_triangulation,
    solve_clip,
)
from benchmarks.tables import (
    REPOSITORY,
    RESULTS,
    markdown_table,
    show,
    text_table,
    write_section,
)
from mvmocap_core.errors import MocapError

QUICK = ("real 1-2", "real 2-4", "charleston", "walk", "phone, sound", "phone, no sound")
POSE_HEAD = (
    "clip", "points", "ours W", "true W", "nominal W", "ratio", "ours P", "true P",
    "bones ours %", "true %", "jerk ours", "true", "scale %", "seen %",
)  # fmt: skip
CAMERA_HEAD = (
    "clip", "rotation deg", "tilt deg", "focal a %", "focal b %", "offset ms", "by", "seconds",
)  # fmt: skip
EXPLANATION = """
W and P are W-MPJPE (one similarity for the whole take) and P-MPJPE (one for every frame), in
millimetres, of shoulders, elbows, wrists, hips, knees and ankles, over the moments that both
videos saw. Ours is given no camera, no lens and no offset; *true* is plain triangulation of the
same detections with the true cameras and the true offset, *nominal* with the cameras as a
calibration session left them; *ratio* is ours over true. *landmarks* are the detector's points,
*joints* anatomical centres (ours: the fitted skeleton; true: the same landmark-to-joint
correction). The real clip's truth is triangulated from four cameras by the same detector, so there
only landmarks are compared; the smaller *full* model exchanges left and right in a third of one
view's frames. *bones*: coefficient of variation of limb lengths; *jerk* in m/s^3;
*scale*: error of size when the stature is given; *tilt*: angle between the solved and the true
vertical. The room behind the performer is seen as in any solve. *error_m holds*: share of joints
nearer to the truth than the radius given with them, which is meant to be 68 %, of all and of every
limb.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("accuracy", __doc__, "six clips, under 5 minutes")
    parser.add_argument("--only", nargs="+", metavar="CLIP", help="these clips alone")
    parser.add_argument("--from-tracks", type=Path, metavar="FOLDER", help="detections to use")
    parser.add_argument("--one", metavar="CLIP", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one is not None:
        print(json.dumps(_measure(clip_loaders(options.from_tracks)[options.one]())))
        return 0
    names = options.only or (QUICK if options.quick else list(clip_loaders()))
    results = []
    for name in names:
        results.append(accuracy_of(name, options.from_tracks, options.again))
        print(f"  {name}: {_headline(results[-1])}", file=sys.stderr, flush=True)
    poses, cameras = pose_rows(results), camera_rows(results)
    print(text_table(POSE_HEAD, poses), text_table(CAMERA_HEAD, cameras), sep="\n\n")
    print("\n" + text_table(("clips", *RADIUS_HEAD), radius_rows(results)) + "\n")
    print("\n".join(summary_lines(results)))
    if options.write_docs:
        write_section("accuracy", _section(results, options.quick))
        write_section("accuracy", _summary(results), page=REPOSITORY / "README.md")
    return 0


def _measure(clip: Clip) -> dict[str, Any]:
    """Everything about one clip. A solve that the solver refuses is a result too."""
    start = time.perf_counter()
    result: dict[str, Any] = {"name": clip.name, "group": clip.group}
    result["true"] = score_triangulation(clip, clip.cameras)
    if clip.nominal is not None:
        result["nominal"] = score_triangulation(clip, clip.nominal)
    loaded, loaded_cpu_s = time.perf_counter(), time.process_time()
    try:
        result["ours"] = score_solution(clip, solve_clip(clip))
    except MocapError as error:
        result["failed"] = f"{error.reason}: {error}"
    result["load_s"] = loaded - start
    result["solve_s"] = time.perf_counter() - loaded
    result["solve_cpu_s"] = time.process_time() - loaded_cpu_s
    return result


def accuracy_of(name: str, tracks_folder: Path | None, again: bool) -> dict[str, Any]:
    """A clip's result, from an earlier run of the same code where there is one.

    It is measured in a process of its own, so that a crash is a row of the table.
    """
    key = code_key("mvmocap_core", "benchmarks", salt=f"{name} {tracks_folder}")
    path = RESULTS / "accuracy" / f"{name.replace(', ', '-').replace(' ', '-')}-{key}.json"
    tracks = () if tracks_folder is None else ("--from-tracks", str(tracks_folder))
    try:
        return kept(path, lambda: measured_apart("accuracy", "--one", name, *tracks), again=again)
    except ChildProcessError as error:
        return {"name": name, "group": "", "failed": str(error)}


def _headline(result: dict[str, Any]) -> str:
    if "failed" in result:
        return f"failed: {result['failed']}"
    kind = "joints" if "joints" in result["true"] else "landmarks"
    ours, true = (result[who][kind]["w_mpjpe_mm"] for who in ("ours", "true"))
    return f"W-MPJPE {ours:.1f} mm, true calibration {true:.1f} mm"


def pose_rows(results: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Cells of the table of poses."""
    rows = []
    for result in results:
        if "true" not in result:
            rows.append([result["name"], f"failed: {result['failed']}", *[""] * 12])
            continue
        for kind, true in result["true"].items():
            ours = result.get("ours", {}).get(kind, {})
            nominal = result.get("nominal", {}).get(kind, {})
            rows.append([result["name"], kind, *_pose_cells(ours, true, nominal)])
        if "failed" in result:
            rows[-1][1] = f"failed: {result['failed']}"
    return rows


def _pose_cells(
    ours: dict[str, float], true: dict[str, float], nominal: dict[str, float]
) -> list[str]:
    def percent(score: dict[str, float], name: str, digits: int = 1) -> str:
        value = score.get(name)
        return show(None if value is None else 100.0 * value, digits)

    w_ours, w_true = ours.get("w_mpjpe_mm"), true["w_mpjpe_mm"]
    return [
        show(w_ours), show(w_true), show(nominal.get("w_mpjpe_mm")),
        show(None if w_ours is None else w_ours / w_true, 2),
        show(ours.get("p_mpjpe_mm")), show(true["p_mpjpe_mm"]),
        percent(ours, "bone_variation"), percent(true, "bone_variation"),
        show(ours.get("jitter"), 0), show(true["jitter"], 0),
        percent(ours, "scale_error"), percent(ours, "coverage", 0),
    ]  # fmt: skip


def camera_rows(results: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Cells of the table of cameras and clocks."""
    rows = []
    for result in results:
        ours = result.get("ours")
        if ours is None:
            rows.append([result["name"], *[""] * 7])
            continue
        rows.append(
            [
                result["name"],
                show(ours["rotation_error_deg"]),
                show(ours["tilt_deg"]),
                *(show(100.0 * error) for error in ours["focal_error"]),
                show(ours["offset_error_ms"]),
                ours["sync_method"],
                show(result["solve_s"]),
            ]
        )
    return rows


def radius_rows(results: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Cells of the table of how much the reported uncertainty holds."""
    by_group: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        if "ours" in result:
            by_group.setdefault(result["group"], []).append(result["ours"])
    by_group["all"] = [score for scores in by_group.values() for score in scores]
    return [[group, *radius_cells(scores)] for group, scores in by_group.items() if scores]


def summary_lines(results: Sequence[dict[str, Any]]) -> list[str]:
    """Means by group, and how many clips failed."""
    lines = []
    for group, kind, rival in (
        ("real", "landmarks", "landmarks"),
        ("real, full model", "landmarks", "landmarks"),
        ("rendered", "landmarks", "landmarks"),
        ("rendered", "joints", "joints"),
        ("rendered", "joints", "landmarks"),
    ):
        solved = [r for r in results if r["group"] == group and "ours" in r]
        if not solved:
            continue
        ours = np.array([r["ours"][kind]["w_mpjpe_mm"] for r in solved])
        true = np.array([r["true"][rival]["w_mpjpe_mm"] for r in solved])
        against = "" if kind == rival else f" against plain {rival}"
        line = (
            f"{group}, {kind}{against}: {len(solved)} clips, W-MPJPE mean {ours.mean():.1f} mm, "
            f"worst {ours.max():.1f}; true calibration {true.mean():.1f} mm; ratio of means "
            f"{ours.mean() / true.mean():.2f}, worst ratio {(ours / true).max():.2f}"
        )
        nominal = [r["nominal"][kind]["w_mpjpe_mm"] for r in solved if "nominal" in r]
        lines.append(line + (f"; nominal {np.mean(nominal):.1f} mm" if nominal else ""))
    failed = sum("failed" in r for r in results)
    return [*lines, f"{failed} of {len(results)} clips failed"]


def _summary(results: Sequence[dict[str, Any]]) -> str:
    """For the README: one line a group."""
    head = ("clips", "ours, mm", "true cameras, mm", "worst ratio")
    rows = []
    for group, kind, label in (
        ("real", "landmarks", "real, four cameras, six pairs"),
        ("real, full model", "landmarks", "the same, by a detector that exchanges sides"),
        ("rendered", "landmarks", "rendered, landmarks"),
        ("rendered", "joints", "rendered, joint centres"),
        ("phone", "joints", "two phones, joint centres"),
    ):
        solved = [r for r in results if r["group"] == group and "ours" in r]
        ours = np.array([r["ours"][kind]["w_mpjpe_mm"] for r in solved])
        true = np.array([r["true"][kind]["w_mpjpe_mm"] for r in solved])
        if solved:
            worst = show(float((ours / true).max()), 2)
            rows.append([label, show(ours.mean()), show(true.mean()), worst])
    return markdown_table(head, rows)


def _section(results: Sequence[dict[str, Any]], is_quick: bool) -> str:
    lists = "\n".join(f"- {line}" for line in summary_lines(results))
    return "\n\n".join(
        [
            section_head("Accuracy", "accuracy", is_quick),
            EXPLANATION.strip(),
            markdown_table(POSE_HEAD, pose_rows(results)),
            markdown_table(CAMERA_HEAD, camera_rows(results)),
            markdown_table(("clips", *RADIUS_HEAD), radius_rows(results)),
            lists,
        ]
    )
