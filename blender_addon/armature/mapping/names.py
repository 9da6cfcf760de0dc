"""What the name of a bone says: the part of the body, its side, or that it is none of it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_LEFT, _RIGHT = ("l", "left", "lft", "lf"), ("r", "right", "rgt", "rt")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# Words of a name -> how well each joint fits it, 1 for sure. The first row whose words are all
# there decides, so that "upper arm" comes before "arm".
_PARTS: tuple[tuple[tuple[str, ...], dict[str, float]], ...] = (
    (("upper", "arm"), {"shoulder": 1.0}),
    (("fore", "arm"), {"elbow": 1.0}),
    (("lower", "arm"), {"elbow": 1.0}),
    (("up", "arm"), {"shoulder": 1.0}),
    (("low", "arm"), {"elbow": 1.0}),
    (("upper", "leg"), {"hip": 1.0}),
    (("up", "leg"), {"hip": 1.0}),
    (("lower", "leg"), {"knee": 1.0}),
    (("low", "leg"), {"knee": 1.0}),
    (("upper", "chest"), {"spine": 1.0}),
    (("upperarm",), {"shoulder": 1.0}),
    (("uparm",), {"shoulder": 1.0}),
    (("forearm",), {"elbow": 1.0}),
    (("lowerarm",), {"elbow": 1.0}),
    (("upperleg",), {"hip": 1.0}),
    (("upleg",), {"hip": 1.0}),
    (("lowerleg",), {"knee": 1.0}),
    (("clavicle",), {"clavicle": 1.0}),
    (("clav",), {"clavicle": 1.0}),
    (("collar",), {"clavicle": 1.0}),
    (("collarbone",), {"clavicle": 1.0}),
    (("shldr",), {"shoulder": 1.0}),
    (("shoulder",), {"clavicle": 0.7, "shoulder": 0.6}),
    (("bicep",), {"shoulder": 1.0}),
    (("humerus",), {"shoulder": 1.0}),
    (("elbow",), {"elbow": 1.0}),
    (("radius",), {"elbow": 1.0}),
    (("wrist",), {"wrist": 1.0}),
    (("hand",), {"wrist": 1.0}),
    (("palm",), {"wrist": 0.5}),
    (("arm",), {"shoulder": 0.8, "elbow": 0.3}),
    (("thigh",), {"hip": 1.0}),
    (("femur",), {"hip": 1.0}),
    (("shin",), {"knee": 1.0}),
    (("calf",), {"knee": 1.0}),
    (("shank",), {"knee": 1.0}),
    (("tibia",), {"knee": 1.0}),
    (("knee",), {"knee": 1.0}),
    (("ankle",), {"ankle": 1.0}),
    (("toe",), {"toe": 1.0}),
    (("toes",), {"toe": 1.0}),
    (("ball",), {"toe": 1.0}),
    (("foot",), {"ankle": 1.0}),
    (("feet",), {"ankle": 1.0}),
    (("leg",), {"knee": 0.7, "hip": 0.6}),
    (("head",), {"head": 1.0}),
    (("skull",), {"head": 1.0}),
    (("neck",), {"neck": 1.0}),
    (("pelvis",), {"pelvis": 1.0}),
    (("hips",), {"pelvis": 1.0}),
    (("hip",), {"pelvis": 0.7, "hip": 0.6}),
    (("torso",), {"pelvis": 0.6, "spine": 0.6}),
    (("spine",), {"spine": 1.0, "pelvis": 0.3, "neck": 0.2, "head": 0.1}),
    (("chest",), {"spine": 1.0}),
    (("thorax",), {"spine": 1.0}),
    (("abdomen",), {"spine": 1.0}),
    (("waist",), {"spine": 1.0}),
    (("back",), {"spine": 0.8}),
    (("root",), {"pelvis": 0.2}),
)
_NO_JOINT = frozenset((
    "thumb", "index", "middle", "mid", "ring", "pinky", "little", "finger", "fingers", "metacarpal",
    "metacarpals", "metatarsals", "carpal", "eye", "eyes", "jaw", "ear", "tongue", "teeth", "brow",
    "lid", "lip", "nose", "cheek", "chin", "breast", "pectoral", "hair", "skirt", "tail", "twist",
    "roll", "ik", "pole", "target", "ctrl", "mch", "end", "nub", "tip", "site", "share", "muscle",
    "prop", "weapon", "sword", "cloth", "cape", "wing", "top", "heel", "nail", "leaf", "helper",
    "trajectory", "master", "big", "small",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameReading:
    """What a name says.

    side:  "left", "right", or empty.
    parts: how well each kind of joint fits, in (0, 1]; a kind is a joint's name without its side,
           and "spine" stands for all spine joints. Empty when the name says nothing.
    is_other: the name is of something that is no joint of ours, as a finger or a twist bone.
    """

    side: str
    parts: dict[str, float]
    is_other: bool

    def fit(self, kind: str) -> float:
        """In [-1, 1]: how the name speaks for a kind of joint; 0 when it says nothing."""
        if self.is_other:
            return -1.0
        if not self.parts:
            return 0.0
        return self.parts.get(kind, -1.0)


def read_names(names: Sequence[str]) -> list[NameReading]:
    """Read the names of a rig; words that most of them share mean nothing."""
    words = [_words(name) for name in names]
    counts = Counter(word for found in words for word in set(found))
    common = {word for word, count in counts.items() if count > 0.6 * len(names) and count > 3}
    return [_read([word for word in found if word not in common]) for found in words]


def _words(name: str) -> list[str]:
    """Lower-case words of a name; what stands before a colon is a namespace."""
    name = name.rpartition(":")[2]
    name = re.sub(r"^([lr])(?=[A-Z][a-z])", r"\1_", name)  # lShldrBend
    return [word.lower() for word in _WORD.findall(name)]


def _read(words: list[str]) -> NameReading:
    is_left = any(word in _LEFT for word in words)
    is_right = any(word in _RIGHT for word in words)
    stems = {word: side for side in ("left", "right") for word in words if word.startswith(side)}
    side = "left" if is_left and not is_right else "right" if is_right and not is_left else ""
    if not side and len(set(stems.values())) == 1:  # "leftfoot", all in lower case
        side = next(iter(stems.values()))
        words = [word.removeprefix(side) for word in words]
    if any(word in _NO_JOINT for word in words) and words[:2] != ["neck", "twist"]:
        return NameReading(side, {}, True)
    for wanted, parts in _PARTS:
        if all(word in words for word in wanted):
            return NameReading(side, parts, False)
    return NameReading(side, {}, False)
