"""Families of rigs as data: which bone follows which joint, and how to tell the family."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mvmocap_core.errors import InputError
from mvmocap_core.files import write_text
from mvmocap_core.motion.finger_names import FINGERS, SIDES

BUNDLED = Path(__file__).resolve().parent / "presets"
_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class RigSetting:
    """A custom property of a pose bone that the bake needs, such as a switch from IK to FK."""

    bone: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Follower:
    """A bone that goes along with a joint's bone; a pole with the plane in which a limb bends.

    joint: of a pole, the elbow or the knee.
    """

    bone: str
    joint: str
    is_pole: bool = False


@dataclass(frozen=True, slots=True)
class FingerNames:
    """How a family calls its fingers' bones.

    pattern: with {s} for the side, {f} for the finger and {n} for the joint.
    sides: words of left and right. fingers: of thumb, index, middle, ring and little finger.
    joints: from the palm to the tip.
    """

    pattern: str
    sides: tuple[str, ...]
    fingers: tuple[str, ...] = FINGERS
    joints: tuple[str, ...] = ("1", "2", "3")

    def bones(self) -> dict[str, str]:
        """Bone name, without prefix, by joint name."""
        return {
            f"{side}_{finger}_{number}": self.pattern.format(s=side_word, f=word, n=joint)
            for side, side_word in zip(SIDES, self.sides, strict=True)
            for finger, word in zip(FINGERS, self.fingers, strict=True)
            for number, joint in enumerate(self.joints, start=1)
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class BonePreset:
    """One family of rigs.

    prefixes: regular expressions of what may stand before each bone's name.
    bones:    bone name, without prefix, by joint name.
    required: joints whose bones tell the family.
    tells:    bones, without prefix, that only this family has, as far as others are like it.
    settings: what a bake sets first. followers: other bones that it keys.
    fingers:  like bones, of fingers; they are no part of what tells the family.
    """

    name: str
    bones: Mapping[str, str]
    required: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    settings: tuple[RigSetting, ...] = ()
    followers: tuple[Follower, ...] = ()
    fingers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PresetBones:
    """What a preset finds in a rig.

    bones: the rig's own bone names by joint name.
    score: share of the bones that the preset needs which are there, in [0, 1].
    """

    bones: Mapping[str, str]
    score: float


def read_preset(path: Path) -> BonePreset:
    """Read a preset file; presets/README.md describes it.

    Raises:
        InputError: in one line, when it cannot be read or is not one.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _preset(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, re.error) as error:
        message = f"{path}: not a bone map preset ({error}); delete the file or mend it."
        raise InputError(message, reason="bad_bone_map") from error


def read_presets(folders: Iterable[Path]) -> tuple[list[BonePreset], list[str]]:
    """All presets of the folders by file name, and a line for each file that cannot be used."""
    presets: list[BonePreset] = []
    complaints: list[str] = []
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            try:
                presets.append(read_preset(path))
            except InputError as error:
                complaints.append(str(error))
    return presets, complaints


def write_preset(path: Path, preset: BonePreset) -> None:
    """Save a preset, whole or not at all.

    Raises:
        InputError: when the disk is full or the folder cannot be written.
    """
    document = {
        "schema_version": _SCHEMA_VERSION,
        "name": preset.name,
        "prefixes": list(preset.prefixes),
        "bones": dict(preset.bones),
        "required": list(preset.required),
        "tells": list(preset.tells),
        "settings": [
            {"bone": setting.bone, "property": setting.name, "value": setting.value}
            for setting in preset.settings
        ],
        "followers": [asdict(follower) for follower in preset.followers],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def apply_preset(preset: BonePreset, bone_names: Collection[str]) -> PresetBones:
    """Which of a rig's bones the preset knows, and how many of those it needs."""
    best: dict[str, str] = {}
    n_told = 0
    for prefix in ("", *preset.prefixes):
        plain = without_prefix(bone_names, prefix)
        found = {joint: plain[bone] for joint, bone in preset.bones.items() if bone in plain}
        if len(found) > len(best):
            best, n_told = found, sum(bone in plain for bone in preset.tells)
    required = preset.required or tuple(preset.bones)
    n_needed = len(required) + len(preset.tells)
    score = (sum(joint in best for joint in required) + n_told) / max(n_needed, 1)
    return PresetBones(best, score)


def best_preset(
    bone_names: Collection[str], presets: Sequence[BonePreset]
) -> tuple[BonePreset, PresetBones]:
    """The preset that fits a rig best, however little that is; the most particular of equals.

    Raises:
        ValueError: when there are no presets.
    """
    found = [(preset, apply_preset(preset, bone_names)) for preset in presets]
    return max(found, key=lambda one: (one[1].score, len(one[0].tells), len(one[1].bones)))


def without_prefix(bone_names: Collection[str], prefix: str) -> dict[str, str]:
    """The rig's names by what is left of them; names without the prefix are left out."""
    plain: dict[str, str] = {}
    for name in bone_names:
        match = re.match(prefix, name)
        if match:
            plain[name[match.end() :]] = name
    return plain


def _preset(document: Mapping[str, Any]) -> BonePreset:
    if document["schema_version"] != _SCHEMA_VERSION:
        raise ValueError(f"schema_version {document['schema_version']} is not {_SCHEMA_VERSION}")
    bones = {str(joint): str(bone) for joint, bone in document["bones"].items()}
    prefixes = tuple(str(prefix) for prefix in document.get("prefixes", ()))
    for prefix in prefixes:
        re.compile(prefix)
    settings = (
        RigSetting(str(item["bone"]), str(item["property"]), float(item["value"]))
        for item in document.get("settings", ())
    )
    return BonePreset(
        name=str(document["name"]),
        bones=bones,
        required=tuple(str(joint) for joint in document.get("required", ())),
        prefixes=prefixes,
        tells=tuple(str(bone) for bone in document.get("tells", ())),
        settings=tuple(settings),
        followers=tuple(
            Follower(str(item["bone"]), str(item["joint"]), bool(item.get("is_pole", False)))
            for item in document.get("followers", ())
        ),
        fingers=_fingers(document["fingers"]) if "fingers" in document else {},
    )


def _fingers(entry: Mapping[str, Any]) -> dict[str, str]:
    words = {
        key: tuple(str(word) for word in entry[key])
        for key in ("sides", "fingers", "joints")
        if key in entry
    }
    return FingerNames(str(entry["pattern"]), **words).bones()
