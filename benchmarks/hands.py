"""`./run bench hands`: how far finger joints are off, by the hand's size and the views that see it.

Hands are acted: signs and poses at random, arms and wrists turning, between two cameras 80 degrees
apart. The body is as a solve leaves it: each wrist some 25 mm and its hand some 35 degrees off.
*drawn*: smooth hands are drawn into both pictures and found by the network, as in
a solve. *projected*: what it would see in every frame with the median of its errors on the drawn
hands, and without its blunders. An error is the mean distance of the 15 finger joints of a hand
from the truth, both about the wrist: the hand's turn counts, its place does not; *in world* the
place counts too. *seen* is by at least one view; *relaxed* is the error of a relaxed hand on the
body's wrist there.
"""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.arguments import bench_parser, section_head
from benchmarks.hand_acting import MIRROR, STATURE_M, Acted, act, sightings, unseen
from benchmarks.hand_pictures import background, draw_hand, random_light
from benchmarks.tables import (
    REPOSITORY,
    RESULTS,
    markdown_table,
    show,
    text_table,
    write_section,
)
from mvmocap_core.detection.hand_network import HandNetwork
from mvmocap_core.detection.hands import HandSeeker, HandSightings, nothing_found
from mvmocap_core.detection.models import HAND, find_model
from mvmocap_core.hands.kinematics import HandPose
from mvmocap_core.hands.kinematics import forward as posed_hand
from mvmocap_core.hands.plan import plan_hands
from mvmocap_core.hands.skeleton import HAND_LENGTH, RELAXED_RAD, HandShape
from mvmocap_core.hands.solve import add_hands
from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.finger_names import FINGER_JOINTS, SIDES
from mvmocap_core.motion.pose import forward, joint_motion
from mvmocap_core.storage import from_arrays, load_arrays, save_arrays, to_arrays
from mvmocap_core.take import code_hash

