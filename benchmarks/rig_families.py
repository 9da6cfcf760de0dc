"""Skeletons of the families of rigs that animators use: names, tree, rest pose, axes, units.

Rigify's are not here: Blender makes those. MakeHuman's are the true ones, from MPFB (CC0), CMU's
come from the database; the others are built with the names, the tree, the axes and the units that
their programs export, on a body of our own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.motion_capture import SHARED_DATA
from benchmarks.rig_person import FINGERS, RestPose, person_places, place_of

SKELETONS = Path(__file__).resolve().parent / "skeletons"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Skeleton:
    """N bones in metres, Z up; what is faithful to a family beside its names is said here.

    truth:  bone by joint name: what an animator would map.
    heads_m, tails_m: (N, 3); rotmats: (N, 3, 3) bone axes, y from head to tail.
    unit_m: length of one unit of the armature object; is_y_up: its axes, as FBX imports have them.
    copies: deforming bone -> control that it copies.
    """

    family: str
    names: tuple[str, ...]
    parents: tuple[int, ...]
    heads_m: np.ndarray
    tails_m: np.ndarray
    rotmats: np.ndarray
    truth: dict[str, str]
    unit_m: float = 1.0
    is_y_up: bool = False
    copies: dict[str, str] = field(default_factory=dict)


def table_families() -> list[str]:
    """Families that are described by a table."""
    return sorted(path.stem for path in (SKELETONS / "families").glob("*.json"))


def load_family(name: str) -> Skeleton:
    """One of `table_families()`."""
    document = json.loads((SKELETONS / "families" / f"{name}.json").read_text(encoding="utf-8"))
    places = person_places(RestPose(**document.get("pose", {})))
    rows: list[tuple[str, str, np.ndarray]] = []
    truth: dict[str, str] = {}
    for bone, parent, place, *joint in document["bones"]:
        for side, token, joint_side in _sides(bone, document["sides"]):
            full = bone.replace("{s}", token)
            rows.append((full, parent.replace("{s}", token), place_of(place, side, places)))
            if joint:
                truth[joint_side + joint[0]] = full
    if "fingers" in document:
        rows += _finger_rows(document, places)
    copies = {
        bone.replace("{s}", token): control.replace("{s}", token)
        for bone, control in document.get("copies", {}).items()
        for _, token, _ in _sides(bone, document["sides"])
    }
    return _skeleton(
        document["family"], rows, truth, document.get("axes", "along"),
        unit_m=document.get("unit_m", 1.0), is_y_up=document.get("is_y_up", False), copies=copies,
    )  # fmt: skip


def load_makehuman(name: str) -> Skeleton:
    """One of MPFB's own rigs: "default", "game_engine", "cmu" or "mixamo"."""
    document = json.loads((SKELETONS / f"makehuman_{name}.json").read_text(encoding="utf-8"))
    bones: dict[str, list] = document["bones"]
    names = tuple(bones)
    heads = np.array([head for _, head, _, _ in bones.values()])
    tails = np.array([tail for _, _, tail, _ in bones.values()])
    floor = np.array([0.0, 0.0, min(heads[:, 2].min(), tails[:, 2].min())])
    return Skeleton(
        family=f"MakeHuman {name}",
        names=names,
        parents=tuple(names.index(parent) if parent else -1 for parent, *_ in bones.values()),
        heads_m=heads - floor,
        tails_m=tails - floor,
        rotmats=np.stack(
            [
                bone_axes(tail - head, roll=roll)
                for head, tail, (*_, roll) in zip(heads, tails, bones.values(), strict=True)
            ]
        ),  # fmt: skip
        truth=document["truth"],
    )


def load_cmu() -> Skeleton:
    """The first skeleton of the CMU database.

    Raises:
        FileNotFoundError: the data folder is not beside the repository.
    """
    with np.load(SHARED_DATA / "cmu" / "cmu_val.npz", allow_pickle=False) as data:
        used = data["skel_parents"][0] > -2
        names = tuple(str(name) for name in data["skel_names"][0][used])
        parents = tuple(int(parent) for parent in data["skel_parents"][0][used])
        offsets = data["skel_offsets"][0][used].astype(float)
    heads = np.zeros((len(names), 3))
    for bone, parent in enumerate(parents):
        heads[bone] = offsets[bone] + (heads[parent] if parent >= 0 else 0.0)
    heads[:, 2] -= heads[:, 2].min()
    tails = np.array([_tail(bone, parents, heads) for bone in range(len(names))])
    truth = json.loads((SKELETONS / "makehuman_cmu.json").read_text(encoding="utf-8"))["truth"]
    return Skeleton(
        family="CMU BVH",
        names=names,
        parents=parents,
        heads_m=heads,
        tails_m=tails,
        rotmats=np.stack([bone_axes(way) for way in tails - heads]),
        truth={joint: bone for joint, bone in truth.items() if bone in names},
    )


