"""TAKE: what the panel knows of a take's moments, and what its buttons do."""

import bpy
from bench import arguments, finish
from registered import empty_scene

scene = empty_scene()
bpy.ops.mvmocap.open_take(filepath=arguments()[0])
state = bpy.context.window_manager.mvmocap
facts = {
    "trust": [round(part.trust, 3) for part in state.trust],
    "moments": [[round(found.time_s, 3), found.joints] for found in state.moments],
}
scene.render.fps, scene.render.fps_base = 24, 1.0
scene.mvmocap_bake.frame_start = 101
bpy.ops.mvmocap.go_to_moment(time_s=state.moments[0].time_s)
facts["frame"] = scene.frame_current
bpy.ops.wm.read_homefile(use_empty=True)
state = bpy.context.window_manager.mvmocap
facts["after_another_file"] = [len(state.trust), len(state.moments)]
finish(facts)
