"""Write an animated armature for other programs."""

from collections.abc import Callable
from pathlib import Path

import bpy

from mvmocap_core.errors import InputError
from mvmocap_core.storage import atomic_path

FORMATS = ("fbx", "bvh", "glb", "usd")
_ADDONS = {"fbx": "io_scene_fbx", "bvh": "io_anim_bvh", "glb": "io_scene_gltf2"}


def export_armature(armature_object: bpy.types.Object, file_format: str, target: Path) -> None:
    """Write the armature, the meshes that it moves and its animation over the scene's range.

    Sizes are metres in every format. `target` is whole or untouched. BVH is written as Blender
    does it: metres and Z up (import it with forward Y, up Z).

    Raises:
        ValueError: for a format that is not in `FORMATS`.
        RuntimeError: (from Blender) when the exporter fails.
        InputError: when this Blender is built without the format, the disk is full or the folder
            cannot be written.
    """
    writer = _WRITERS.get(file_format)
    if writer is None:
        raise ValueError(f"{file_format}: not one of {', '.join(FORMATS)}")
    if file_format in _ADDONS:
        _enable(_ADDONS[file_format])
    if file_format == "usd" and "usd_export" not in dir(bpy.ops.wm):
        message = "this Blender is built without USD; leave usd out, or use blender.org's build."
        raise InputError(message, reason="no_usd")
    _select_with_meshes(armature_object)
    with atomic_path(target) as temporary:
        writer(str(temporary))


def _enable(addon: str) -> None:
    import addon_utils  # cannot be found before bpy has been imported

    addon_utils.enable(addon)


def _select_with_meshes(armature_object: bpy.types.Object) -> None:
    view_layer = bpy.context.view_layer
    for selected in list(view_layer.objects):
        selected.select_set(False)
    for moved in armature_object.children_recursive:
        if moved.type == "MESH" and moved.name in view_layer.objects:
            moved.select_set(True)
    armature_object.select_set(True)
    view_layer.objects.active = armature_object


def _write_fbx(path: str) -> None:
    bpy.ops.export_scene.fbx(
        filepath=path,
        check_existing=False,
        use_selection=True,
        object_types={"ARMATURE", "MESH"},
        apply_unit_scale=True,
        apply_scale_options="FBX_SCALE_ALL",  # objects of scale 1 in Unity, Unreal and Maya
        add_leaf_bones=False,
        bake_anim=True,
        bake_anim_use_all_bones=True,
        bake_anim_use_nla_strips=False,
        bake_anim_use_all_actions=False,
        bake_anim_force_startend_keying=True,
        bake_anim_simplify_factor=0.0,
    )


def _write_bvh(path: str) -> None:
    scene = bpy.context.scene
    bpy.ops.export_anim.bvh(
        filepath=path,
        check_existing=False,
        frame_start=scene.frame_start,
        frame_end=scene.frame_end,
        rotate_mode="ZXY",
        root_transform_only=True,
    )


def _write_glb(path: str) -> None:
    bpy.ops.export_scene.gltf(
        filepath=path,
        check_existing=False,
        export_format="GLB",
        use_selection=True,
        export_animations=True,
        export_frame_range=True,
        export_force_sampling=True,
        export_animation_mode="ACTIVE_ACTIONS",
        export_optimize_animation_size=False,
    )


def _write_usd(path: str) -> None:
    bpy.ops.wm.usd_export(
        filepath=path,
        check_existing=False,
        selected_objects_only=True,
        export_animation=True,
        export_armatures=True,
        export_materials=False,
    )


_WRITERS: dict[str, Callable[[str], None]] = {
    "fbx": _write_fbx,
    "bvh": _write_bvh,
    "glb": _write_glb,
    "usd": _write_usd,
}
