"""Let a character that is linked from another file be animated: library overrides."""

import bpy

from mvmocap_core.errors import InputError


def editable_armature(armature_object: bpy.types.Object) -> bpy.types.Object:
    """The armature itself, or its library override in this scene, which is made if there is none.

    The override takes the place of the linked collection, or of the empty that showed it.

    Raises:
        InputError: when Blender can make none.
    """
    override = armature_object.override_library
    if override is not None:
        override.is_system_override = False
        return armature_object
    if armature_object.library is None:
        return armature_object
    return _override_of(armature_object) or _make_override(armature_object)


def _override_of(linked: bpy.types.Object) -> bpy.types.Object | None:
    """The scene's own override of a linked object, if it has one."""
    for candidate in bpy.context.view_layer.objects:
        override = candidate.override_library
        if override is not None and override.reference == linked:
            override.is_system_override = False
            return candidate
    return None


def _make_override(linked: bpy.types.Object) -> bpy.types.Object:
    scene, view_layer = bpy.context.scene, bpy.context.view_layer
    instance = _instance_of(linked)
    collection = instance.instance_collection if instance else _linked_collection(linked)
    if collection is None:
        made = linked.override_hierarchy_create(scene, view_layer, do_fully_editable=True)
    else:
        made = collection.override_hierarchy_create(
            scene, view_layer, reference=instance, do_fully_editable=True
        )
    editable = _override_of(linked) if made is not None else None
    if editable is None:
        message = (
            f"{linked.name} is linked from another file, and Blender makes no library override "
            "of it here; append the character, or make the override in its own scene."
        )
        raise InputError(message, reason="linked_armature")
    if instance is not None:
        bpy.data.objects.remove(instance)
    elif collection is not None:
        _unlink(collection, scene.collection)
    else:
        _unlink_object(linked)
    return editable


def _instance_of(linked: bpy.types.Object) -> bpy.types.Object | None:
    """The scene's empty that shows a linked collection with this object in it."""
    for candidate in bpy.context.view_layer.objects:
        shown = candidate.instance_collection
        if shown is not None and candidate.library is None and linked in set(shown.all_objects):
            return candidate
    return None


def _linked_collection(linked: bpy.types.Object) -> bpy.types.Collection | None:
    """The outermost linked collection of the scene with this object in it."""
    for candidate in bpy.context.scene.collection.children_recursive:
        if candidate.library is not None and linked in set(candidate.all_objects):
            return candidate
    return None


def _unlink(collection: bpy.types.Collection, root: bpy.types.Collection) -> None:
    for parent in (root, *root.children_recursive):
        if parent.library is None and collection in set(parent.children):
            parent.children.unlink(collection)


def _unlink_object(linked: bpy.types.Object) -> None:
    for collection in list(linked.users_collection):
        if collection.library is None:
            collection.objects.unlink(linked)
