"""Rigs of nobody's making: random bodies, rest poses, trees, names, rolls, axes and sizes."""

import string

import numpy as np

from benchmarks.rig_families import Skeleton, bone_axes
from benchmarks.rig_person import FINGERS, RestPose, person_places, place_of

_CENTRE_NAMES = {
    "pelvis": ("Hips", "pelvis", "hip", "Pelvis"), "spine": ("Spine", "spine", "Chest", "abdomen"),
    "neck": ("Neck", "neck"), "head": ("Head", "head", "skull"),
}  # fmt: skip
_SIDE_NAMES = {
    "clavicle": ("Shoulder", "clavicle", "Collar", "clav"),
    "shoulder": ("Arm", "upperarm", "UpperArm", "upper_arm", "humerus"),
    "elbow": ("ForeArm", "lowerarm", "LowerArm", "forearm", "elbow"),
    "wrist": ("Hand", "hand", "wrist"), "hip": ("UpLeg", "thigh", "UpperLeg", "femur"),
    "knee": ("Leg", "calf", "LowerLeg", "shin", "knee"),
    "ankle": ("Foot", "foot", "ankle"), "toe": ("ToeBase", "ball", "toe", "Toes"),
}  # fmt: skip
_SIDE_STYLES = (
    ("{n}.L", "{n}.R"), ("{n}_l", "{n}_r"), ("Left{n}", "Right{n}"), ("l_{n}", "r_{n}"),
    ("L {n}", "R {n}"), ("rig:{n}_left", "rig:{n}_right"), ("DEF-{n}.L", "DEF-{n}.R"),
)  # fmt: skip
_LIMBS = {
    "clavicle": "chest", "shoulder": "clavicle", "elbow": "shoulder", "wrist": "elbow",
    "hip": "pelvis", "knee": "hip", "ankle": "knee", "toe": "ankle",
}  # fmt: skip
_PLACES = {"toe": "ball"}
_TWISTS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))


class _Builder:
    def __init__(self, rng: np.random.Generator, *, has_names: bool) -> None:
        self.rng = rng
        self.style = _SIDE_STYLES[rng.integers(len(_SIDE_STYLES))]
        self.has_names = has_names
        self.variants = rng.integers(5, size=2)
        self.places = person_places(_random_pose(rng))
        self.names: list[str] = []
        self.parents: list[int] = []
        self.heads: list[np.ndarray] = []
        self.truth: dict[str, str] = {}

    def add(self, wanted: str, parent: int, head: np.ndarray, joint: str = "") -> int:
        name = wanted if self.has_names else self._meaningless()
        while name in self.names:
            name = f"{name}.001"
        self.names.append(name)
        self.parents.append(parent)
        self.heads.append(head)
        if joint:
            self.truth[joint] = name
        return len(self.names) - 1

    def _meaningless(self) -> str:
        letters = self.rng.choice(list(string.ascii_lowercase), size=4)
        return "".join(letters) + str(self.rng.integers(1000))

    def centre_name(self, kind: str, number: int = 0) -> str:
        names = _CENTRE_NAMES[kind]
        name = names[int(self.variants[0]) % len(names)]
        return f"{name}{number}" if number else name

    def side_name(self, kind: str, side: int) -> str:
        names = _SIDE_NAMES.get(kind, (kind,))
        name = names[int(self.variants[1]) % len(names)]
        return self.style[side].replace("{n}", name)

    def place(self, text: str, side: int = 0) -> np.ndarray:
        return place_of(text, "r_" if side else "", self.places)


def random_skeleton(seed: int, *, has_names: bool) -> Skeleton:
    """A humanoid rig. has_names: bones are named as people name them, else at random."""
    rng = np.random.default_rng(seed)
    build = _Builder(rng, has_names=has_names)
    root = build.add("root", -1, build.place("floor")) if rng.random() < 0.5 else -1
    pelvis = build.add(build.centre_name("pelvis"), root, build.place("pelvis"), "pelvis")
    chest = _add_spine(build, pelvis)
    _add_head(build, chest)
    has = {"clavicle": rng.random() < 0.75, "toe": rng.random() < 0.75}
    inline_twists = bool(rng.random() < 0.2)
    has_fingers = rng.random() < 0.6
    has_twists = not inline_twists and rng.random() < 0.5
    for side in (0, 1):
        _add_limbs(build, side, {"pelvis": pelvis, "chest": chest}, has, inline_twists)
        if has_twists:
            _add_twists(build, side)
        if has_fingers:
            _add_fingers(build, side)
    _add_extras(build, pelvis, chest)
    return _finish(build)


def _random_pose(rng: np.random.Generator) -> RestPose:
    return RestPose(
        arms_down_deg=float(rng.choice([0.0, 30.0, 45.0, 60.0, 75.0])),
        elbows_deg=float(rng.choice([0.0, 0.0, 10.0, 30.0])),
        legs_apart_deg=float(rng.uniform(0.0, 10.0)),
        toes_out_deg=float(rng.uniform(0.0, 20.0)),
        proportions={
            part: float(np.exp(rng.normal(0.0, 0.1)))
            for part in ("trunk", "arm", "forearm", "leg", "shoulders", "hips", "head", "foot")
        },
    )


