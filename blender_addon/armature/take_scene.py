"""A solved take in a Blender scene: its cameras with their footage, and an armature."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy

from mvmocap_core.motion.clip import MotionClip

from .bake import bake_motion
from .bake_options import RootMotion
from .cameras import add_camera, add_footage, animate_camera, look_through
from .earlier_take import mark_part, parts_of, replace_parts
from .generate import generate_armature
from .joint_empties import add_floor, add_joint_empties
from .resample import SampledMotion, sample_motion
from .rest_pose import rest_bones
from .scene import (
    PART_KEY,
    find_own_collection,
    own_collection,
    set_frame_range,
    set_frame_rate,
    show_collection,
)
from .shown import ARMATURE_PART, FLOOR_PART, JOINT_PART, Skeleton, part_of


@dataclass(frozen=True, slots=True)
class TakeScene:
    """What `set_up_take` added. armature_object: None when none was asked for.

    others: the armatures of further performers.
    """

    collection: bpy.types.Collection
    cameras: tuple[bpy.types.Object, ...]
    armature_object: bpy.types.Object | None
    others: tuple[bpy.types.Object, ...]
    n_frames: int


def set_up_take(
    scene: bpy.types.Scene,
    name: str,
    clip: MotionClip,
    proxies: Sequence[Path],
    *,
    others: Sequence[MotionClip] = (),
    skeleton: Skeleton = Skeleton.ARMATURE,
    has_floor: bool = False,
    frame_start: int = 1,
) -> TakeScene:
    """Add a take to the scene, whose frame rate, frame range and camera become the take's.

    What an earlier call has added for the same name is replaced; a solved camera that the scene
    looks through then stays the one.

    name:    of the take's collection and the start of its objects' names.
    proxies: the footage of each camera, in the order of the videos; may be fewer.
    others:  motions of further performers, who are shown as the first one is.
    has_floor: add the floor, too.

    Raises:
        RuntimeError: (from Blender) when a proxy cannot be read.
    """
    motion = sample_motion(clip)
    set_frame_rate(scene, motion.fps)
    collection = own_collection(name, scene.collection)
    show_collection(bpy.context.view_layer, collection)
    earlier = parts_of(collection)
    parts: dict[str, bpy.types.Object] = {}
    for person, each in enumerate([clip, *others]):
        parts |= _add_performer(name, person, each, collection, skeleton, frame_start)
    people = list(parts.values()) if skeleton == Skeleton.ARMATURE else []
    cameras = add_take_cameras(name, clip, proxies, collection, frame_start=frame_start)
    parts |= {f"camera {view + 1}": camera for view, camera in enumerate(cameras)}
    if has_floor:
        parts[FLOOR_PART] = add_floor(f"{name} floor", collection)
    for part, item in parts.items():
        mark_part(item, part)
    replace_parts(earlier, parts)
    if cameras and scene.camera not in cameras:
        look_through(scene, cameras[0])
    n_frames = len(motion.times_s)
    set_frame_range(scene, n_frames, frame_start=frame_start)
    first = people[0] if people else None
    return TakeScene(collection, tuple(cameras), first, tuple(people[1:]), n_frames)


def _add_performer(
    name: str,
    person: int,
    clip: MotionClip,
    collection: bpy.types.Collection,
    skeleton: Skeleton,
    frame_start: int,
) -> dict[str, bpy.types.Object]:
    """Show one performer. Returns what was added by its part in the set-up."""
    own_name, motion = part_of(name, person), sample_motion(clip)
    if skeleton == Skeleton.ARMATURE:
        added = add_generated(own_name, clip, motion, collection, frame_start=frame_start)
        return {part_of(ARMATURE_PART, person): added}
    if skeleton == Skeleton.NONE:
        return {}
    joints = own_collection(f"{own_name} joints", collection)
    empties = add_joint_empties(own_name, clip, motion, joints, frame_start=frame_start)
    return {part_of(f"{JOINT_PART} {joint}", person): empty for joint, empty in empties.items()}


def parts_in(scene: bpy.types.Scene, name: str) -> set[str]:
    """What `set_up_take` has added for a take and is still in the scene; empty if nothing is."""
    collection = find_own_collection(name, scene.collection)
    return set() if collection is None else {found[PART_KEY] for found in parts_of(collection)}


def skeleton_in(scene: bpy.types.Scene, name: str, person: int) -> bpy.types.Object | None:
    """The armature that `set_up_take` has generated for a performer; None if it is not there."""
    collection = find_own_collection(name, scene.collection)
    part = part_of(ARMATURE_PART, person)
    parts = [] if collection is None else parts_of(collection)
    return next((found for found in parts if found[PART_KEY] == part), None)


def add_generated(
    name: str,
    clip: MotionClip,
    motion: SampledMotion,
    collection: bpy.types.Collection,
    *,
    frame_start: int = 1,
    root_motion: RootMotion = RootMotion.HIPS,
) -> bpy.types.Object:
    """Add the armature that is made from the clip's own skeleton, with the motion on it."""
    bones = rest_bones(clip)
    has_root = root_motion == RootMotion.ROOT_BONE
    armature_object = generate_armature(name, bones, collection, has_root=has_root)
    bake_motion(armature_object, bones, motion, frame_start=frame_start, root_motion=root_motion)
    return armature_object


def add_take_cameras(
    name: str,
    clip: MotionClip,
    proxies: Sequence[Path],
    collection: bpy.types.Collection,
    *,
    frame_start: int = 1,
) -> list[bpy.types.Object]:
    """Add the solved cameras, each with its footage where there is some.

    Raises:
        RuntimeError: (from Blender) when a proxy cannot be read.
    """
    cameras = own_collection(f"{name} cameras", collection)
    added: list[bpy.types.Object] = []
    for view in range(len(clip.K)):
        camera = add_camera(
            f"{name} camera {view + 1}",
            clip.K[view],
            clip.image_size[view],
            clip.T_cam_world[view],
            cameras,
        )
        if clip.T_cam_world_frames is not None:
            animate_camera(camera, clip.T_cam_world_frames[view], frame_start=frame_start)
        if view < len(proxies):
            add_footage(camera, proxies[view], frame_start=frame_start)
        added.append(camera)
    return added
