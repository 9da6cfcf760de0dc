"""Write an animated armature for other programs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
from mathutils import Vector

from mvmocap_core.errors import InputError
from mvmocap_core.files import atomic_path

from .bvh_axes import turn_to_y_up
from .export_presets import ExportPreset, FbxTraits

FORMATS = ("fbx", "bvh", "glb", "usd")
_UPRIGHT, _STILL, _N_LOOKS = 0.999, 1e-5, 8
_ADDONS = {"fbx": "io_scene_fbx", "bvh": "io_anim_bvh", "glb": "io_scene_gltf2"}


def export_armature(
    armature_object: bpy.types.Object,
    file_format: str,
    target: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    fbx: FbxTraits | None = None,
) -> None:
    """Write the armature, the meshes that it moves and its animation over the scene's range.

    Sizes are metres in every format, and BVH is Y up as other programs expect it. `target` is
    whole or untouched, and the selection stays.

    settings: further arguments of Blender's exporter, which come before ours.
    fbx: what else an FBX file is to be like; None leaves metres.

    Raises:
        ValueError: for a format that is not in `FORMATS`.
        RuntimeError: (from Blender) when the exporter fails.
        InputError: when this Blender is built without the format, the armature is not in the view
            layer, the disk is full or the folder cannot be written.
    """
    writer = _WRITERS.get(file_format)
    if writer is None:
        raise ValueError(f"{file_format}: not one of {', '.join(FORMATS)}")
    if file_format in _ADDONS:
        _enable(_ADDONS[file_format])
    check_format(file_format)
    if armature_object.name not in bpy.context.view_layer.objects:
        message = f"{armature_object.name} is not in this view layer; include its collection."
        raise InputError(message, reason="not_in_view_layer")
    with _selected_with_meshes(armature_object), atomic_path(target) as temporary:
        writer(str(temporary), dict(settings or {}))
        if fbx is not None:
            from .fbx_units import adapt_fbx  # numpy: no part of Blender's start

            adapt_fbx(temporary, fbx)


def check_format(file_format: str) -> None:
    """Raise InputError when this Blender is built without the format."""
    if file_format == "usd" and "usd_export" not in dir(bpy.ops.wm):
        message = "this Blender is built without USD; leave usd out, or use blender.org's build."
        raise InputError(message, reason="no_usd")


def export_preset(armature_object: bpy.types.Object, preset: ExportPreset, target: Path) -> None:
    """Write what one program wants. Raises as `export_armature` does."""
    export_armature(
        armature_object, preset.file_format, target, settings=preset.settings, fbx=preset.fbx
    )


def _enable(addon: str) -> None:
    import addon_utils  # cannot be found before bpy has been imported

    addon_utils.enable(addon)


@contextmanager
def _selected_with_meshes(armature_object: bpy.types.Object) -> Iterator[None]:
    """The armature active, selected with its meshes and shown; afterwards all is as before."""
    view_layer = bpy.context.view_layer
    active = view_layer.objects.active
    mode = active.mode if active is not None else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    was_selected = [found for found in view_layer.objects if found.select_get()]
    was_hidden = armature_object.hide_get()
    armature_object.hide_set(False)
    for found in was_selected:
        found.select_set(False)
    for moved in armature_object.children_recursive:
        if moved.type == "MESH" and moved.name in view_layer.objects:
            moved.select_set(True)
    armature_object.select_set(True)
    view_layer.objects.active = armature_object
    try:
        yield
    finally:
        for found in view_layer.objects:
            found.select_set(found in was_selected)
        armature_object.hide_set(was_hidden)
        view_layer.objects.active = active
        if mode != "OBJECT":
            bpy.ops.object.mode_set(mode=mode)


def _write_fbx(path: str, settings: dict[str, Any]) -> None:
    arguments = {
        "filepath": path,
        "check_existing": False,
        "use_selection": True,
        "object_types": {"ARMATURE", "MESH"},
        "apply_unit_scale": True,
        "apply_scale_options": "FBX_SCALE_ALL",  # objects of scale 1 in Unity, Unreal and Maya
        "add_leaf_bones": False,
        "bake_anim": True,
        "bake_anim_use_all_bones": True,
        "bake_anim_use_nla_strips": False,
        "bake_anim_use_all_actions": False,
        "bake_anim_force_startend_keying": True,
        "bake_anim_simplify_factor": 0.0,
    }
    bpy.ops.export_scene.fbx(**{**arguments, **settings})


def _write_bvh(path: str, settings: dict[str, Any]) -> None:
    """Blender writes the armature's own axes and units; its place and heading are left out."""
    scene, armature_object = bpy.context.scene, bpy.context.view_layer.objects.active
    is_z_up = _is_z_up(armature_object)
    arguments = {
        "filepath": path,
        "check_existing": False,
        "frame_start": scene.frame_start,
        "frame_end": scene.frame_end,
        "global_scale": armature_object.matrix_world.median_scale,
        "rotate_mode": "YXZ" if is_z_up else "ZXY",  # Z, X, Y in the end, as `mvmocap export` does
        "root_transform_only": not _moves_within(armature_object),
    }
    bpy.ops.export_anim.bvh(**{**arguments, **settings})
    if is_z_up:
        turn_to_y_up(Path(path))


def _is_z_up(armature_object: bpy.types.Object) -> bool:
    """Whether the armature stands along its own z axis, or along y as FBX files of others do.

    Raises:
        InputError: when it leans.
    """
    up = armature_object.matrix_world.to_quaternion().inverted() @ Vector((0.0, 0.0, 1.0))
    if max(up.y, up.z) < _UPRIGHT:
        message = f"{armature_object.name} is tilted; apply its rotation first (Ctrl+A)."
        raise InputError(message, reason="bad_character")
    return up.z > up.y


def _moves_within(armature_object: bpy.types.Object) -> bool:
    """Whether a bone below a root moves as well as turns, such as hips below a root bone."""
    scene = bpy.context.scene
    now, length = scene.frame_current, scene.frame_end - scene.frame_start
    inner = [bone for bone in armature_object.pose.bones if bone.parent]
    moves = False
    for step in range(_N_LOOKS):
        scene.frame_set(scene.frame_start + round(length * step / (_N_LOOKS - 1)))
        moves = moves or any(bone.location.length > _STILL for bone in inner)
    scene.frame_set(now)
    return moves


def _write_glb(path: str, settings: dict[str, Any]) -> None:
    arguments = {
        "filepath": path,
        "check_existing": False,
        "export_format": "GLB",
        "use_selection": True,
        "export_animations": True,
        "export_frame_range": True,
        "export_force_sampling": True,
        "export_animation_mode": "ACTIVE_ACTIONS",
        "export_optimize_animation_size": False,
    }
    bpy.ops.export_scene.gltf(**{**arguments, **settings})


def _write_usd(path: str, settings: dict[str, Any]) -> None:
    arguments = {
        "filepath": path,
        "check_existing": False,
        "selected_objects_only": True,
        "export_animation": True,
        "export_armatures": True,
        "export_materials": False,
    }
    bpy.ops.wm.usd_export(**{**arguments, **settings})


_WRITERS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    "fbx": _write_fbx,
    "bvh": _write_bvh,
    "glb": _write_glb,
    "usd": _write_usd,
}
