"""`./run bench peers`: calibrated programs on the same detections as ours, which is told nothing.

Each peer runs in an environment of its own, made in the user's cache folder when it is first
asked for (3 GB on disk for all of them). It gets an .npz with keypoints_px (V, F, 33, 2) and
confidence (V, F, 33), fps, K (V, 3, 3), dist (V, 4), image_size (V, 2) and T_cam_world (V, 4, 4),
and leaves one with landmarks_m (F, 33, 3), NaN where it has none, and the processor's seconds.
"""

import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import accuracy_of
from benchmarks.arguments import bench_parser, section_head
from benchmarks.clips import RENDERED, Clip, clip_loaders
from benchmarks.peer_environments import PROGRAMS, PeerError, peer_python, run
from benchmarks.scoring import score_landmarks, triangulated
from benchmarks.tables import RESULTS, markdown_table, show, text_table, write_section
from mvmocap_core.calibration.cameras import Cameras
from mvmocap_core.files import atomic_file

TIMEOUT_S = 900.0
QUICK = ("real 1-2", "real 1-4", "walk")


@dataclass(frozen=True, slots=True)
class Peer:
    """A program beside ours: its name in the tables, its environment, its program's arguments."""

    name: str
    environment: str
    arguments: tuple[str, ...] = ()


PEERS = (
    Peer("Pose2Sim", "pose2sim"),
    Peer("aniposelib", "aniposelib", ("triangulate",)),
    Peer("aniposelib optim", "aniposelib", ("optim",)),
)
COLUMNS = ("ours", "plain DLT", *(peer.name for peer in PEERS))
MEASURES = {
    "W": ("W-MPJPE, mm", "w_mpjpe_mm", 1),
    "P": ("P-MPJPE, mm", "p_mpjpe_mm", 1),
    "seconds": ("Processor seconds", "seconds", 1),
}
HEAD = ("clip", "points", "cameras", *COLUMNS)
EXPLANATION = """
The same detections of the same two cameras for all. *Ours* is given no camera and no offset; the
others get both, and the cameras that the column names: *nominal* as the clip's calibration file
has them, *true* as refined with four views or as rendered. *Plain DLT* triangulates point by
point. *Pose2Sim* 0.10.49 reads BLAZEPOSE in OpenPose JSON and runs triangulation and filtering
with its default settings (likelihood over 0.3, reprojection within 15 px, outliers rejected,
Butterworth of 6 Hz; distortion is not undone by default; with its BLAZEPOSE names its exchange of
left and right does not start). *aniposelib* 0.8.0 is `triangulate`, which FreeMoCap builds on;
*optim* is `triangulate_optim` with its default weights and the limbs as the lengths to keep.
Errors as under Accuracy: *landmarks* against landmarks, *joints* with the same landmark-to-joint
correction for every peer (ours: the fitted skeleton). Where a peer left points out, the rest is
scored, and the share it gave stands behind. Processor seconds of ours include finding the cameras
and the offset; none includes detection, start-up or installing.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("peers", __doc__, "three clips, under 5 minutes when installed")
    options = parser.parse_args(arguments)
    rivalled = [n for n in clip_loaders() if "phone" not in n and "full" not in n]
    names = QUICK if options.quick else rivalled
    results: list[dict[str, Any]] = []
    for name in names:
        for result in clip_results(name, options.again):
            results.append(result)
            print(f"  {_headline(result)}", file=sys.stderr, flush=True)
    tables = {title: table_rows(results, measure) for measure, (title, *_) in MEASURES.items()}
    for title, rows in tables.items():
        print(f"{title}\n{text_table(HEAD, rows)}\n")
    if options.write_docs:
        parts = [section_head("Peers", "peers", options.quick), EXPLANATION.strip()]
        for title, rows in tables.items():
            parts += [f"{title}:", markdown_table(HEAD, rows)]
        write_section("peers", "\n\n".join(parts))
    return 0


def clip_results(name: str, again: bool) -> Iterator[dict[str, Any]]:
    """Scores of ours and of every peer on a clip: a result for each calibration of it."""
    clip = clip_loaders()[name]()
    accuracy = accuracy_of(name, None, again)
    calibrations = {"nominal": clip.nominal, "true": clip.cameras}
    for label, cameras in calibrations.items():
        if cameras is None:
            continue
        failed = {"failed": accuracy.get("failed", "no result")}
        scores: dict[str, Any] = {
            "ours": {**accuracy.get("ours", failed), "seconds": accuracy.get("solve_cpu_s")},
            "plain DLT": _plain(clip, cameras),
        }
        for peer in PEERS:
            scores[peer.name] = _score(peer, clip, cameras, again)
        kinds = ["landmarks", "joints"] if clip.has_joint_truth else ["landmarks"]
        yield {"clip": name, "cameras": label, "kinds": kinds, "scores": scores}


def _plain(clip: Clip, cameras: Cameras) -> dict[str, Any]:
    start = time.process_time()
    landmarks_m = triangulated(clip, cameras)
    seconds = time.process_time() - start
    return {**score_landmarks(clip, clip.tracks[0].times_s, landmarks_m), "seconds": seconds}


def _score(peer: Peer, clip: Clip, cameras: Cameras, again: bool) -> dict[str, Any]:
    try:
        with np.load(_solved(peer, clip, cameras, again), allow_pickle=False) as data:
            landmarks_m, seconds = data["landmarks_m"], float(data["seconds"])
    except PeerError as error:
        return {"failed": str(error)}
    return {**score_landmarks(clip, clip.tracks[0].times_s, landmarks_m), "seconds": seconds}


def _solved(peer: Peer, clip: Clip, cameras: Cameras, again: bool) -> Path:
    """The file with a peer's landmarks, from an earlier run where there is one."""
    task = peer_task(clip, cameras)
    program = PROGRAMS / f"run_{peer.environment}.py"
    digest = hashlib.blake2b(" ".join(peer.arguments).encode(), digest_size=8)
    for data in (program.read_bytes(), (PROGRAMS / f"{peer.environment}.txt").read_bytes()):
        digest.update(data)
    for name in sorted(task):
        digest.update(np.ascontiguousarray(task[name]).tobytes())
    label = f"{peer.name}-{clip.name}".replace(" ", "-")
    path = RESULTS / "peers" / f"{label}-{digest.hexdigest()}.npz"
    if path.exists() and not again:
        return path
    python = peer_python(peer.environment)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "task.npz", Path(folder) / "landmarks.npz"
        np.savez(source, allow_pickle=False, **task)
        run([str(python), str(program), str(source), str(target), *peer.arguments], TIMEOUT_S)
        with atomic_file(path) as kept:
            kept.write(target.read_bytes())
    return path