def bone_axes(way: np.ndarray, *, roll: float = 0.0) -> np.ndarray:
    """(3, 3) Blender's axes of a bone along `way` (3,), turned by `roll` about it."""
    y = way / np.linalg.norm(way)
    x = np.cross(y, [0.0, 0.0, 1.0]) if abs(y[2]) < 0.99 else np.array([1.0, 0.0, 0.0])
    x = x - (x @ y) * y
    x /= np.linalg.norm(x)
    z = np.cross(x, y)
    c, s = np.cos(roll), np.sin(roll)
    return np.stack([c * x - s * z, y, s * x + c * z], axis=1)


def _sides(bone: str, tokens: Sequence[str]) -> list[tuple[str, str, str]]:
    if "{s}" not in bone:
        return [("", "", "")]
    return [("", tokens[0], "left_"), ("r_", tokens[1], "right_")]


def _finger_rows(
    document: dict, places: dict[str, np.ndarray]
) -> list[tuple[str, str, np.ndarray]]:
    """Three bones a finger, as the document names them."""
    pattern, hand = document["fingers"]["pattern"], document["fingers"]["parent"]
    words = dict(zip(FINGERS, document["fingers"].get("words", FINGERS), strict=True))
    joints = document["fingers"].get("joints", ("1", "2", "3"))
    rows = []
    for side, token, _ in _sides("{s}", document["sides"]):
        for finger, word in words.items():
            above = hand.replace("{s}", token)
            for number, text in enumerate(joints, start=1):
                name = pattern.replace("{s}", token).replace("{f}", word).replace("{n}", text)
                rows.append((name, above, place_of(f"{number}{finger}", side, places)))
                above = name
    return rows


def _skeleton(
    family: str,
    rows: Sequence[tuple[str, str, np.ndarray]],
    truth: dict[str, str],
    axes: str,
    **facts: object,
) -> Skeleton:
    """rows: bone, parent, head. axes: "along" the bone, "x" for x along it, or "world"."""
    names = tuple(name for name, _, _ in rows)
    parents = tuple(names.index(parent) if parent else -1 for _, parent, _ in rows)
    heads = np.array([head for _, _, head in rows])
    onward = np.array([_tail(bone, parents, heads) for bone in range(len(names))])
    rotmats, tails = [], []
    for name, head, tail in zip(names, heads, onward, strict=True):
        rotmat = bone_axes(tail - head)
        if axes == "x":  # as Unreal and Biped: x to the child on the left, from it on the right
            sign = -1.0 if head[0] < -1e-6 else 1.0
            rotmat = rotmat @ np.array([[0.0, sign, 0.0], [sign, 0.0, 0.0], [0.0, 0.0, -1.0]]).T
        elif axes == "world":  # as VRM and Unity: y up in every bone
            rotmat = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
        rotmats.append(rotmat)
        length = 0.05 if axes != "along" else float(np.linalg.norm(tail - head))
        tails.append(head + length * rotmat[:, 1])
        if not name:
            raise ValueError(f"{family}: a bone has no name")
    return Skeleton(
        family=family, names=names, parents=parents, heads_m=heads, tails_m=np.array(tails),
        rotmats=np.array(rotmats), truth=truth, **facts,
    )  # fmt: skip


def _tail(bone: int, parents: Sequence[int], heads: np.ndarray) -> np.ndarray:
    """The middle of the children, else onward from the parent."""
    children = [child for child, parent in enumerate(parents) if parent == bone]
    ways = [heads[child] - heads[bone] for child in children]
    far = max(ways, key=np.linalg.norm, default=np.zeros(3))
    if np.linalg.norm(far) > 1e-3:
        return heads[bone] + far
    onward = heads[bone] - heads[parents[bone]] if parents[bone] >= 0 else np.zeros(3)
    length = float(np.linalg.norm(onward))
    if length < 1e-3:
        return heads[bone] + [0.0, 0.0, 0.05]
    return heads[bone] + min(0.05 / length, 0.5) * onward
