"""How a character's rest pose lies to a clip's: where it faces, how its limbs hang, its size."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from mvmocap_core.motion.clip import MotionClip
from mvmocap_core.motion.finger_names import FINGER_NAMES

from .quaternions import rotmat_between
from .rest_pose import rest_positions_m
from .rig import Rig

_STRAIGHT_LIMBS = ("shoulder", "elbow", "hip", "knee")
"""Joints whose bone may lie differently in the character's rest pose, as in an A-pose."""
_UPRIGHT_DEG, _SQUARE_DEG = 30.0, 10.0
"""A trunk that leans less stands upright; shoulders that are turned less stand square."""
_BELOW_FLOOR, _ABOVE_FLOOR = 0.05, 0.1
"""A rig stands on z = 0 if its lowest bone is no further below or above, over its height; without
bones of the toes the ankle is the lowest."""
_SIDES = ("left", "right")


@dataclass(frozen=True, slots=True, eq=False)
class RestFit:
    """From the character's rest pose to the clip's.

    corrections: (J, 3, 3) for each joint: turns a bone's axes from the character's rest pose into
        the clip's, world axes.
    scale:   character's metres for one of the clip: by the length of the legs.
    heights_m, clip_heights_m: rest heights over the floor of the mapped joints, by name.
    """

    corrections: np.ndarray
    scale: float
    heights_m: dict[str, float]
    clip_heights_m: dict[str, float]

    def up_m(self, joints: Collection[str]) -> float:
        """How much higher these joints stand than the clip's times the scale, on average."""
        ups = [self.heights_m[j] - self.scale * self.clip_heights_m[j] for j in joints]
        return float(np.mean(ups))


def fit_rest_pose(rig: Rig, clip: MotionClip, joint_bones: Mapping[int, int]) -> RestFit:
    """joint_bones: bone index by joint index."""
    names = [str(name) for name in clip.joint_names]
    places = {names[joint]: rig.heads_m[bone] for joint, bone in joint_bones.items()}
    rest = dict(zip(names, rest_positions_m(clip), strict=True))
    facing = _facing(places)
    corrections = _corrections(clip, names, places, facing)
    scale = _leg_m(places) / _leg_m(rest) if _leg_m(places) and _leg_m(rest) else 0.0
    floor_m = _floor_m(rig, facing)
    heights_m = {name: float((facing @ place)[2]) - floor_m for name, place in places.items()}
    clip_heights_m = {name: float(rest[name][2]) for name in places}
    if not scale:
        high = "pelvis" if "pelvis" in places else max(heights_m, key=heights_m.__getitem__)
        scale = heights_m[high] / clip_heights_m[high]
    return RestFit(corrections, scale, heights_m, clip_heights_m)


def _facing(places: Mapping[str, np.ndarray]) -> np.ndarray:
    """(3, 3) turns the character so that it stands upright and faces -Y, with left at +X."""
    pairs = [kind for kind in ("hip", "shoulder", "knee", "elbow")
             if all(f"{side}_{kind}" in places for side in _SIDES)]  # fmt: skip
    low = [places[f"{side}_{kind}"] for kind in ("hip", "knee") for side in _SIDES
           if f"{side}_{kind}" in places]  # fmt: skip
    low = low or [places[joint] for joint in ("pelvis",) if joint in places]
    high = [places[joint] for joint in ("left_shoulder", "right_shoulder", "neck", "head")
            if joint in places]  # fmt: skip
    if not pairs or not low or not high:
        return np.eye(3)
    up = _snapped(np.mean(high, axis=0) - np.mean(low, axis=0), _UPRIGHT_DEG)
    left = sum((places[f"left_{kind}"] - places[f"right_{kind}"] for kind in pairs), np.zeros(3))
    left = _snapped(left - (left @ up) * up, _SQUARE_DEG)
    left -= (left @ up) * up
    left /= np.linalg.norm(left)
    return np.stack([left, np.cross(up, left), up])


