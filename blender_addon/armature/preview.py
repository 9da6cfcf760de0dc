"""A moving picture of an animated armature, without a window and without a GPU.

The process aborts where the machine has no EGL: call this in a child process.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

from mvmocap_core.files import atomic_path

_AZIMUTH_DEG, _ELEVATION_DEG = 35.0, 14.0
_FIELD_OF_VIEW_DEG = 35.0
_LEFT, _RIGHT, _MIDDLE = (0.1, 0.4, 1.0, 1.0), (1.0, 0.25, 0.05, 1.0), (0.95, 0.95, 0.95, 1.0)
_GRID = (0.32, 0.34, 0.37, 1.0)
_BACKGROUND = (0.07, 0.075, 0.085)


def render_preview(
    armature_object: bpy.types.Object, target: Path, *, size_px: tuple[int, int] = (480, 480)
) -> None:
    """Render the scene's frame range with Workbench to an H.264 video.

    The armature is seen from its front left, over a grid of metres. Everything else in the
    scene is hidden; objects are added, so do not save the file afterwards.

    Raises:
        RuntimeError: (from Blender) when the picture or the video cannot be made.
        InputError: when the disk is full or the folder cannot be written.
    """
    scene = bpy.context.scene
    for other in scene.objects:
        other.hide_render = True
    points_m = _swept_points_m(armature_object, scene)
    _add_sticks(armature_object, scene.collection)
    _add_grid(points_m, scene.collection)
    scene.camera = _add_camera(points_m, size_px, scene.collection)
    _set_up_render(scene, size_px)
    with atomic_path(target) as temporary:
        scene.render.filepath = str(temporary)
        bpy.ops.render.render(animation=True)


def _swept_points_m(armature_object: bpy.types.Object, scene: bpy.types.Scene) -> np.ndarray:
    """(N, 3) ends of all bones in frames spread over the motion, in the world."""
    points: list[Vector] = []
    n_frames = scene.frame_end - scene.frame_start + 1
    for frame in range(scene.frame_start, scene.frame_end + 1, max(1, n_frames // 60)):
        scene.frame_set(frame)
        for bone in armature_object.pose.bones:
            points += [armature_object.matrix_world @ end for end in (bone.head, bone.tail)]
    return np.array(points)


def _add_sticks(armature_object: bpy.types.Object, collection: bpy.types.Collection) -> None:
    """An octahedron for each bone, moved by the armature."""
    bones = armature_object.data.bones
    for suffix, color in ((".L", _LEFT), (".R", _RIGHT), ("", _MIDDLE)):
        sticks_of_side = [stick for bone in bones if _side(bone.name) == suffix
                          for stick in _sticks(bone)]  # fmt: skip
        mesh = bpy.data.meshes.new(f"sticks{suffix}")
        vertices = [corner for _, corners in sticks_of_side for corner in corners]
        faces = [
            tuple(6 * number + corner for corner in face)
            for number in range(len(sticks_of_side))
            for face in _OCTAHEDRON_FACES
        ]
        mesh.from_pydata(vertices, [], faces)
        sticks = bpy.data.objects.new(mesh.name, mesh)
        sticks.color = color
        sticks.matrix_world = armature_object.matrix_world
        collection.objects.link(sticks)
        for number, (mover, _) in enumerate(sticks_of_side):
            group = sticks.vertex_groups.get(mover) or sticks.vertex_groups.new(name=mover)
            group.add(range(6 * number, 6 * number + 6), 1.0, "REPLACE")
        sticks.modifiers.new("armature", "ARMATURE").object = armature_object


_OCTAHEDRON_FACES = (
    (0, 2, 1), (0, 3, 2), (0, 4, 3), (0, 1, 4), (5, 1, 2), (5, 2, 3), (5, 3, 4), (5, 4, 1),
)  # fmt: skip


def _side(bone_name: str) -> str:
    return bone_name[-2:] if bone_name.endswith((".L", ".R")) else ""


def _sticks(bone: bpy.types.Bone) -> list[tuple[str, list[Vector]]]:
    """Octahedra that show a bone, each with the bone that moves it.

    A second, thin one joins a bone whose head lies off its parent, as the hips lie off the pelvis.
    """
    sticks = [(bone.name, _octahedron(bone.head_local, bone.tail_local, 0.13))]
    if bone.parent and not bone.use_connect:
        joint = _octahedron(bone.parent.head_local, bone.head_local, 0.05)
        sticks.append((bone.parent.name, joint))
    return sticks


def _octahedron(head: Vector, tail: Vector, thickness: float) -> list[Vector]:
    """Six corners in the armature's rest pose: head, four around, tail."""
    along = tail - head
    radius = min(max(thickness * along.length, 0.012), 0.04)
    around = [along.orthogonal().normalized() * radius]
    for _ in range(3):
        around.append(along.normalized().cross(around[-1]))
    return [head.copy(), *(head + 0.15 * along + offset for offset in around), tail.copy()]