def peer_task(clip: Clip, cameras: Cameras) -> dict[str, np.ndarray]:
    """What a peer is given. Raises ValueError if the clip's views are not taken together."""
    first, second = clip.tracks
    if not np.array_equal(first.times_s, second.times_s):
        raise ValueError(f"{clip.name}: peers want frames that were taken together")
    return {
        "keypoints_px": np.stack([track.keypoints_2d_px for track in clip.tracks]),
        "confidence": np.stack([track.confidence for track in clip.tracks]),
        "fps": np.array(clip.fps),
        "K": cameras.K,
        "dist": cameras.dist,
        "image_size": cameras.image_size,
        "T_cam_world": cameras.T_cam_world,
    }


def table_rows(results: Sequence[dict[str, Any]], measure: str) -> list[list[str]]:
    """Cells of one table, a row for each clip, kind of points and calibration, then the means."""
    rows = []
    values: dict[tuple[str, str, str], list[list[float]]] = {}
    for result in results:
        for kind in result["kinds"]:
            cells = [_cell(result["scores"][column], kind, measure) for column in COLUMNS]
            rows.append([result["clip"], kind, result["cameras"], *(text for text, _ in cells)])
            group = "rendered" if result["clip"] in RENDERED else "real"
            key = (f"mean, {group}", kind, result["cameras"])
            values.setdefault(key, []).append([value for _, value in cells])
    digits = MEASURES[measure][2]
    for key, group_values in values.items():
        means = np.array(group_values).mean(axis=0)  # of a column with a failure: NaN
        rows.append([*key, *(show(float(mean), digits) for mean in means)])
    return rows


def _cell(scores: dict[str, Any], kind: str, measure: str) -> tuple[str, float]:
    """Text and number of a cell; NaN for a failure."""
    _, name, digits = MEASURES[measure]
    if "failed" in scores:
        return f"failed: {scores['failed']}", float("nan")
    value = scores.get(name) if measure == "seconds" else scores[kind][name]
    if value is None:
        return "", float("nan")
    share = 1.0 if measure == "seconds" else scores[kind]["coverage"]
    seen = f" ({100.0 * share:.0f} %)" if share < 0.995 else ""
    return show(float(value), digits) + seen, float(value)


def _headline(result: dict[str, Any]) -> str:
    kind = result["kinds"][-1]
    cells = [f"{name} {_cell(result['scores'][name], kind, 'W')[0]}" for name in COLUMNS]
    return f"{result['clip']}, {result['cameras']} cameras, {kind}: {', '.join(cells)}"