def _snapped(direction: np.ndarray, most_deg: float) -> np.ndarray:
    """(3,) unit: the nearest axis of the world, if it is near enough, else the direction."""
    direction = direction / max(float(np.linalg.norm(direction)), 1e-12)
    axis = np.zeros(3)
    largest = int(np.argmax(np.abs(direction)))
    axis[largest] = np.sign(direction[largest])
    return axis if direction @ axis > np.cos(np.radians(most_deg)) else direction


def _corrections(
    clip: MotionClip, names: list[str], places: Mapping[str, np.ndarray], facing: np.ndarray
) -> np.ndarray:
    corrections: list[np.ndarray] = []
    parents = [int(parent) for parent in clip.joint_parents]
    for joint, parent in enumerate(parents):
        side, _, kind = names[joint].partition("_")
        children = [c for c, p in enumerate(parents) if p == joint and names[c] in places]
        if side not in _SIDES or kind == "clavicle":
            corrections.append(facing)  # its own shape, not a pose
        elif kind in _STRAIGHT_LIMBS and names[joint] in places and children:
            way = facing @ (places[names[children[0]]] - places[names[joint]])
            corrections.append(rotmat_between(way, clip.rest_offsets_m[children[0]]) @ facing)
        elif kind == "ankle" and names[joint] in places and children:
            way = facing @ (places[names[children[0]]] - places[names[joint]])
            corrections.append(_level_turn(way, clip.rest_offsets_m[children[0]]) @ facing)
        elif kind == "ankle":
            corrections.append(facing)
        elif kind == "wrist" and (palms := _palms(side, places, names, clip)) is not None:
            corrections.append(palms)
        elif names[joint] in FINGER_NAMES and names[joint] in places and children:
            way = corrections[parent] @ (places[names[children[0]]] - places[names[joint]])
            straight = rotmat_between(way, clip.rest_offsets_m[children[0]])
            corrections.append(straight @ corrections[parent])
        else:
            corrections.append(corrections[parent])
    return np.stack(corrections)


def _palms(
    side: str, places: Mapping[str, np.ndarray], names: list[str], clip: MotionClip
) -> np.ndarray | None:
    """(3, 3) from the character's palm to the clip's; None where their knuckles are not mapped."""
    joints = [f"{side}_{kind}" for kind in ("wrist", "index_1", "pinky_1")]
    if any(joint not in places for joint in joints):
        return None
    rest = dict(zip(names, rest_positions_m(clip), strict=True))
    theirs, ours = (_palm_axes(*(where[joint] for joint in joints)) for where in (places, rest))
    return ours @ theirs.T


def _palm_axes(wrist: np.ndarray, index: np.ndarray, little: np.ndarray) -> np.ndarray:
    """(3, 3) columns: to the knuckles, across them, out of the palm."""
    along = 0.5 * (index + little) - wrist
    along /= np.linalg.norm(along)
    out = np.cross(along, index - little)
    out /= np.linalg.norm(out)
    return np.stack([along, np.cross(out, along), out], axis=1)


def _level_turn(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(3, 3) about z, from one direction to the other as seen from above."""
    flat = np.array([1.0, 1.0, 0.0])
    if np.linalg.norm(source * flat) < 1e-6 or np.linalg.norm(target * flat) < 1e-6:
        return np.eye(3)
    return rotmat_between(source * flat, target * flat)


def _leg_m(places: Mapping[str, np.ndarray]) -> float:
    """Mean length from hip over knee to ankle; 0 when no leg has all three."""
    lengths = [
        np.linalg.norm(places[f"{side}_knee"] - places[f"{side}_hip"])
        + np.linalg.norm(places[f"{side}_ankle"] - places[f"{side}_knee"])
        for side in _SIDES
        if all(f"{side}_{kind}" in places for kind in ("hip", "knee", "ankle"))
    ]
    return float(np.mean(lengths)) if lengths else 0.0


def _floor_m(rig: Rig, facing: np.ndarray) -> float:
    """Zero for a rig that stands there, else its lowest bone."""
    heights = (rig.heads_m[rig.is_deforming] @ facing.T)[:, 2]
    if not len(heights):
        return 0.0
    low, high = float(heights.min()), float(heights.max())
    size = high - low
    return 0.0 if -_BELOW_FLOOR * size < low < _ABOVE_FLOOR * size else low
