"""Make the .blend of a solved scene: animated armature, cameras, footage."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import bpy

from mvmocap_core.errors import InputError
from mvmocap_core.files import TEMPORARY_PREFIX, atomic_path
from mvmocap_core.motion.clip import MotionClip

from ..armature.animate import Baked, bake_generated, bake_take
from ..armature.cameras import look_through
from ..armature.scene import own_collection, set_frame_range, set_frame_rate
from ..armature.take_scene import add_take_cameras
from ..take_folders import kept_path
from .append_character import append_character
from .characters import map_character, open_character
from .scenes_file import Character, SceneJob

ARMATURE_KEY = "mvmocap_armature"
"""Custom property of the Blender scene: the name of the animated armature object."""


def make_blend(
    job: SceneJob, clips: Sequence[MotionClip], proxies: list[Path], target: Path
) -> None:
    """Build the scene in an emptied Blender and save it. An earlier `target` becomes .blend1.

    clips: of each performer, who is put on the character of the same number.

    Raises:
        InputError: when a character cannot be used, there are more of them than performers, or
            the file cannot be written.
    """
    if len(job.characters) > len(clips):
        message = (
            f"scene {job.name!r}: {len(job.characters)} characters for {len(clips)} performers; "
            "leave the last ones out, or look into the report for who was not found."
        )
        raise InputError(message, reason="bad_character")
    lead = job.characters[0]
    if lead.character is None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
    else:
        open_character(lead.character, job.name)
    with _saved_elsewhere(target, job.characters):
        _fill(job, clips, proxies)
    save_blend(target)


@contextmanager
def _saved_elsewhere(target: Path, characters: Sequence[Character]) -> Iterator[None]:
    """The open file under another name where it is needed once more: Blender appends no own one."""
    lead = characters[0].character
    if lead is None or all(each.character != lead for each in characters[1:]):
        yield
        return
    aside = target.with_name(f"{TEMPORARY_PREFIX}{target.name}")
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(aside), check_existing=False, relative_remap=True)
        yield
    finally:
        aside.unlink(missing_ok=True)


def _fill(job: SceneJob, clips: Sequence[MotionClip], proxies: list[Path]) -> None:
    """Put every performer's motion into the open file, and cameras with their footage."""
    scene = bpy.context.scene
    set_frame_rate(scene, clips[0].fps)
    collection = own_collection(job.name, scene.collection)
    further = [Character()] * (len(clips) - len(job.characters))
    baked: list[Baked] = []
    for number, (clip, character) in enumerate(
        zip(clips, [*job.characters, *further], strict=True), 1
    ):
        name = f"{job.name} {number}" if number > 1 else job.name
        baked.append(_baked(name, clip, character, collection, is_open=number == 1))
        scene[armature_key(number - 1)] = baked[-1].armature_object.name
    cameras = add_take_cameras(job.name, clips[0], proxies, collection)
    if cameras:
        look_through(scene, cameras[0])
    set_frame_range(scene, baked[0].n_frames)


def armature_key(person: int) -> str:
    """Custom property with the name of a performer's armature; the first one's number is 0."""
    return f"{ARMATURE_KEY}_{person + 1}" if person else ARMATURE_KEY


def _baked(
    name: str,
    clip: MotionClip,
    character: Character,
    collection: bpy.types.Collection,
    *,
    is_open: bool,
) -> Baked:
    """A performer's motion on a character, of the open file or brought from its own."""
    if character.character is None:
        return bake_generated(name, clip, character.bake, collection)
    armature_object = (
        bpy.data.objects.get(character.armature or "")
        if is_open
        else append_character(character.character, character.armature or "", collection)
    )
    mapped = map_character(character, armature_object, [str(name) for name in clip.joint_names])
    return bake_take(
        mapped.armature_object, clip, mapped.bone_map, character.bake,
        settings=mapped.settings, followers=mapped.followers,
    )  # fmt: skip


def open_blend(path: Path, person: int = 0) -> bpy.types.Object:
    """Open a .blend that `make_blend` saved, and return a performer's animated armature.

    Raises:
        InputError: when it cannot be opened or no longer has the armature.
    """
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    except RuntimeError as error:
        message = f"{path}: cannot be opened; delete it and build again."
        raise InputError(message, reason="bad_blend") from error
    armature_object = bpy.data.objects.get(str(bpy.context.scene.get(armature_key(person), "")))
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
        clip.filepath = kept_path(bpy.path.abspath(clip.filepath), target.parent)
    with atomic_path(target) as temporary:
        temporary.unlink()  # or Blender would keep the empty file as a backup
        bpy.ops.wm.save_as_mainfile(
            filepath=str(temporary), check_existing=False, relative_remap=True
        )
        if target.is_file():
            target.replace(target.with_suffix(".blend1"))  # Blender's own way of keeping the last
