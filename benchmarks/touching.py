"""Two people whose hands or feet touch all the time: how far apart they are when solved.

One captured motion is there twice, the second one turned, in every frame, about the upright
through the first one's right wrist or ankle. So this joint of theirs is in one place, and all that
parts them in a solve is error. They are turned by a third: turned by half, either could be the
other, seen from the other side. It is set beside plain triangulation of the same detections with
the true cameras and the true offset: what the detector's noise alone parts them by.
"""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.groups import GroupTake, Stage, centred, film_stage
from benchmarks.motion_capture import load_motions
from benchmarks.people_names import told_apart
from benchmarks.people_solved import clip_of
from benchmarks.scoring import triangulated
from benchmarks.tables import show
from mvmocap_core.detection.detections import LANDMARK_NAMES
from mvmocap_core.errors import MocapError
from mvmocap_core.geometry.rotations import rotvec_to_rotmat
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.options import SolveOptions
from mvmocap_core.solving import solve_people

JOINTS = ("right_wrist", "right_ankle")
N_TAKES, N_QUICK = 6, 1
HEAD = ("touching", "takes", "both solved", "apart mm, median", "95 %", "triangulated", "95 %")
_TURN = rotvec_to_rotmat(np.array([0.0, 0.0, 2.0 * np.pi / 3.0]))


def measure(joint: str, number: int) -> dict[str, Any]:
    """Distances in millimetres at every frame that both videos saw, solved and triangulated."""
    take = _film(joint, number)
    result: dict[str, Any] = {"joint": joint, "triangulated_mm": _triangulated_mm(take, joint)}
    try:
        found = told_apart(take, 2)
        solution = solve_people(
            take.tracks,
            (None, None),
            SolveOptions(people=2),
            fps=take.fps,
            focal_35mm=(None, None),
            matched_s=found.offset_s,
        )
    except MocapError as error:
        return {**result, "refused": error.reason}
    if len(solution.motions) == 2:
        result["solved_mm"] = _apart_mm(solution.motions, joint, take)
    return result


def _film(joint: str, number: int) -> GroupTake:
    rng = np.random.default_rng([number, zlib.crc32(joint.encode())])
    motions = load_motions("val" if number % 2 == 0 else "dev")
    first = centred(rng, motions[int(rng.integers(len(motions)))])
    axis = first.landmarks_m[:, [LANDMARK_NAMES.index(joint)]] * [1.0, 1.0, 0.0]
    second = replace(first, landmarks_m=(first.landmarks_m - axis) @ _TURN.T + axis)
    framed = np.concatenate([person.landmarks_m[::10] for person in (first, second)])
    return film_stage(rng, Stage((first, second), framed, np.ones(2, dtype=bool)), None)


def _apart_mm(motions: Sequence[MotionClip], joint: str, take: GroupTake) -> list[float]:
    names = motions[0].joint_names.tolist()
    first, second = (motion.positions_m[:, names.index(joint)] for motion in motions)
    times_s = motions[0].times_s
    ends_s = take.detections[1].times_s[[0, -1]] + take.offset_s
    both = (times_s >= max(0.0, ends_s[0])) & (
        times_s <= min(take.detections[0].times_s[-1], ends_s[1])
    )
    return (1000.0 * np.linalg.norm(first - second, axis=1)[both]).tolist()


def _triangulated_mm(take: GroupTake, joint: str) -> list[float]:
    row = LANDMARK_NAMES.index(joint)
    first, second = (triangulated(clip_of(take, k), take.cameras)[:, row] for k in range(2))
    apart_m = np.linalg.norm(first - second, axis=1)
    return (1000.0 * apart_m[np.isfinite(apart_m)]).tolist()


def cells(joint: str, results: Sequence[dict[str, Any]]) -> list[str]:
    """A row below `HEAD`."""
    solved = [result["solved_mm"] for result in results if "solved_mm" in result]
    row = [joint.replace("_", " "), str(len(results)), str(len(solved))]
    for distances in (solved, [result["triangulated_mm"] for result in results]):
        whole = np.concatenate(distances) if distances else np.array([np.nan])
        row += [show(float(np.percentile(whole, share)), 0) for share in (50, 95)]
    return row
