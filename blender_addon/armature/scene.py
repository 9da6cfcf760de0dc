"""Frame rate, frame range and collections of a Blender scene that shows a take."""

import bpy


def set_frame_rate(scene: bpy.types.Scene, fps: float) -> None:
    """Give the scene this rate, fractional ones such as 29.97 included.

    Raises:
        ValueError: when fps is not positive.
    """
    if not fps > 0:
        raise ValueError(f"fps must be positive, not {fps}")
    scene.render.fps = max(1, round(fps))
    scene.render.fps_base = scene.render.fps / fps


def set_frame_range(scene: bpy.types.Scene, n_frames: int, *, frame_start: int = 1) -> None:
    """Play `n_frames` frames, and stand on the first."""
    scene.frame_start = frame_start
    scene.frame_end = frame_start + max(n_frames, 1) - 1
    scene.frame_set(frame_start)


def new_collection(name: str, parent: bpy.types.Collection) -> bpy.types.Collection:
    """An empty collection inside `parent`, called name.001 and so on where `name` is taken."""
    collection = bpy.data.collections.new(name)
    parent.children.link(collection)
    return collection
