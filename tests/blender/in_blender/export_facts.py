"""motion.npz FOLDER: export it in every format, read each back into an empty Blender, compare."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bench import arguments, bake_clip, finish, heads_m

from blender_addon.armature.export import FORMATS, export_armature
from blender_addon.armature.rest_pose import bone_name
from blender_addon.armature.scene import set_frame_rate
from mvmocap_core.motion.clip import MotionClip, load_motion


def read_back(path: Path, fps: float) -> bpy.types.Object:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    set_frame_rate(bpy.context.scene, fps)
    readers = {
        ".fbx": lambda: bpy.ops.import_scene.fbx(filepath=str(path)),
        ".bvh": lambda: bpy.ops.import_anim.bvh(filepath=str(path)),
        ".glb": lambda: bpy.ops.import_scene.gltf(filepath=str(path)),
        ".usd": lambda: bpy.ops.wm.usd_import(filepath=str(path)),
    }
    readers[path.suffix]()
    return next(found for found in bpy.data.objects if found.type == "ARMATURE")


def compare(armature_object: bpy.types.Object, clip: MotionClip) -> dict[str, Any]:
    """Compare by time: the first key is the clip's first frame."""
    names = [bone_name(str(name)) for name in clip.joint_names]
    if names[-1] not in armature_object.pose.bones:  # USD allows no dots
        names = [name.replace(".", "_") for name in names]
    first, last = bpy.context.scene.frame_start, bpy.context.scene.frame_end
    animation = armature_object.animation_data
    if animation and animation.action:
        first, last = animation.action.frame_range
    n_frames = len(clip.times_s)
    heads = np.array([heads_m(armature_object, names, first + i) for i in range(n_frames)])
    lengths = [
        np.linalg.norm(heads[:, joint] - heads[:, parent], axis=1)
        for joint, parent in enumerate(clip.joint_parents)
        if parent >= 0
    ]
    return {
        "n_keys": round(last - first) + 1,
        "first_key": first,
        "error_m": float(np.abs(heads - clip.positions_m).max()),
        "length_spread_m": float(max(np.ptp(length) for length in lengths)),
        "moved_m": float(np.ptp(heads, axis=0).max()),
        "scale": list(armature_object.matrix_world.to_scale()),
    }


path, folder = map(Path, arguments())
clip = load_motion(path)
armature_object, _ = bake_clip(clip)
targets = {name: folder / f"actor.{name}" for name in FORMATS}
for name, target in targets.items():
    export_armature(armature_object, name, target)
facts = {name: compare(read_back(target, clip.fps), clip) for name, target in targets.items()}
finish(facts)
