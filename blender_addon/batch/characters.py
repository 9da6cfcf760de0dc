"""The armature of a character's file, and which of its bones follow the performer's joints."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy

from mvmocap_core.body.skeleton import JOINT_NAMES
from mvmocap_core.errors import InputError
from mvmocap_core.motion.finger_names import FINGER_NAMES

from ..armature.bone_map import read_bone_map
from ..armature.bone_presets import BUNDLED, Follower, RigSetting, read_presets
from ..armature.detected_map import SURE, DetectedMap
from ..armature.mapping.detect import detect_bones
from ..armature.read_rig import read_rig
from ..armature.retarget import way_carrier
from ..armature.rig_settings import check_target
from .scenes_file import Character, SceneJob


@dataclass(frozen=True, slots=True)
class MappedCharacter:
    """An armature with the bones of each joint, and what its family of rigs needs besides."""

    armature_object: bpy.types.Object
    bone_map: Mapping[str, str]
    settings: Sequence[RigSetting] = ()
    followers: Sequence[Follower] = ()


def check_characters(job: SceneJob) -> None:
    """Open every character of the scene as the bake will; afterwards an empty file is open.

    Raises:
        InputError: when one cannot be opened, lacks the armature, or could not be animated.
    """
    joints = [*JOINT_NAMES, *(FINGER_NAMES if job.options.hands else ())]
    chosen = [each for each in job.characters if each.character is not None]
    for character in chosen:
        open_character(character.character, job.name)
        found = bpy.data.objects.get(character.armature or "")
        mapped = map_character(character, found, joints)
        check_target(mapped.armature_object)
        rig = read_rig(mapped.armature_object)
        bones = {joint: rig.index[bone] for joint, bone in mapped.bone_map.items()}
        way_carrier(rig, bones, character.bake.retarget)
    if chosen:
        bpy.ops.wm.read_factory_settings(use_empty=True)


def open_character(path: Path, scene: str) -> None:
    """Open a character's own file. Raises InputError, which names the scene, if it cannot be."""
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        message = f"{path}: Blender cannot open it as a character for scene {scene!r}."
        raise InputError(message, reason="bad_character") from error


def map_character(
    character: Character, armature_object: bpy.types.Object | None, joints: Collection[str]
) -> MappedCharacter:
    """Choose the bones of a character in the open file by its own bone map, or look them up.

    armature_object: what the file has by the name of the character's armature.
    joints: the performer's.

    Raises:
        InputError: when it is no armature, or its bones are not known for sure.
    """
    if armature_object is None or armature_object.type != "ARMATURE":
        there = [found.name for found in bpy.data.objects if found.type == "ARMATURE"]
        message = (
            f"{character.character}: there is no armature {character.armature!r}; "
            f"it has: {', '.join(there) or 'none'}."
        )
        raise InputError(message, reason="bad_character")
    presets, _ = read_presets([BUNDLED])
    found = detect_bones(read_rig(armature_object), presets)
    family = next((preset for preset in presets if preset.name == found.family), None)
    return MappedCharacter(
        armature_object,
        _bone_map(character, joints, armature_object, found),
        settings=family.settings if family else (),
        followers=family.followers if family else (),
    )


def _bone_map(
    character: Character,
    joints: Collection[str],
    armature_object: bpy.types.Object,
    found: DetectedMap,
) -> Mapping[str, str]:
    """The character's own map, else the one that was found."""
    if character.bone_map is not None:
        bones = [bone.name for bone in armature_object.data.bones]
        return read_bone_map(character.bone_map, joints, bones)
    if found.score < SURE:
        unsure = ", ".join(found.unsure) or "most joints"
        message = (
            f"{character.character}: the bones of {armature_object.name} are not found for sure "
            f"(look at: {unsure}); give the scene a bone_map."
        )
        raise InputError(message, reason="bad_bone_map")
    return found.bones
