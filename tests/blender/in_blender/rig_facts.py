"""motion.npz RIG: detect its bones, bake onto them, and look where its joints are."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish
from rigs import RIGS

from blender_addon.armature.animate import bake_take
from blender_addon.armature.bake_options import BakeOptions, RetargetOptions
from blender_addon.armature.bone_presets import BUNDLED, read_presets
from blender_addon.armature.mapping.detect import detect_bones
from blender_addon.armature.read_rig import read_rig
from mvmocap_core.motion.clip import load_motion

path, family = arguments()
clip = load_motion(Path(path))
bpy.ops.wm.read_factory_settings(use_empty=True)
rig = RIGS[family]()
presets, complaints = read_presets([BUNDLED])
found = detect_bones(read_rig(rig), presets)
settings = next(preset.settings for preset in presets if preset.name == found.family)
bake_take(
    rig,
    clip,
    found.bones,
    BakeOptions(retarget=RetargetOptions(use_feet_ik=False)),
    settings=settings,
)

shown = dict(found.bones)
if family == "rigify":  # the bones that move the mesh, rather than the controls
    shown = {
        joint: "ORG-" + bone.replace("_fk", "").replace("torso", "spine")
        for joint, bone in found.bones.items()
        if "spine" not in joint and joint not in ("neck", "head")
    }
frames = [0, 7, 15, 30]
heads: dict[str, list[list[float]]] = {joint: [] for joint in shown}
for frame in frames:
    bpy.context.scene.frame_set(1 + frame)
    posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
    for joint, bone in shown.items():
        head = np.array(posed.matrix_world @ posed.pose.bones[bone].head)
        heads[joint].append(head.tolist())
finish(
    {
        "preset": found.family,
        "score": found.score,
        "n_bones": len(found.bones),
        "complaints": complaints,
        "frames": frames,
        "heads_m": heads,
    }
)
