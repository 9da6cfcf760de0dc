"""A performer's joints and the floor, as objects."""

import bpy
import numpy as np

from mvmocap_core.motion.clip import MotionClip

from .keyframes import Channel, write_keyframes
from .resample import SampledMotion
from .retarget import world_places_m, world_turns

_SIZE_M = 0.03
_FLOOR_M = 4.0
_N_FIELDS = 8


def add_joint_empties(
    name: str,
    clip: MotionClip,
    motion: SampledMotion,
    collection: bpy.types.Collection,
    *,
    frame_start: int = 1,
) -> dict[str, bpy.types.Object]:
    """Add an empty for each joint, keyed to where it is in the world. Returns them by joint."""
    turns = world_turns(clip, motion.rotations_quat_wxyz)
    places_m = world_places_m(clip, turns, motion.root_m)
    frames = frame_start + np.arange(len(motion.times_s))
    empties: dict[str, bpy.types.Object] = {}
    for index, joint in enumerate(map(str, clip.joint_names)):
        empty = bpy.data.objects.new(f"{name} {joint}", None)
        empty.empty_display_type, empty.empty_display_size = "SPHERE", _SIZE_M
        empty.show_in_front = True
        collection.objects.link(empty)
        channel = Channel("location", places_m[:, index], "Location")
        write_keyframes(empty, empty.name, [channel], frames)
        empties[joint] = empty
    return empties


def add_floor(name: str, collection: bpy.types.Collection) -> bpy.types.Object:
    """Add the floor as lines around the origin, which are neither rendered nor selected."""
    places = np.linspace(-0.5 * _FLOOR_M, 0.5 * _FLOOR_M, _N_FIELDS + 1)
    vertices = [(x, y, 0.0) for y in places for x in places]
    n = len(places)
    along = [(row * n + i, row * n + i + 1) for row in range(n) for i in range(n - 1)]
    across = [(row * n + i, row * n + i + n) for row in range(n - 1) for i in range(n)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, along + across, [])
    floor = bpy.data.objects.new(name, mesh)
    floor.hide_render = floor.hide_select = True
    collection.objects.link(floor)
    return floor
