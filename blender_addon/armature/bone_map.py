"""Which bone of a character follows which joint of a clip."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from mvmocap_core.errors import InputError


def read_bone_map(path: Path, joints: Collection[str], bones: Collection[str]) -> dict[str, str]:
    """Read a JSON object of bone names by joint names, or a preset saved from Blender's panel.

    joints, bones: the names that there are.

    Raises:
        InputError: in one line, when the file is not such an object, names an unknown joint or
            bone, or uses one bone twice.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path}: not a bone map ({error}); give a JSON object, joint name to bone name."
        raise InputError(message, reason="bad_bone_map") from error
    if isinstance(document, Mapping) and isinstance(document.get("bones"), Mapping):
        document = document["bones"]
    if not isinstance(document, Mapping) or not document:
        message = f"{path}: give a JSON object of bone names by joint names."
        raise InputError(message, reason="bad_bone_map")
    bone_map = dict(document)
    check_bone_map(bone_map, joints, bones, source=str(path))
    return bone_map


def check_bone_map(
    bone_map: Mapping[str, str],
    joints: Collection[str],
    bones: Collection[str],
    *,
    source: str,
) -> None:
    """Hold a map of bone names by joint names to what there is.

    source: what the message names as the map's origin.

    Raises:
        InputError: in one line, for an unknown joint or bone, or a bone that is used twice.
    """
    for joint, bone in bone_map.items():
        _check_known(source, "joint", joint, joints)
        _check_known(source, "bone", bone, bones)
    targets = list(bone_map.values())
    for bone in targets:
        if targets.count(bone) > 1:
            message = f"{source}: two joints move the bone {bone!r}; keep one of them."
            raise InputError(message, reason="bad_bone_map")


def _check_known(source: str, kind: str, name: object, known: Collection[str]) -> None:
    if name not in known:
        some = ", ".join(sorted(known)[:12])
        message = f"{source}: there is no {kind} {name!r}; choose from {some}"
        raise InputError(f"{message}{' ...' if len(known) > 12 else ''}.", reason="bad_bone_map")
