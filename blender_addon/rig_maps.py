"""Bone maps between the files of presets and the rows of the panel."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from .armature.bone_presets import BUNDLED, BonePreset, Follower, RigSetting, read_presets
from .armature.detected_map import DetectedMap

if TYPE_CHECKING:
    from .bake_properties import MVMOCAP_PG_bake


def user_presets_folder() -> Path:
    """Where the animator's own presets are kept; it survives upgrades of the extension."""
    package = __package__ or ""
    if package.startswith("bl_ext."):
        return Path(bpy.utils.extension_path_user(package, path="bone_maps"))
    return Path(bpy.utils.user_resource("CONFIG", path="mvmocap")) / "bone_maps"


def all_presets() -> tuple[list[BonePreset], list[str]]:
    """The presets that come along and the animator's own, and what is wrong with any file."""
    return read_presets([BUNDLED, user_presets_folder()])


def detect_into(bake: "MVMOCAP_PG_bake") -> DetectedMap | None:
    """Fill the rows with the likeliest bones of the target; None without a target."""
    if bake.target is None or bake.target.type != "ARMATURE":
        clear_rows(bake)
        return None
    found = rig_search(bake.target)()
    fill_rows(bake, found)
    return found


def import_search() -> None:
    """Import what `rig_search` needs, numpy first of all; this may be done in a thread."""
    for name in ("mapping.detect", "read_rig"):
        import_module(f".armature.{name}", __package__)


def rig_search(armature_object: bpy.types.Object) -> Callable[[], DetectedMap]:
    """The search for a rig's bones: reads the rig now, and what is returned may run in a thread."""
    from .armature.mapping.detect import detect_bones  # numpy: no part of Blender's start
    from .armature.read_rig import read_rig

    rig, (presets, _) = read_rig(armature_object), all_presets()
    return lambda: detect_bones(rig, presets)


def clear_rows(bake: "MVMOCAP_PG_bake") -> None:
    """No bones are known."""
    bake.bones.clear()
    bake.preset, bake.score = "", 0.0


def apply_into(bake: "MVMOCAP_PG_bake", preset: BonePreset) -> DetectedMap:
    """Fill the rows with what a preset finds in the target."""
    from .armature.mapping.detect import preset_map
    from .armature.read_rig import read_rig

    found = preset_map(read_rig(bake.target), preset)
    fill_rows(bake, found)
    return found


def fill_rows(bake: "MVMOCAP_PG_bake", found: DetectedMap) -> None:
    """One row for each joint, those without a bone included."""
    bake.bones.clear()
    for joint in joint_names():
        _add_row(bake, joint, found.bones.get(joint, ""), found.certainty.get(joint, 1.0))
    bake.preset, bake.score = found.family, found.score


def _add_row(bake: "MVMOCAP_PG_bake", joint: str, bone: str, certainty: float) -> None:
    row = bake.bones.add()
    row.name = row.joint = joint
    row.bone = bone
    row.certainty = certainty  # after the bone: choosing one makes it certain


def follow_override(bake: "MVMOCAP_PG_bake", armature_object: bpy.types.Object) -> None:
    """Make a linked target's library override the target, with the bone map that there is."""
    if bake.target == armature_object:
        return
    rows = [(row.joint, row.bone, row.certainty) for row in bake.bones]
    found = bake.preset, bake.score
    bake.target = armature_object  # which has its bones looked for anew
    bake.bones.clear()
    for joint, bone, certainty in rows:
        _add_row(bake, joint, bone, certainty)
    bake.preset, bake.score = found


def mapped_bones(bake: "MVMOCAP_PG_bake") -> dict[str, str]:
    """Bone names by joint names, of the rows that have a bone."""
    return {row.joint: row.bone for row in bake.bones if row.bone}


def rig_settings(bake: "MVMOCAP_PG_bake") -> tuple[RigSetting, ...]:
    """What the rows' preset sets before a bake."""
    presets, _ = all_presets()
    named = (preset.settings for preset in presets if preset.name == bake.preset)
    return next(named, ())


def rig_followers(bake: "MVMOCAP_PG_bake") -> tuple[Follower, ...]:
    """What else the rows' preset keys."""
    presets, _ = all_presets()
    named = (preset.followers for preset in presets if preset.name == bake.preset)
    return next(named, ())


def joint_names() -> list[str]:
    """The joints of a solved skeleton."""
    presets, _ = read_presets([BUNDLED])
    return max((list(preset.bones) for preset in presets), key=len)
