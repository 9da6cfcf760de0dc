"""Which bones of a rig are its fingers: by its family's names, else by names below its hands."""

import re
from collections.abc import Mapping, Sequence

from mvmocap_core.motion.finger_names import FINGERS, SIDES

from ..bone_presets import BonePreset, without_prefix
from ..rig import Rig

_WORDS = {
    "thumb": ("thumb",),
    "index": ("index", "pointer"),
    "middle": ("middle", "mid"),
    "ring": ("ring",),
    "pinky": ("pinky", "pinkie", "little", "small"),
}
_NO_JOINT = ("metacarpal", "carpal", "palm", "end", "tip", "nub", "twist", "ik", "pole", "target")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MOST = 3


def finger_bones(
    rig: Rig, bone_map: Mapping[str, str], presets: Sequence[BonePreset]
) -> dict[str, str]:
    """Bone names of the rig's fingers by joint names; empty where it has none.

    bone_map: bone names by joint names; fingers hang on those of the wrists.
    """
    named = max((_of_family(rig, bone_map, preset) for preset in presets), key=len, default={})
    found = dict(named)
    if not found:
        for side in SIDES:
            wrist = bone_map.get(f"{side}_wrist")
            if wrist is not None:
                found |= _below(rig, side, rig.index[wrist])
    taken = set(bone_map.values())
    return {joint: bone for joint, bone in found.items() if bone not in taken}


def _of_family(rig: Rig, bone_map: Mapping[str, str], preset: BonePreset) -> dict[str, str]:
    """The preset's fingers, if the wrists are mapped to the bones that it names."""
    for prefix in ("", *preset.prefixes):
        plain = without_prefix(rig.names, prefix)
        wrists = [f"{side}_wrist" for side in SIDES if f"{side}_wrist" in bone_map]
        own = [plain.get(preset.bones.get(wrist, "")) for wrist in wrists]
        if wrists and own == [bone_map[wrist] for wrist in wrists]:
            fingers = preset.fingers.items()
            return {joint: plain[bone] for joint, bone in fingers if bone in plain}
    return {}


def _below(rig: Rig, side: str, wrist: int) -> dict[str, str]:
    """What below a hand is called as a finger, from the palm on."""
    found: dict[str, str] = {}
    for finger in FINGERS:
        bones = [bone for bone in _all_below(rig, wrist) if _is_of(rig.names[bone], finger)]
        chain = _longest_chain(rig, bones)[:_MOST]
        names = [f"{side}_{finger}_{number}" for number in (1, 2, 3)]
        found |= {joint: rig.names[bone] for joint, bone in zip(names, chain, strict=False)}
    return found


def _all_below(rig: Rig, bone: int) -> list[int]:
    below: list[int] = []
    for child in rig.children[bone]:
        below += [child, *_all_below(rig, child)]
    return below


def _is_of(name: str, finger: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name.rpartition(":")[2])]
    stems = [word.removeprefix("left").removeprefix("right") for word in words]
    is_joint = not any(word in _NO_JOINT for word in words)
    return is_joint and any(word in _WORDS[finger] for word in (*words, *stems))


def _longest_chain(rig: Rig, bones: Sequence[int]) -> list[int]:
    """The longest way down through the bones, each on the one before it."""
    chains: dict[int, list[int]] = {}
    for bone in sorted(bones):  # parents come first
        chains[bone] = [*chains.get(int(rig.parents[bone]), []), bone]
    return max(chains.values(), key=len, default=[])
