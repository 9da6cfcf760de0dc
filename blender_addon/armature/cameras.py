"""Solved cameras and their footage as Blender cameras."""

import math
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

from .keyframes import Channel, write_keyframes

SENSOR_WIDTH_MM = 36.0
_BLENDER_FROM_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Lens:
    """A pinhole as Blender describes it, for `sensor_fit = 'HORIZONTAL'`.

    lens_mm:  focal length on a sensor `SENSOR_WIDTH_MM` wide.
    shift_x, shift_y: of the image against the optical axis, in image widths.
    pixel_aspect_y: height of a pixel over its width; 1 for square pixels.
    """

    lens_mm: float
    shift_x: float
    shift_y: float
    pixel_aspect_y: float


def blender_lens(K: np.ndarray, image_size: np.ndarray) -> Lens:
    """Blender's description of K (3, 3) pixels, for an image (2,) of width and height pixels."""
    width, height = (float(size) for size in image_size)
    fx, fy = float(K[0, 0]), float(K[1, 1])
    return Lens(
        lens_mm=SENSOR_WIDTH_MM * fx / width,
        shift_x=(0.5 * width - float(K[0, 2])) / width,
        shift_y=(float(K[1, 2]) - 0.5 * height) / width * (fx / fy),
        pixel_aspect_y=fx / fy,
    )


def matrix_world_from_opencv(T_cam_world: np.ndarray) -> Matrix:
    """Pose of a Blender camera (looks along -Z, Y up) from OpenCV's T_cam_world (4, 4)."""
    return Matrix((np.linalg.inv(T_cam_world) @ _BLENDER_FROM_OPENCV).tolist())


def add_camera(
    name: str,
    K: np.ndarray,
    image_size: np.ndarray,
    T_cam_world: np.ndarray,
    collection: bpy.types.Collection,
) -> bpy.types.Object:
    """Add a camera that sees the world as the phone did, without lens distortion.

    The camera remembers its image size as the custom property `image_size`, because a scene has
    one resolution for all cameras: see `look_through`.
    """
    lens = blender_lens(K, image_size)
    data = bpy.data.cameras.new(name)
    data.sensor_fit = "HORIZONTAL"
    data.sensor_width = SENSOR_WIDTH_MM
    data.lens_unit = "MILLIMETERS"
    data.lens = lens.lens_mm
    data.shift_x, data.shift_y = lens.shift_x, lens.shift_y
    data.clip_start, data.clip_end = 0.05, 200.0
    data["image_size"] = [int(size) for size in image_size]
    data["pixel_aspect_y"] = lens.pixel_aspect_y
    camera = bpy.data.objects.new(name, data)
    camera.matrix_world = matrix_world_from_opencv(T_cam_world)
    collection.objects.link(camera)
    return camera


def animate_camera(
    camera: bpy.types.Object, T_cam_world_frames: np.ndarray, *, frame_start: int = 1
) -> None:
    """Let a camera turn as the phone did: a key for each of its poses (F, 4, 4)."""
    poses = [matrix_world_from_opencv(T).decompose() for T in T_cam_world_frames]
    quats = np.array([tuple(quat) for _, quat, _ in poses])
    flips = np.where((quats[1:] * quats[:-1]).sum(axis=1) < 0.0, -1.0, 1.0)
    quats[1:] *= np.cumprod(flips)[:, None]
    camera.rotation_mode = "QUATERNION"
    channels = [
        Channel("location", np.array([tuple(place) for place, _, _ in poses]), "Camera"),
        Channel("rotation_quaternion", quats, "Camera"),
    ]
    write_keyframes(camera, camera.name, channels, frame_start + np.arange(len(poses)))


def add_footage(camera: bpy.types.Object, footage: Path, *, frame_start: int = 1) -> None:
    """Show a proxy, whose first frame is the scene's `frame_start`, behind what is seen.

    Raises:
        RuntimeError: (from Blender) when the file cannot be read.
    """
    clip = bpy.data.movieclips.load(str(footage))
    clip.name = camera.name
    clip.frame_start = frame_start
    background = camera.data.background_images.new()
    background.source = "MOVIE_CLIP"
    background.clip = clip
    background.display_depth = "BACK"
    background.alpha = 1.0
    background.frame_method = "FIT"
    camera.data.show_background_images = True


def look_through(scene: bpy.types.Scene, camera: bpy.types.Object) -> None:
    """Make a solved camera the scene's, with the resolution and pixel shape of its video."""
    scene.camera = camera
    render = scene.render
    render.resolution_x, render.resolution_y = (int(size) for size in camera.data["image_size"])
    render.resolution_percentage = 100
    aspect = float(camera.data["pixel_aspect_y"])
    if math.isclose(aspect, 1.0, rel_tol=1e-4):
        aspect = 1.0
    render.pixel_aspect_x, render.pixel_aspect_y = max(1.0, 1.0 / aspect), max(1.0, aspect)
