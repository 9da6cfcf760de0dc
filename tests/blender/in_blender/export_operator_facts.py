"""TAKE FOLDER: export by the operator, for each program, and read the files back."""

import sys
from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish, heads_m
from registered import empty_scene, refusal

from blender_addon.armature.export_presets import read_export_presets
from blender_addon.armature.rest_pose import bone_name
from mvmocap_core.motion.clip import load_motion

take, folder = map(Path, arguments())
clip = load_motion(take / "motion.npz")
names = [bone_name(str(name)) for name in clip.joint_names]
scene = empty_scene(take)
facts = {"nothing_to_export": refusal(bpy.ops.mvmocap.export, filepath=str(folder / "x.fbx"))}
bpy.ops.mvmocap.setup_scene()
rig = scene.mvmocap_bake.baked
facts["no_name"] = refusal(bpy.ops.mvmocap.export, filepath="")
bpy.context.view_layer.objects.active = scene.camera
scene.camera.select_set(True)
for format_name in ("FBX", "BVH", "GLB"):
    scene.mvmocap_bake.export_format = format_name
    bpy.ops.mvmocap.export(filepath=str(folder / f"take {format_name}"))
for identifier in read_export_presets():
    scene.mvmocap_bake.export_preset = identifier
    bpy.ops.mvmocap.export(filepath=str(folder / f"for {identifier}.fbx"))
scene.frame_end, scene.mvmocap_bake.export_preset = len(clip.times_s) + 100, "UNREAL"
bpy.ops.mvmocap.export(filepath=str(folder / "for UNREAL.fbx"))
facts["frame_end"] = scene.frame_end - len(clip.times_s)
facts["files"] = sorted(path.name for path in folder.iterdir())
facts["selected"] = [found.name for found in scene.objects if found.select_get()]
facts["active"] = bpy.context.view_layer.objects.active.name
facts["camera"] = scene.camera.name

facts["loaded"] = sorted({"scipy", "torch", "mediapipe", "av", "cv2"} & set(sys.modules))
facts["error_m"], facts["n_frames"] = {}, {}
for path in folder.glob("for *.fbx"):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = round(clip.fps)
    bpy.ops.import_scene.fbx(filepath=str(path))
    rig = next(found for found in bpy.data.objects if found.type == "ARMATURE")
    first = rig.animation_data.action.frame_range[0]
    last = rig.animation_data.action.frame_range[1]
    facts["n_frames"][path.name] = last - first + 1 - len(clip.times_s)
    heads = [heads_m(rig, names, first + frame) for frame in (0, 20)]
    facts["error_m"][path.name] = float(np.abs(np.array(heads) - clip.positions_m[[0, 20]]).max())
finish(facts)