def _add_spine(build: _Builder, pelvis: int) -> int:
    n_bones = int(build.rng.integers(1, 7))
    above, bones = pelvis, []
    for number, share in enumerate(np.linspace(0.12, 0.72, n_bones) if n_bones > 1 else [0.4]):
        above = build.add(build.centre_name("spine", number), above, build.place(f"spine:{share}"))
        bones.append(build.names[above])
    build.truth["spine_3"] = bones[-1]
    if n_bones > 1:
        build.truth["spine_1"] = bones[0]
    if n_bones > 2:
        build.truth["spine_2"] = bones[(n_bones - 1) // 2]
    return above


def _add_head(build: _Builder, chest: int) -> None:
    rng, above = build.rng, chest
    for number in range(int(rng.choice([0, 1, 1, 1, 2]))):
        joint = "" if number else "neck"
        place = build.place(f"neck>head:{0.5 * number}")
        above = build.add(build.centre_name("neck", number), above, place, joint)
    head = build.add(build.centre_name("head"), above, build.place("head"), "head")
    if rng.random() < 0.4:
        build.add("head_end", head, build.place("head_top"))
    if rng.random() < 0.4:
        build.add("jaw", head, build.place("jaw"))
        for side in (0, 1):
            build.add(build.side_name("eye", side), head, build.place("eye", side))


def _add_limbs(
    build: _Builder, side: int, trunk: dict[str, int], has: dict[str, bool], inline_twists: bool
) -> None:
    added = dict(trunk)
    word = ("left", "right")[side]
    for kind, parent_kind in _LIMBS.items():
        if not has.get(kind, True):
            added[kind] = added[parent_kind]
            continue
        place = build.place(_PLACES.get(kind, kind), side)
        above = added[parent_kind]
        added[kind] = build.add(build.side_name(kind, side), above, place, f"{word}_{kind}")
        end = dict(_TWISTS).get(kind)
        if inline_twists and end:
            name = build.side_name(f"{kind}_twist", side)
            middle = build.place(f"{kind}>{end}:0.5", side)
            added[kind] = build.add(name, added[kind], middle)


def _add_twists(build: _Builder, side: int) -> None:
    word = ("left", "right")[side]
    for start, end in _TWISTS:
        bone = build.names.index(build.truth[f"{word}_{start}"])
        name = build.side_name(f"{start}_twist", side)
        build.add(name, bone, build.place(f"{start}>{end}:0.5", side))


def _add_fingers(build: _Builder, side: int) -> None:
    hand = build.names.index(build.truth[f"{('left', 'right')[side]}_wrist"])
    for finger in FINGERS:
        above = hand
        for number in (1, 2, 3):
            name = build.side_name(f"{finger}{number}", side)
            above = build.add(name, above, build.place(f"{number}{finger}", side))


def _add_extras(build: _Builder, pelvis: int, chest: int) -> None:
    """A tail, a weapon in one hand, breasts, a skirt, hair, targets of IK at the root."""
    rng = build.rng
    if rng.random() < 0.2:
        above = pelvis
        for number in range(5):
            place = build.place("pelvis") + [0.0, 0.08 + 0.1 * number, -0.06 * number]
            above = build.add(f"tail{number}", above, place)
    if rng.random() < 0.25:
        hand = build.names.index(build.truth["right_wrist"])
        sword = build.add("weapon", hand, build.place("hand_end", 1))
        build.add("weapon_tip", sword, build.place("hand_end", 1) + [0.0, -0.9, 0.0])
    if rng.random() < 0.3:
        for side in (0, 1):
            build.add(build.side_name("breast", side), chest, build.place("breast", side))
    if rng.random() < 0.2:
        for side in (0, 1):
            top = build.add(build.side_name("skirt1", side), pelvis, build.place("hip", side))
            build.add(build.side_name("skirt2", side), top, build.place("hip>knee:0.7", side))
    if rng.random() < 0.2 and build.parents[pelvis] >= 0:
        for side in (0, 1):
            build.add(build.side_name("ik_foot", side), 0, build.place("ankle", side))


def _finish(build: _Builder) -> Skeleton:
    """Roll and size at random; some rigs face another way, some point all bones up."""
    rng = build.rng
    heads = np.array(build.heads)
    quarter = int(rng.choice([0, 0, 0, 0, 1, 2, 3]))
    c, s = np.cos(quarter * np.pi / 2), np.sin(quarter * np.pi / 2)
    heads = (
        float(np.exp(rng.normal(0.0, 0.4))) * heads @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    )
    style = rng.choice(["along", "up", "any"])
    rotmats, tails = [], []
    for bone in range(len(heads)):
        children = [i for i, parent in enumerate(build.parents) if parent == bone]
        ways = [heads[child] - heads[bone] for child in children]
        way = max(ways, key=np.linalg.norm, default=np.array([0.0, 0.0, 0.05]))
        if style == "up" or np.linalg.norm(way) < 1e-3:
            way = np.array([0.0, 0.0, 0.05])
        elif style == "any":
            way = 0.05 * rng.normal(size=3)
        rotmats.append(bone_axes(way, roll=float(rng.uniform(-np.pi, np.pi))))
        tails.append(heads[bone] + way)
    return Skeleton(
        family="random",
        names=tuple(build.names),
        parents=tuple(build.parents),
        heads_m=heads,
        tails_m=np.array(tails),
        rotmats=np.array(rotmats),
        truth=build.truth,
        unit_m=float(rng.choice([1.0, 0.01, 0.0254])),
        is_y_up=bool(rng.random() < 0.5),
    )
