"""Make the .blend of a solved scene: animated armature, cameras, footage."""

from pathlib import Path

import bpy

from mvmocap_core.errors import InputError
from mvmocap_core.files import atomic_path
from mvmocap_core.motion.clip import MotionClip

from ..armature.animate import BakeOptions, bake_take
from ..armature.bone_map import read_bone_map
from ..armature.cameras import look_through
from ..armature.resample import sample_motion
from ..armature.scene import own_collection, set_frame_range, set_frame_rate
from ..armature.take_scene import add_generated, add_take_cameras
from .scenes_file import SceneJob

ARMATURE_KEY = "mvmocap_armature"
"""Custom property of the Blender scene: the name of the animated armature object."""


def make_blend(job: SceneJob, clip: MotionClip, proxies: list[Path], target: Path) -> None:
    """Build the scene in an emptied Blender and save it. An earlier `target` becomes .blend1.

    Raises:
        InputError: when the character cannot be used, or the file not be written.
    """
    if job.character is None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
    else:
        _open(job.character, job)
    scene = bpy.context.scene
    motion = sample_motion(clip)
    set_frame_rate(scene, motion.fps)
    collection = own_collection(job.name, scene.collection)
    if job.character is None:
        armature_object = add_generated(job.name, clip, motion, collection)
        n_frames = len(motion.times_s)
    else:
        armature_object, n_frames = _animate_character(job, clip, motion.fps)
    scene[ARMATURE_KEY] = armature_object.name
    cameras = add_take_cameras(job.name, clip, proxies, collection)
    if cameras:
        look_through(scene, cameras[0])
    set_frame_range(scene, n_frames)
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


def _animate_character(job: SceneJob, clip: MotionClip, fps: float) -> tuple[bpy.types.Object, int]:
    armature_object = bpy.data.objects.get(job.armature or "")
    if armature_object is None or armature_object.type != "ARMATURE":
        there = [found.name for found in bpy.data.objects if found.type == "ARMATURE"]
        message = (
            f"{job.character}: there is no armature {job.armature!r}; "
            f"it has: {', '.join(there) or 'none'}."
        )
        raise InputError(message, reason="bad_character")
    joints = [str(name) for name in clip.joint_names]
    bones = [bone.name for bone in armature_object.data.bones]
    bone_map = read_bone_map(job.bone_map or Path(), joints, bones)
    return armature_object, bake_take(armature_object, clip, bone_map, BakeOptions(fps=fps))
