"""Make the .blend of a solved scene: animated armature, cameras, footage."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import bpy

from mvmocap_core.errors import InputError
from mvmocap_core.files import atomic_path
from mvmocap_core.motion.clip import MotionClip

from ..armature.animate import Baked, bake_generated, bake_take
from ..armature.bone_map import read_bone_map
from ..armature.bone_presets import BUNDLED, read_presets
from ..armature.cameras import look_through
from ..armature.detected_map import SURE, DetectedMap
from ..armature.mapping.detect import detect_bones
from ..armature.read_rig import read_rig
from ..armature.scene import own_collection, set_frame_range, set_frame_rate
from ..armature.take_scene import add_take_cameras
from .scenes_file import SceneJob

ARMATURE_KEY = "mvmocap_armature"
"""Custom property of the Blender scene: the name of the animated armature object."""


def make_blend(
    job: SceneJob,
    clip: MotionClip,
    proxies: list[Path],
    target: Path,
    others: Sequence[MotionClip] = (),
) -> None:
    """Build the scene in an emptied Blender and save it. An earlier `target` becomes .blend1.

    others: further performers, who have armatures of their own.

    Raises:
        InputError: when the character cannot be used, or the file not be written.
    """
    if job.character is None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
    else:
        _open(job.character, job)
    scene = bpy.context.scene
    set_frame_rate(scene, clip.fps)
    collection = own_collection(job.name, scene.collection)
    if job.character is None:
        baked = bake_generated(job.name, clip, job.bake, collection)
    else:
        baked = _animate_character(job, clip)
    for number, other in enumerate(others, 2):
        bake_generated(f"{job.name} {number}", other, job.bake, collection)
    scene[ARMATURE_KEY] = baked.armature_object.name
    cameras = add_take_cameras(job.name, clip, proxies, collection)
    if cameras:
        look_through(scene, cameras[0])
    set_frame_range(scene, baked.n_frames)
    save_blend(target)


def open_blend(path: Path) -> bpy.types.Object:
    """Open a .blend that `make_blend` saved, and return its animated armature.

    Raises:
        InputError: when it cannot be opened or no longer has the armature.
    """
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    except RuntimeError as error:
        message = f"{path}: cannot be opened; delete it and build again."
        raise InputError(message, reason="bad_blend") from error
    armature_object = bpy.data.objects.get(str(bpy.context.scene.get(ARMATURE_KEY, "")))
    if armature_object is None or armature_object.type != "ARMATURE":
        message = f"{path}: its animated armature is gone; delete the file and build again."
        raise InputError(message, reason="bad_blend")
    return armature_object


def save_blend(target: Path) -> None:
    """Save the open file, whole or not at all, with paths relative to its folder.

    Raises:
        InputError: when the disk is full or the folder cannot be written.
    """
    for clip in bpy.data.movieclips:
        clip.filepath = bpy.path.relpath(bpy.path.abspath(clip.filepath), start=str(target.parent))
    with atomic_path(target) as temporary:
        temporary.unlink()  # or Blender would keep the empty file as a backup
        bpy.ops.wm.save_as_mainfile(
            filepath=str(temporary), check_existing=False, relative_remap=True
        )
        if target.is_file():
            target.replace(target.with_suffix(".blend1"))  # Blender's own way of keeping the last


def _open(character: Path, job: SceneJob) -> None:
    try:
        bpy.ops.wm.open_mainfile(filepath=str(character), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        message = f"{character}: Blender cannot open it as a character for scene {job.name!r}."
        raise InputError(message, reason="bad_character") from error


def _animate_character(job: SceneJob, clip: MotionClip) -> Baked:
    armature_object = bpy.data.objects.get(job.armature or "")
    if armature_object is None or armature_object.type != "ARMATURE":
        there = [found.name for found in bpy.data.objects if found.type == "ARMATURE"]
        message = (
            f"{job.character}: there is no armature {job.armature!r}; "
            f"it has: {', '.join(there) or 'none'}."
        )
        raise InputError(message, reason="bad_character")
    presets, _ = read_presets([BUNDLED])
    found = detect_bones(read_rig(armature_object), presets)
    family = [preset for preset in presets if preset.name == found.family]
    bone_map = _bone_map(job, clip, armature_object, found)
    return bake_take(
        armature_object, clip, bone_map, job.bake,
        settings=family[0].settings if family else (),
        followers=family[0].followers if family else (),
    )  # fmt: skip


def _bone_map(
    job: SceneJob, clip: MotionClip, armature_object: bpy.types.Object, found: DetectedMap
) -> Mapping[str, str]:
    """The scene's own map, else the one that was found."""
    if job.bone_map is not None:
        joints = [str(name) for name in clip.joint_names]
        bones = [bone.name for bone in armature_object.data.bones]
        return read_bone_map(job.bone_map, joints, bones)
    if found.score < SURE:
        unsure = ", ".join(found.unsure) or "most joints"
        message = (
            f"{job.character}: the bones of {armature_object.name} are not found for sure "
            f"(look at: {unsure}); give the scene a bone_map."
        )
        raise InputError(message, reason="bad_bone_map")
    return found.bones
