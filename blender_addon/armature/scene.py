"""Frame rate, frame range and collections of a Blender scene that shows a take."""

import bpy

PART_KEY = "mvmocap_part"
"""Custom property of every object that the set-up of a take adds: which part of it it is."""

_OWN_KEY = "mvmocap_collection"


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


def own_collection(name: str, parent: bpy.types.Collection) -> bpy.types.Collection:
    """The collection inside `parent` that an earlier call has made for `name`, else a new one.

    A new one is called name.001 and so on where `name` is taken.
    """
    earlier = find_own_collection(name, parent)
    if earlier is not None:
        return earlier
    collection = bpy.data.collections.new(name)
    collection[_OWN_KEY] = name
    parent.children.link(collection)
    return collection


def find_own_collection(name: str, parent: bpy.types.Collection) -> bpy.types.Collection | None:
    """The collection that `own_collection` has made for `name` inside `parent`; None if none."""
    made = (found for found in parent.children_recursive if found.get(_OWN_KEY) == name)
    return next(made, None)


def show_collection(view_layer: bpy.types.ViewLayer, collection: bpy.types.Collection) -> None:
    """Let objects of the collection be seen and edited in the view layer."""
    waiting = [[view_layer.layer_collection]]
    while waiting:
        path = waiting.pop()
        if path[-1].collection == collection:
            for layer_collection in path[1:]:
                layer_collection.exclude = layer_collection.hide_viewport = False
                layer_collection.collection.hide_viewport = False
            return
        waiting += [[*path, child] for child in path[-1].children]
