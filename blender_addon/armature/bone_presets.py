"""Families of rigs as data: which bone follows which joint, and how to tell the family."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvmocap_core.errors import InputError
from mvmocap_core.files import write_text

BUNDLED = Path(__file__).resolve().parent / "presets"
_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class RigSetting:
    """A custom property of a pose bone that the bake needs, such as a switch from IK to FK."""

    bone: str
    name: str
    value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BonePreset:
    """One family of rigs.

    prefixes: regular expressions of what may stand before each bone's name.
    bones:    bone name, without prefix, by joint name.
    required: joints whose bones tell the family.
    """

    name: str
    bones: Mapping[str, str]
    required: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    settings: tuple[RigSetting, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectedMap:
    """What a preset finds in a rig.

    bones: the rig's own bone names by joint name.
    score: share of the preset's required joints that have their bone, in [0, 1].
    """

    preset: BonePreset
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
        "settings": [
            {"bone": setting.bone, "property": setting.name, "value": setting.value}
            for setting in preset.settings
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def apply_preset(preset: BonePreset, bone_names: Collection[str]) -> DetectedMap:
    """Which of a rig's bones the preset knows, and how many of those it needs."""
    best: dict[str, str] = {}
    for prefix in ("", *preset.prefixes):
        plain = _without_prefix(bone_names, prefix)
        found = {joint: plain[bone] for joint, bone in preset.bones.items() if bone in plain}
        best = max(best, found, key=len)
    required = preset.required or tuple(preset.bones)
    score = sum(joint in best for joint in required) / max(len(required), 1)
    return DetectedMap(preset, best, score)


def detect_bones(bone_names: Collection[str], presets: Sequence[BonePreset]) -> DetectedMap:
    """The preset that fits a rig best, however little that is.

    Raises:
        ValueError: when there are no presets.
    """
    found = [apply_preset(preset, bone_names) for preset in presets]
    return max(found, key=lambda detected: (detected.score, len(detected.bones)))


def _without_prefix(bone_names: Collection[str], prefix: str) -> dict[str, str]:
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
        settings=tuple(settings),
    )
