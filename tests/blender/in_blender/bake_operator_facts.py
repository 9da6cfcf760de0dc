"""TAKE: bake by the operators and by their functions, and compare."""

from pathlib import Path

import bpy
from bench import arguments, finish, heads_m
from registered import contents, empty_scene, refusal
from rigs import add_mixamo

from blender_addon.armature.animate import bake_generated, bake_take
from blender_addon.armature.bake_options import BakeOptions
from blender_addon.armature.scene import set_frame_rate
from mvmocap_core.motion.clip import load_motion

take = Path(arguments()[0])
clip = load_motion(take / "motion.npz")
scene = empty_scene(take)
facts = {}

# an armature of the performer's own
set_frame_rate(scene, 24.0)
bpy.ops.mvmocap.bake()
by_operator = scene.mvmocap_bake.baked
by_function = bake_generated("other", clip, BakeOptions(fps=24.0), scene.collection)
by_function = by_function.armature_object
bones = [bone.name for bone in by_function.data.bones]
facts["generated"] = [heads_m(rig, bones, 9).tolist() for rig in (by_operator, by_function)]

# a rig of a known family
rigs = [add_mixamo(), add_mixamo()]
bake = scene.mvmocap_bake
bake.target = rigs[0]
facts["detected"] = [bake.preset, bake.score]
scene.frame_start, scene.frame_end = 3, 19
bake.use_range = True
facts["offered"] = [bake.frame_in, bake.frame_out]
bake.use_range, bake.frame_in, bake.frame_out = True, 5, 12
bake.action_name = "dance"
bpy.ops.mvmocap.bake()
options = BakeOptions(fps=24.0, frame_range=(5, 12))
bake_take(rigs[1], clip, {row.joint: row.bone for row in bake.bones}, options)
names = [bone.name for bone in rigs[0].data.bones]
facts["rig"] = [heads_m(rig, names, 9).tolist() for rig in rigs]
action = rigs[0].animation_data.action
facts["action"] = [action.name, *action.frame_range]
bake.use_nla = True
bpy.ops.mvmocap.bake()
animation = rigs[0].animation_data
facts["nla"] = [[strip.action.name for strip in track.strips] for track in animation.nla_tracks]
facts["has_action_after_nla"] = animation.action is not None
facts["in_nla"] = heads_m(rigs[0], names, 9).tolist()

# what cannot be done
before = contents()
bake.frame_in, bake.frame_out = 500, 600
facts["outside"] = refusal(bpy.ops.mvmocap.bake)
bake.use_range = False
bake.bones["head"].bone = bake.bones["neck"].bone
facts["twice"] = refusal(bpy.ops.mvmocap.bake)
bake.bones["head"].bone = "no such bone"
facts["unknown"] = refusal(bpy.ops.mvmocap.bake)
scene.mvmocap.take_folder = str(take / "gone")
facts["no_take"] = refusal(bpy.ops.mvmocap.bake)
facts["is_unchanged"] = contents() == before

# presets of the animator's own
scene.mvmocap.take_folder = str(take)
bpy.ops.mvmocap.detect_bones()
bake.bones["head"].bone = ""
bpy.ops.mvmocap.save_bone_preset(name="No Head")
bpy.ops.mvmocap.detect_bones()
facts["after_detect"] = bake.preset
bpy.ops.mvmocap.apply_bone_preset(preset="No Head")
facts["own_preset"] = [bake.preset, bake.score, bake.bones["head"].bone, bake.bones["neck"].bone]
finish(facts)
