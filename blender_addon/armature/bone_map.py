"""Which bone of a character follows which joint of a clip."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from mvmocap_core.errors import InputError


def read_bone_map(path: Path, joints: Collection[str], bones: Collection[str]) -> dict[str, str]:
    """Read a JSON object of bone names by joint names.

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
    if not isinstance(document, Mapping) or not document:
        message = f"{path}: give a JSON object of bone names by joint names."
        raise InputError(message, reason="bad_bone_map")
    for joint, bone in document.items():
        _check_known(path, "joint", joint, joints)
        _check_known(path, "bone", bone, bones)
    targets = list(document.values())
    for bone in targets:
        if targets.count(bone) > 1:
            message = f"{path}: two joints move the bone {bone!r}; keep one of them."
            raise InputError(message, reason="bad_bone_map")
    return dict(document)


def _check_known(path: Path, kind: str, name: object, known: Collection[str]) -> None:
    if name not in known:
        some = ", ".join(sorted(known)[:12])
        message = f"{path}: there is no {kind} {name!r}; choose from {some}"
        raise InputError(f"{message}{' ...' if len(known) > 12 else ''}.", reason="bad_bone_map")
