"""TAKE: clean up a solved take by the operator, and what it refuses."""

from pathlib import Path

import bpy
import numpy as np
from bench import arguments, finish, heads_m
from registered import contents, empty_scene, refusal

from blender_addon.armature.rest_pose import bone_name
from mvmocap_core.motion.clip import load_motion

take = Path(arguments()[0])
scene = empty_scene()
facts = {"without_a_take": refusal(bpy.ops.mvmocap.clean_up)}
bpy.ops.mvmocap.open_take(filepath=str(take))
clean, state = scene.mvmocap_clean, bpy.context.window_manager.mvmocap
facts["opened"] = [round(clean.smoothing, 3), clean.lock_feet, clean.use_range]
facts["presets"] = [clean.smoothing_preset]
for preset in ("ACTION", "NONE", "CALM", "CUSTOM"):
    clean.smoothing_preset = preset
    facts["presets"] += [round(clean.smoothing, 3), clean.smoothing_preset]
clean.smoothing = 0.31
facts["presets"].append(clean.smoothing_preset)
bpy.ops.mvmocap.setup_scene()
before = contents()
scene.frame_set(20)

clean.use_range, clean.start_s, clean.end_s = True, 1.0, 0.5
facts["contradiction"] = refusal(bpy.ops.mvmocap.clean_up)
clean.start_s, clean.end_s = 500.0, 501.0
facts["outside"] = refusal(bpy.ops.mvmocap.clean_up)
facts["after_refusals"] = [len(load_motion(take / "motion.npz").times_s), contents() == before]

scene.frame_set(11)
bpy.ops.mvmocap.trim_here(end="IN")
scene.frame_set(41)
bpy.ops.mvmocap.trim_here(end="OUT")
facts["range_s"] = [clean.start_s, clean.end_s]
clean.smoothing = 1.0
facts["result"] = sorted(bpy.ops.mvmocap.clean_up())
clip = load_motion(take / "motion.npz")
facts["times_s"] = [float(clip.times_s[0]), float(clip.times_s[-1])]
facts["is_running"] = bpy.context.window_manager.mvmocap_clean.is_running
facts["scene"] = [scene.frame_start, scene.frame_end, contents() == before]
facts["shown_from_s"] = state.motion_start_s
names = [bone_name(str(name)) for name in clip.joint_names]
heads = heads_m(scene.mvmocap_bake.baked, names, 1)
facts["shown_error_m"] = float(np.abs(heads - clip.positions_m[0]).max())

target = take.parent / "half"
facts["clip"] = sorted(
    bpy.ops.mvmocap.save_clip(filepath=str(target), use_mirror=True, speed=0.5, use_loop=True)
)
made = load_motion(target / "motion.npz")
facts["clip_lasts_s"] = float(made.times_s[-1] - made.times_s[0])
left, right = (clip.joint_names.tolist().index(f"{side}_wrist") for side in ("left", "right"))
facts["clip_mirrors_m"] = float(
    np.abs(made.positions_m[0, left, 2] - clip.positions_m[4:6, right, 2].mean())
)
bpy.ops.mvmocap.open_take(filepath=str(target))
facts["clip_scene"] = sorted(bpy.ops.mvmocap.setup_scene())
facts["clip_of_solved_take"] = refusal(bpy.ops.mvmocap.save_clip, filepath=str(take))

bpy.ops.mvmocap.open_take(filepath=str(take))
clean.smoothing, clean.use_range = 0.0, False
bpy.ops.mvmocap.open_take(filepath=str(take))
facts["opened_again"] = [clean.smoothing, clean.use_range, round(clean.start_s, 3)]
finish(facts)