SIZES_PX = (40.0, 60.0, 90.0, 130.0)
SEEDS, QUICK_SEEDS = (0, 1, 2, 3), (0,)
DURATION_S = 2.0
TARGET_MM, TARGET_PX = 12.0, 60.0
_LANDMARKS = [1 + 4 * (j // 3) + j % 3 for j in range(len(FINGER_JOINTS))]
HEAD = (
    "hands", "px", "two views %", "mm", "one view %", "mm", "no view %", "mm", "seen mm",
    "seen, in world mm", "relaxed mm",
)  # fmt: skip
NOISE_HEAD = ("px", "seen %", "median px", "of length %", "depth, of length %")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Of F frames and both hands: n_views (F, 2); and errors (F, 2, 15) in metres.

    about: about the wrist. world: in the world. relaxed: about the wrist, of a relaxed hand on the
    body's wrist.
    """

    n_views: np.ndarray
    about: np.ndarray
    world: np.ndarray
    relaxed: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class _Noise:
    """Errors of what was found of drawn hands, over the hand's length; is_seen (N,).

    in_picture: (N,) mean over a hand's landmarks, along_ray: (N,) root mean square; NaN unseen.
    """

    is_seen: np.ndarray
    in_picture: np.ndarray
    along_ray: np.ndarray


def main(arguments: Sequence[str]) -> int:
    """Run the bench; returns the exit status."""
    options = bench_parser("hands", __doc__, "one take of each size").parse_args(arguments)
    seeds = QUICK_SEEDS if options.quick else SEEDS
    rows: list[list[str]] = []
    noise_rows: list[list[str]] = []
    for size_px in SIZES_PX:
        takes = [(seed, act(seed, hand_px=size_px, duration_s=DURATION_S)) for seed in seeds]
        drawn = [_drawn(acted, seed, size_px, options.again) for seed, acted in takes]
        noise = [_noise(acted, view) for (_, acted), view in zip(takes, drawn, strict=True)]
        both = [score(acted, seen) for (_, acted), seen in zip(takes, drawn, strict=True)]
        rows.append(row_of("drawn", size_px, both))
        noise_rows.append(_noise_row(size_px, noise))
        rows += _projected_rows(size_px, takes, noise)
        print("  " + "  ".join(rows[-1]), file=sys.stderr, flush=True)
    tables = [(HEAD, rows), (NOISE_HEAD, noise_rows)]
    print(*(text_table(head, body) for head, body in tables), sep="\n\n")
    if options.write_docs:
        head = section_head("Fingers", "hands", options.quick)
        intro = (__doc__ or "").split("\n\n", 1)[1]
        tables_text = "\n\n".join(markdown_table(head, body) for head, body in tables)
        write_section("hands", f"{head}\n\n{intro}\n{_AIM}\n\n{tables_text}")
    return 0


_AIM = (
    f"The aim is {TARGET_MM:g} mm where a view sees the hand at {TARGET_PX:g} pixels or more. "
    "How the network does on hands of real people is not told here. "
    "The second table is the network itself on the drawn hands: where it saw them, how far its "
    "landmarks were off, and its guess along the ray."
)


def _projected_rows(
    size_px: float, takes: Sequence[tuple[int, Acted]], noise: Sequence[_Noise]
) -> list[list[str]]:
    """The same hands seen in every frame, by two views and by one, as well as the drawn ones."""
    in_picture = float(np.nanmedian(np.concatenate([each.in_picture for each in noise])))
    along_ray = float(np.nanmedian(np.concatenate([each.along_ray for each in noise])))
    two, one = [], []
    for seed, acted in takes:
        random = np.random.default_rng(1000 + seed)
        # A mean distance in the picture is 1.25 deviations per axis.
        seen = [
            sightings(acted, view, random, noise=in_picture / 1.25, depth_noise=along_ray)
            for view in (0, 1)
        ]
        two.append(score(acted, seen))
        one.append(score(acted, [seen[0], unseen(seen[1])]))
    return [row_of("projected", size_px, two), row_of("projected", size_px, one)]


def row_of(kind: str, size_px: float, scores: Sequence[Scores]) -> list[str]:
    """A line of the table. mm: by how many views saw the hand in that frame."""
    n_views = np.concatenate([each.n_views for each in scores])
    about = 1000.0 * np.concatenate([each.about for each in scores]).mean(axis=-1)
    world = 1000.0 * np.concatenate([each.world for each in scores]).mean(axis=-1)
    relaxed = 1000.0 * np.concatenate([each.relaxed for each in scores]).mean(axis=-1)
    cells = [kind, show(size_px, 0)]
    for count in (2, 1, 0):
        is_so = n_views == count
        cells += [show(100.0 * is_so.mean(), 0), show(about[is_so].mean() if is_so.any() else None)]
    is_seen = n_views > 0
    return [*cells, *(show(each[is_seen].mean()) for each in (about, world, relaxed))]


def _noise_row(size_px: float, noise: Sequence[_Noise]) -> list[str]:
    in_picture = np.concatenate([each.in_picture for each in noise])
    along_ray = np.concatenate([each.along_ray for each in noise])
    is_seen = np.concatenate([each.is_seen for each in noise])
    return [
        show(size_px, 0),
        show(100.0 * is_seen.mean(), 0),
        show(size_px * np.nanmedian(in_picture)),
        show(100.0 * np.nanmedian(in_picture)),
        show(100.0 * np.nanmedian(along_ray)),
    ]


def _drawn(acted: Acted, seed: int, size_px: float, again: bool) -> list[HandSightings]:
    """What the network finds in drawn pictures of both views; kept in benchmarks/results."""
    path = _kept_path(seed, size_px)
    arrays = None if again else load_arrays(path)
    if arrays is not None:
        return [from_arrays(HandSightings, arrays, f"{view}.") for view in (0, 1)]
    network = HandNetwork(find_model(HAND))
    found = [_find(acted, view, seed, network) for view in (0, 1)]
    save_arrays(path, {**to_arrays(found[0], "0."), **to_arrays(found[1], "1.")})
    return found


def _kept_path(seed: int, size_px: float) -> Path:
    drawing = hashlib.blake2b(code_hash("detection").encode(), digest_size=8)
    for name in ("hand_acting", "hand_pictures"):
        drawing.update((REPOSITORY / "benchmarks" / f"{name}.py").read_bytes())
    return RESULTS / "hands" / f"{seed}-{size_px:g}-{drawing.hexdigest()}.npz"


def _find(acted: Acted, view: int, seed: int, network: HandNetwork) -> HandSightings:
    random = np.random.default_rng(100 * seed + view)
    clip = acted.body
    room = background(clip.image_size[view], random)
    light = random_light(random)
    plan = plan_hands([clip], acted.timeline, view, clip.times_s)
    found, seeker = nothing_found(plan), HandSeeker(network)
    K, T = clip.K[view], clip.T_cam_world[view]
    hands = acted.landmarks_m @ T[:3, :3].T + T[:3, 3]
    rows = [acted.truth.joint_names.tolist().index(f"{side}_elbow") for side in SIDES]
    elbows = acted.truth.positions_m[:, rows] @ T[:3, :3].T + T[:3, 3]
    for frame, time_s in enumerate(clip.times_s):
        image = room.copy()
        for side in np.argsort(-hands[frame, :, 0, 2]):  # the nearer one hides the other
            draw_hand(image, hands[frame, side], elbows[frame, side], K, light)
        seeker.seek(image, float(time_s), plan, frame, found)
    return found


def _noise(acted: Acted, seen: Sequence[HandSightings]) -> _Noise:
    parts: list[tuple[np.ndarray, ...]] = []
    for view, found in enumerate(seen):
        K, T = acted.body.K[view], acted.body.T_cam_world[view]
        truth = acted.landmarks_m @ T[:3, :3].T + T[:3, 3]
        pixels = truth[..., :2] / truth[..., 2:] * K[[0, 1], [0, 1]] + K[:2, 2]
        off = np.linalg.norm(found.keypoints_2d_px[:, 0] - pixels, axis=-1).mean(axis=-1)
        depths = [each - each.mean(axis=-1, keepdims=True)
                  for each in (found.local_m[:, 0, ..., 2], truth[..., 2])]  # fmt: skip
        along = np.sqrt(((depths[0] - depths[1]) ** 2).mean(axis=-1))
        length_m = HAND_LENGTH * STATURE_M
        parts.append((found.confidence[:, 0] > 0, off / found.length_px[:, 0], along / length_m))
    columns = [np.concatenate([part[k].ravel() for part in parts]) for k in range(3)]
    return _Noise(*columns)


def score(acted: Acted, seen: Sequence[HandSightings]) -> Scores:
    """Errors of the hands that are solved from what was seen."""
    clip = add_hands(acted.body, seen, acted.timeline, 0)
    n_views = sum((each.confidence[:, 0] > 0).astype(int) for each in seen)
    about, world = _errors(acted, clip)
    return Scores(np.asarray(n_views), about, world, _relaxed_errors(acted))


def _relaxed_errors(acted: Acted) -> np.ndarray:
    """(F, 2, 15) metres about the wrist, of relaxed hands on the body's wrists."""
    clip, errors = acted.body, []
    places, turns = forward(joint_motion(clip), clip.joint_parents, clip.rest_offsets_m)
    for side, name in enumerate(SIDES):
        mirror = MIRROR if side else np.eye(3)
        row = clip.joint_names.tolist().index(f"{name}_wrist")
        angles = np.tile(RELAXED_RAD, (len(places), 1))
        pose = HandPose(places[:, row] @ mirror, mirror @ turns[:, row] @ mirror, angles)
        relaxed = posed_hand(pose, HandShape(STATURE_M)).landmarks @ mirror
        truth = acted.landmarks_m[:, side]
        errors.append((relaxed - relaxed[:, :1] - truth + truth[:, :1])[:, _LANDMARKS])
    return np.linalg.norm(np.stack(errors, axis=1), axis=-1)


def _errors(acted: Acted, clip: MotionClip) -> tuple[np.ndarray, np.ndarray]:
    """(F, 2, 15) metres about the wrist, and in the world."""
    names = clip.joint_names.tolist()
    about, world = [], []
    for side, name in enumerate(SIDES):
        rows = [names.index(f"{name}_{joint}") for joint in FINGER_JOINTS]
        found, wrist = (
            clip.positions_m[:, rows],
            clip.positions_m[:, [names.index(f"{name}_wrist")]],
        )
        truth, its_wrist = acted.landmarks_m[:, side, _LANDMARKS], acted.landmarks_m[:, side, :1]
        world.append(np.linalg.norm(found - truth, axis=-1))
        about.append(np.linalg.norm((found - wrist) - (truth - its_wrist), axis=-1))
    return np.stack(about, axis=1), np.stack(world, axis=1)
