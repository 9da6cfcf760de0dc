"""Whether a bone map can be right: looked at from proportions and places alone."""

from collections.abc import Mapping

import numpy as np

from ..rig import Rig

_SEGMENTS = (
    (("shoulder", "elbow", "wrist"), 0.5, 2.0),
    (("hip", "knee", "ankle"), 0.6, 1.7),
)
"""Joints of a limb, and the range of its first length over its second one."""
SIDES = ("left", "right")


def implausible_joints(rig: Rig, bone_map: Mapping[str, str]) -> set[str]:
    """Joints of a map (bone names by joint names) whose bones lie where those joints cannot."""
    places = {joint: rig.heads_m[rig.index[bone]] for joint, bone in bone_map.items()}
    bad = _bad_lengths(places) | _crossed_sides(places)
    return bad | _bad_heights(places)


def _bad_lengths(places: Mapping[str, np.ndarray]) -> set[str]:
    bad: set[str] = set()
    for side in SIDES:
        for kinds, least, most in _SEGMENTS:
            joints = [f"{side}_{kind}" for kind in kinds]
            if all(joint in places for joint in joints):
                a, b, c = (places[joint] for joint in joints)
                first, second = np.linalg.norm(b - a), np.linalg.norm(c - b)
                if not least * second < first < most * second:
                    bad.update(joints)
    return bad


def _crossed_sides(places: Mapping[str, np.ndarray]) -> set[str]:
    """Pairs whose left one lies to the right of where most left ones lie, or all, by the feet."""
    kinds = [joint[5:] for joint in places if joint.startswith("left_")]
    across = {
        kind: places[f"left_{kind}"] - places[f"right_{kind}"]
        for kind in kinds if f"right_{kind}" in places
    }  # fmt: skip
    to_left = sum(across.values(), start=np.zeros(3))
    crossed = {kind for kind, way in across.items() if way @ to_left < 0}
    front = sum(
        (places[f"{side}_toe"] - places[f"{side}_ankle"] for side in SIDES
         if f"{side}_toe" in places and f"{side}_ankle" in places), start=np.zeros(3)
    )  # fmt: skip
    if "head" in places and "pelvis" in places:
        up = places["head"] - places["pelvis"]
        if np.cross(up, front) @ to_left < 0:
            crossed = set(across)
    return {f"{side}_{kind}" for kind in crossed for side in SIDES}


def _bad_heights(places: Mapping[str, np.ndarray]) -> set[str]:
    """Joints of the trunk that do not follow each other from the pelvis to the head."""
    trunk = [j for j in ("pelvis", "spine_1", "spine_2", "spine_3", "neck", "head") if j in places]
    if len(trunk) < 2:
        return set()
    up = places[trunk[-1]] - places[trunk[0]]
    heights = [float(places[joint] @ up) for joint in trunk]
    bad = {
        joint for i, joint in enumerate(trunk[1:], start=1)
        if heights[i] < heights[i - 1] - 0.05 * float(up @ up)
    }  # fmt: skip
    knees = [places[f"{side}_knee"] for side in SIDES if f"{side}_knee" in places]
    if knees and float(np.mean(knees, axis=0) @ up) > heights[0]:
        bad |= {"pelvis", "head", *(f"{side}_knee" for side in SIDES)} & set(places)
    return bad
