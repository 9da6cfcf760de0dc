"""motion.npz: bake onto a Rigify rig, and look at its limbs by FK and by IK."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish
from rigs import add_rigify_rig

from blender_addon.armature.animate import bake_take
from blender_addon.armature.bake_options import BakeOptions, RetargetOptions, RootMotion
from blender_addon.armature.bone_presets import BUNDLED, RigSetting, read_presets
from blender_addon.armature.mapping.detect import detect_bones
from blender_addon.armature.read_rig import read_rig
from blender_addon.armature.rig_settings import apply_settings
from mvmocap_core.motion.clip import load_motion

SHOWN = [f"ORG-{bone}.{side}" for side in "LR"
         for bone in ("upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")]  # fmt: skip

clip = load_motion(Path(arguments()[0]))
bpy.ops.wm.read_factory_settings(use_empty=True)
rig = add_rigify_rig()
presets, _ = read_presets([BUNDLED])
found = detect_bones(read_rig(rig), presets)
preset = next(preset for preset in presets if preset.name == found.family)
bake_take(rig, clip, found.bones, BakeOptions(), settings=preset.settings,
          followers=preset.followers)  # fmt: skip


def seen() -> list[list[list[float]]]:
    places = []
    for frame in (1, 8, 16, 31):
        bpy.context.scene.frame_set(frame)
        posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        places.append([list(posed[name].head) for name in SHOWN])
    return np.array(places).tolist()


by_fk = seen()
limbs = [f"{limb}_parent.{side}" for limb in ("upper_arm", "thigh") for side in "LR"]
apply_settings(rig, [RigSetting(limb, "IK_FK", 0.0) for limb in limbs])
facts = {"fk": by_fk, "ik": seen(), "names": SHOWN}

options = BakeOptions(retarget=RetargetOptions(root_motion=RootMotion.ROOT_BONE))
bake_take(rig, clip, found.bones, options, settings=preset.settings, followers=preset.followers)
facts["fk_by_root"] = seen()
bpy.context.scene.frame_set(31)
facts["root"] = list(rig.pose.bones["root"].head)
apply_settings(rig, [RigSetting(limb, "IK_FK", 0.0) for limb in limbs])
finish({**facts, "ik_by_root": seen()})
