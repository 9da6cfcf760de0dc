"""Settings of the exporters for other programs, as data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mvmocap_core.errors import InputError

BUNDLED = Path(__file__).resolve().parent / "export_presets"
NO_PRESET = "NONE"
_SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class FbxTraits:
    """What a program wants of the file.

    unit_m:    length of its unit in metres.
    root_bone: what the armature's node is called where the rig has no root bone of this name;
               a rig that has one gets a node of which Unreal makes no bone. Empty keeps the name.
    """

    unit_m: float
    root_bone: str = ""


@dataclass(frozen=True, slots=True)
class ExportPreset:
    """What one program wants.

    settings: arguments of Blender's exporter for `file_format`.
    fbx:      what else an FBX file is to be like; None for other formats.
    """

    identifier: str
    name: str
    file_format: str
    settings: Mapping[str, Any]
    fbx: FbxTraits | None


def read_export_presets(folder: Path = BUNDLED) -> dict[str, ExportPreset]:
    """All presets of a folder by identifier.

    Raises:
        InputError: naming the file that is not a preset.
    """
    presets = (_read(path) for path in sorted(folder.glob("*.json")))
    return {preset.identifier: preset for preset in presets}


def export_preset_items() -> list[tuple[str, str, str]]:
    """The presets as items of an enumeration; the first stands for none."""
    items = [(NO_PRESET, "Any Program", "Metres, every bone, a key on every frame")]
    for preset in read_export_presets().values():
        tip = f"{preset.file_format.upper()} with what {preset.name} expects"
        items.append((preset.identifier, preset.name, tip))
    return items


def _read(path: Path) -> ExportPreset:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema_version"] != _SCHEMA_VERSION:
            raise ValueError(f"schema_version is not {_SCHEMA_VERSION}")
        file_format = str(document["format"])
        traits = FbxTraits(
            unit_m=float(document.get("unit_m", 1.0)), root_bone=str(document.get("root_bone", ""))
        )
        return ExportPreset(
            identifier=str(document["identifier"]),
            name=str(document["name"]),
            file_format=file_format,
            settings=dict(document["settings"]),
            fbx=traits if file_format == "fbx" else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path}: not an export preset ({error}); install the extension again."
        raise InputError(message, reason="bad_preset") from error