def _add_grid(points_m: np.ndarray, collection: bpy.types.Collection) -> None:
    """Lines on the floor, one metre apart, as thin faces."""
    low, high = points_m.min(axis=0), points_m.max(axis=0)
    x_range = math.floor(low[0] - 0.5), math.ceil(high[0] + 0.5)
    y_range = math.floor(low[1] - 0.5), math.ceil(high[1] + 0.5)
    half = 0.006
    vertices: list[tuple[float, float, float]] = []
    for x in range(x_range[0], x_range[1] + 1):
        vertices += _strip(x - half, x + half, *y_range)
    for y in range(y_range[0], y_range[1] + 1):
        vertices += _strip(*x_range, y - half, y + half)
    mesh = bpy.data.meshes.new("grid")
    mesh.from_pydata(vertices, [], [tuple(range(i, i + 4)) for i in range(0, len(vertices), 4)])
    grid = bpy.data.objects.new("grid", mesh)
    grid.color = _GRID
    collection.objects.link(grid)


def _strip(x0: float, x1: float, y0: float, y1: float) -> list[tuple[float, float, float]]:
    return [(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0)]


def _add_camera(
    points_m: np.ndarray, size_px: Sequence[int], collection: bpy.types.Collection
) -> bpy.types.Object:
    """A three-quarter view that holds all points (N, 3)."""
    data = bpy.data.cameras.new("preview")
    data.sensor_fit = "VERTICAL" if size_px[0] > size_px[1] else "HORIZONTAL"
    data.angle = math.radians(_FIELD_OF_VIEW_DEG)
    camera = bpy.data.objects.new("preview", data)
    azimuth, elevation = math.radians(_AZIMUTH_DEG), math.radians(_ELEVATION_DEG)
    backward = Vector((
        math.sin(azimuth) * math.cos(elevation),
        -math.cos(azimuth) * math.cos(elevation),
        math.sin(elevation),
    ))  # fmt: skip
    rotation = backward.to_track_quat("Z", "Y").to_matrix()
    axes = np.array(rotation)
    middle = axes @ (0.5 * (np.min(points_m @ axes, axis=0) + np.max(points_m @ axes, axis=0)))
    seen = (points_m - middle) @ axes
    tangent = math.tan(math.radians(_FIELD_OF_VIEW_DEG) / 2)
    distance = float(np.max(1.12 * np.abs(seen[:, :2]).max(axis=1) / tangent + seen[:, 2]))
    place = Vector(middle.tolist()) + distance * backward
    camera.matrix_world = Matrix.Translation(place) @ rotation.to_4x4()
    data.clip_end = 10.0 * distance + 100.0
    collection.objects.link(camera)
    return camera


def _set_up_render(scene: bpy.types.Scene, size_px: Sequence[int]) -> None:
    render = scene.render
    render.engine = "BLENDER_WORKBENCH"
    render.resolution_x, render.resolution_y = size_px
    render.resolution_percentage = 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    render.use_file_extension = False
    render.use_compositing = render.use_sequencer = False
    scene.display.shading.light = "STUDIO"
    scene.display.shading.color_type = "OBJECT"
    scene.display.shading.show_shadows = False
    scene.display.shading.show_cavity = True
    scene.display.render_aa = "5"
    scene.view_settings.view_transform = "Standard"
    world = bpy.data.worlds.new("preview")
    world.color = _BACKGROUND
    scene.world = world
    if hasattr(render.image_settings, "media_type"):  # from 5.0
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format = "MPEG4"
    render.ffmpeg.codec = "H264"
    render.ffmpeg.constant_rate_factor = "HIGH"
    render.ffmpeg.gopsize = 12
    render.ffmpeg.audio_codec = "NONE"
