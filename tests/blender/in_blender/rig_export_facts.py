"""motion.npz FOLDER: export characters of other programs in every format, and read them back."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish, heads_m

from benchmarks.in_blender.rig_objects import add_skeleton
from benchmarks.rig_families import load_family
from blender_addon.armature.animate import bake_take
from blender_addon.armature.bake_options import BakeOptions
from blender_addon.armature.export import FORMATS, export_armature
from blender_addon.armature.scene import set_frame_range, set_frame_rate
from mvmocap_core.motion.clip import load_motion

path, folder = map(Path, arguments())
clip = load_motion(path)
FRAMES = (0, 19)
READERS = {
    "fbx": lambda path: bpy.ops.import_scene.fbx(filepath=path),
    "bvh": lambda path: bpy.ops.import_anim.bvh(filepath=path),
    "glb": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    "usd": lambda path: bpy.ops.wm.usd_import(filepath=path),
}


def new_scene() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    set_frame_rate(bpy.context.scene, clip.fps)
    set_frame_range(bpy.context.scene, len(clip.times_s))


def error_m(family: str, file_format: str) -> float:
    new_scene()
    skeleton = load_family(family)
    rig = add_skeleton(skeleton)
    bake_take(rig, clip, skeleton.truth, BakeOptions())
    names = list(skeleton.truth.values())
    before = np.array([heads_m(rig, names, 1 + frame) for frame in FRAMES])
    target = folder / f"{family}.{file_format}"
    export_armature(rig, file_format, target)
    new_scene()
    READERS[file_format](str(target))
    rig = next(found for found in bpy.data.objects if found.type == "ARMATURE")
    there = {name.replace(":", "_"): name for name in [bone.name for bone in rig.data.bones]}
    names = [there[name.replace(":", "_")] for name in names]  # USD allows no colons
    action = rig.animation_data.action if rig.animation_data else None
    first = action.frame_range[0] if action else 1
    after = np.array([heads_m(rig, names, first + frame) for frame in FRAMES])
    return float(np.abs(after - before).max())


finish(
    {family: {name: error_m(family, name) for name in FORMATS} for family in ("mixamo", "unreal4")}
)
