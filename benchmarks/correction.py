"""`./run bench correction`: what ten keypoints that are put right by hand bring, and cost.

Rendered clips, played there and back, are solved from their videos. In the second whose keypoints
are worst, the ten worst of elbows, wrists, knees and ankles are put where the truth is, as somebody
would drag them there; then only that part is solved again.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from benchmarks.arguments import bench_parser, section_head
from benchmarks.clips import RENDERED, SCORED, rendered_truth
from benchmarks.long_takes import long_video, there_and_back
from benchmarks.motion_capture import SHARED_DATA
from benchmarks.tables import markdown_table, show, text_table, write_section
from mvmocap_core.cleaning import clean_take
from mvmocap_core.correcting import correct_take
from mvmocap_core.corrections.corrections import Corrections, MovedKeypoint
from mvmocap_core.corrections.edit import move_keypoint, with_followers
from mvmocap_core.corrections.files import save_corrections
from mvmocap_core.corrections.keypoints import load_keypoints
from mvmocap_core.detection.detections import LANDMARK_NAMES, Track
from mvmocap_core.geometry.alignment import similarity_transform
from mvmocap_core.geometry.cameras import project_points
from mvmocap_core.motion.clip import MotionClip, load_motion
from mvmocap_core.options import CleanUp, SolveOptions
from mvmocap_core.pipeline import solve
from mvmocap_core.progress import silent

N_PUT_RIGHT = 10
LENGTH_S = 6.0
PART_S = 1.0
FAR_S = 1.0
"""Frames further than this from what was corrected have to stay."""
APART_S = 0.15
"""Places of one landmark that are put right lie further apart: those between are drawn along."""
LIMBS = [name for name in SCORED if name.split("_")[1] in ("elbow", "wrist", "knee", "ankle")]
HEAD = (
    "clip", "keypoints px", "there mm", "again", "limbs in that second mm", "again",
    "far frames", "of them changed", "solve s", "but for detection", "again s",
)  # fmt: skip
EXPLANATION = """
Rendered clips of 640 x 480 at 30 frames a second, played there and back for 6 s. In the second
whose keypoints are worst, the ten worst of elbows, wrists, knees and ankles are put where the truth
is. *keypoints px*: how far off those ten were; *there*: mean error of their joints in space, after
one similarity for the whole take, before and after they were put right; *limbs in that second*: of
all elbows, wrists, knees and ankles. *far frames* lie more than a second from what was corrected;
*changed* counts those of them in which any number of the fit differs. *solve* is the whole take
from its videos, *but for detection* its other stages, *again* what `mvmocap correct` takes.
"""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A keypoint that is not where the joint is. joint: its place in `SCORED`."""

    view: int
    frame: int
    joint: int
    error_px: float
    place_px: tuple[float, float]


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    parser = bench_parser("correction", __doc__, "one clip, under a minute", keeps_results=False)
    options = parser.parse_args(arguments)
    rows: list[list[str]] = []
    for name in RENDERED[:1] if options.quick else RENDERED:
        rows.append(measure(name))
        print(f"  {name}: {rows[-1][2]} mm there, {rows[-1][3]} mm again", file=sys.stderr)
    print(text_table(HEAD, rows))
    if options.write_docs:
        head = section_head("Corrections by hand", "correction", options.quick)
        write_section("correction", "\n\n".join([head, EXPLANATION, markdown_table(HEAD, rows)]))
    return 0


def measure(name: str) -> list[str]:
    """A clip's row of the table."""
    folder = SHARED_DATA / "synth" / name
    cameras, clip_truth_m, fps, height_m = rendered_truth(folder)
    truth_m = clip_truth_m[there_and_back(len(clip_truth_m), int(LENGTH_S * fps))]
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as scratch:
        take = Path(scratch) / name
        videos = [long_video(folder / f"{view}.mp4", LENGTH_S) for view in "ab"]
        began = time.perf_counter()
        report = solve(videos, take, SolveOptions(height_m=height_m))
        solve_s = time.perf_counter() - began
        clean_take(take, CleanUp(smoothing=0.0, lock_feet=False), silent)
        before = load_motion(take / "motion.npz")
        tracks = [view.track for view in load_keypoints(take)]
        places_px = np.stack(
            [
                project_points(truth_m, cameras.K[v], cameras.dist[v], cameras.T_cam_world[v])
                for v in range(len(tracks))
            ]
        )
        wrong = worst(tracks, places_px, fps)
        save_corrections(take, corrections(tracks, wrong))
        began = time.perf_counter()
        correct_take(take, silent)
        again_s = time.perf_counter() - began
        after = load_motion(take / "motion.npz")
    errors_mm = [joint_errors_mm(motion, truth_m, before) for motion in (before, after)]
    return [
        name,
        show(float(np.mean([each.error_px for each in wrong]))),
        *(show(_mean_there(errors, wrong)) for errors in errors_mm),
        *(show(_mean_around(errors, wrong)) for errors in errors_mm),
        *map(str, far_frames(before, after, tracks, wrong)),
        show(solve_s),
        show(solve_s - float(report["timings_s"]["detect"])),
        show(again_s),
    ]


