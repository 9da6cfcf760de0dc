"""BVH, the format that every animation program reads, straight from a motion clip.

BVH knows no units. Metres are written unless told otherwise, because Blender reads one unit as
one metre; MotionBuilder and Maya expect centimetres: `scale=100`. Y is up and the performer
faces +Z at the first frame, as usual in BVH; Blender's importer turns this to Z up by default.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from mvmocap_core.files import write_text
from mvmocap_core.motion.clip import MotionClip

END_SITE_SHARE = 0.35
"""Length of a last bone, which has no end joint, over that of the bone before it."""

_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Turns Z up, facing -Y into Y up, facing +Z."""


def write_bvh(motion: MotionClip, target: Path, *, scale: float = 1.0) -> None:
    """Write the motion atomically, with its own frame rate.

    scale: units of the file a metre. Raises InputError when the file cannot be written.
    """
    write_text(target, "\n".join(_lines(motion, scale)) + "\n")


def _lines(motion: MotionClip, scale: float) -> Iterator[str]:
    order = _depth_first(motion.joint_parents)
    yield "HIERARCHY"
    yield from _hierarchy(motion, scale)
    yield "MOTION"
    yield f"Frames: {len(motion.times_s)}"
    yield f"Frame Time: {1.0 / motion.fps:.9f}"
    root = order[0]
    positions = motion.positions_m[:, root] @ _Y_UP.T * scale
    angles_deg = _euler_zxy_deg(motion.rotations_quat_wxyz[:, order])
    for row in np.column_stack([positions, angles_deg.reshape(len(positions), -1)]):
        yield " ".join(f"{value:.8f}" for value in row)


def _hierarchy(motion: MotionClip, scale: float) -> Iterator[str]:
    offsets = motion.rest_offsets_m @ _Y_UP.T * scale
    children = _children(motion.joint_parents)

    def joint_lines(joint: int, depth: int) -> Iterator[str]:
        outer, inner = "  " * depth, "  " * (depth + 1)
        yield f"{outer}{'JOINT' if depth else 'ROOT'} {motion.joint_names[joint]}"
        yield f"{outer}{{"
        yield f"{inner}OFFSET {_vector(offsets[joint] if depth else np.zeros(3))}"
        rotation = "Zrotation Xrotation Yrotation"
        yield (
            f"{inner}CHANNELS 3 {rotation}"
            if depth
            else f"{inner}CHANNELS 6 Xposition Yposition Zposition {rotation}"
        )
        for child in children[joint]:
            yield from joint_lines(child, depth + 1)
        if not children[joint]:
            yield f"{inner}End Site"
            yield f"{inner}{{"
            yield f"{inner}  OFFSET {_vector(offsets[joint] * END_SITE_SHARE)}"
            yield f"{inner}}}"
        yield f"{outer}}}"

    yield from joint_lines(_root(motion.joint_parents), 0)


def _euler_zxy_deg(quat_wxyz: np.ndarray) -> np.ndarray:
    """(F, J, 4) in the core's axes -> (F, J, 3) degrees about Z, X, Y of BVH's, without jumps.

    Every rotation has two triples of angles; the one nearer to the frame before is taken, so
    that curves stay smooth and an animator can edit them.
    """
    rotations = Rotation.from_quat(quat_wxyz.reshape(-1, 4), scalar_first=True).as_matrix()
    one = Rotation.from_matrix(_Y_UP @ rotations @ _Y_UP.T).as_euler("ZXY")
    other = np.stack([one[:, 0] + np.pi, np.pi - one[:, 1], one[:, 2] + np.pi], axis=1)
    both = np.stack([one, other]).reshape(2, *quat_wxyz.shape[:2], 3)
    angles = np.empty(both.shape[1:])
    previous = np.zeros(both.shape[2:])
    for frame in range(len(angles)):
        triples = both[:, frame]
        near = triples + 2.0 * np.pi * np.round((previous - triples) / (2.0 * np.pi))
        distance = np.abs(near - previous).sum(axis=-1)
        previous = np.where((distance[1] < distance[0])[:, None], near[1], near[0])
        angles[frame] = previous
    return np.rad2deg(angles)


def _vector(values: np.ndarray) -> str:
    return " ".join(f"{value:.8f}" for value in values)


def _root(parents: np.ndarray) -> int:
    return int(np.flatnonzero(parents < 0)[0])


def _children(parents: np.ndarray) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in parents]
    for joint, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(joint)
    return children


def _depth_first(parents: np.ndarray) -> list[int]:
    """Joints in the order in which `_hierarchy` writes them, which MOTION must follow."""
    children = _children(parents)
    order: list[int] = []
    stack = [_root(parents)]
    while stack:
        joint = stack.pop()
        order.append(joint)
        stack += reversed(children[joint])
    return order