def worst(tracks: Sequence[Track], places_px: np.ndarray, fps: float) -> list[Wrong]:
    """The ten worst keypoints of the second in which the ten worst are worst.

    places_px: (V, F, 12, 2) where the joints `SCORED` truly are.
    """
    rows = [SCORED.index(name) for name in LIMBS]
    found = np.stack([track.keypoints_2d_px for track in tracks])
    found = found[:, :, [LANDMARK_NAMES.index(name) for name in LIMBS]]
    n_frames = min(found.shape[1], places_px.shape[1])
    off_px = np.linalg.norm(found[:, :n_frames] - places_px[:, :n_frames, rows], axis=-1)
    off_px = np.nan_to_num(off_px)
    length = round(PART_S * fps)
    parts = [
        _worst_in(off_px, places_px, slice(first, first + length), rows, fps)
        for first in range(0, n_frames - length, length // 2)
    ]
    return max(parts, key=lambda part: sum(each.error_px for each in part))


def _worst_in(
    off_px: np.ndarray, places_px: np.ndarray, part: slice, rows: Sequence[int], fps: float
) -> list[Wrong]:
    chosen: list[Wrong] = []
    views, frames, limbs = np.unravel_index(
        np.argsort(-off_px[:, part], axis=None), off_px[:, part].shape
    )
    for view, frame, limb in zip(views.tolist(), frames.tolist(), limbs.tolist(), strict=True):
        at, joint = frame + part.start, rows[limb]
        is_near = any(
            (each.view, each.joint) == (view, joint) and abs(each.frame - at) < APART_S * fps
            for each in chosen
        )
        if is_near:
            continue
        x_px, y_px = places_px[view, at, joint].tolist()
        chosen.append(Wrong(view, at, joint, float(off_px[view, at, limb]), (x_px, y_px)))
        if len(chosen) == N_PUT_RIGHT:
            break
    return chosen


def corrections(tracks: Sequence[Track], wrong: Sequence[Wrong]) -> Corrections:
    """The keypoints put where the joints are; a hand goes with its wrist, a foot with its ankle."""
    made = Corrections()
    for each in wrong:
        track = tracks[each.view]
        moved = MovedKeypoint(SCORED[each.joint], float(track.times_s[each.frame]), *each.place_px)
        for place in with_followers(moved, track.keypoints_2d_px[each.frame]):
            made = move_keypoint(made, each.view, place)
    return made


def joint_errors_mm(motion: MotionClip, truth_m: np.ndarray, reference: MotionClip) -> np.ndarray:
    """(F, 12) millimetres, after the similarity that lays `reference` over the truth."""
    n_frames = min(len(truth_m), len(motion.times_s))
    rows = [motion.joint_names.tolist().index(name) for name in SCORED]
    points, laid = (clip.positions_m[:n_frames, rows] for clip in (motion, reference))
    similarity = similarity_transform(laid.reshape(-1, 3), truth_m[:n_frames].reshape(-1, 3))
    return 1000.0 * np.linalg.norm(similarity.apply(points) - truth_m[:n_frames], axis=-1)


def _mean_there(errors_mm: np.ndarray, wrong: Sequence[Wrong]) -> float:
    return float(np.mean([errors_mm[each.frame, each.joint] for each in wrong]))


def _mean_around(errors_mm: np.ndarray, wrong: Sequence[Wrong]) -> float:
    frames = [each.frame for each in wrong]
    rows = [SCORED.index(name) for name in LIMBS]
    return float(errors_mm[min(frames) : max(frames) + 1, rows].mean())


def far_frames(
    before: MotionClip, after: MotionClip, tracks: Sequence[Track], wrong: Sequence[Wrong]
) -> tuple[int, int]:
    """How many frames lie far from what was corrected, and in how many of them anything differs."""
    times_s = [float(tracks[each.view].times_s[each.frame]) for each in wrong]
    reach_s = FAR_S + 0.25 + 0.5 / float(before.fps)  # neighbours in time are drawn along
    is_far = (before.times_s < min(times_s) - reach_s) | (before.times_s > max(times_s) + reach_s)
    is_changed = np.zeros(len(is_far), dtype=bool)
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if isinstance(old, np.ndarray) and old.ndim and len(old) == len(is_far):
            same = (old == new) | ((old != old) & (new != new))
            is_changed |= ~same.reshape(len(old), -1).all(axis=1)
    return int(is_far.sum()), int((is_far & is_changed).sum())
