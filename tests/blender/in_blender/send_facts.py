"""TAKE FOLDER: send a take and open it again, by the operators."""

from pathlib import Path

import bpy
from bench import arguments, finish
from registered import empty_scene, refusal

take, folder = map(Path, arguments())
scene = empty_scene()
facts = {"without_a_take": refusal(bpy.ops.mvmocap.send_take, filepath=str(folder / "x.zip"))}
scene.mvmocap.take_folder = str(take)
facts["without_a_name"] = refusal(bpy.ops.mvmocap.send_take, filepath=" ")
bpy.ops.mvmocap.send_take(filepath=str(folder / "dance"))
sent = folder / "dance.mocapzip"
facts["is_sent"] = sent.is_file()

bpy.ops.wm.read_homefile(use_empty=True)
scene = bpy.context.scene
bpy.ops.wm.save_as_mainfile(filepath=str(folder / "shot.blend"))
facts["no_file"] = refusal(bpy.ops.mvmocap.receive_take, filepath=str(folder / "none.zip"))
(folder / "bad.zip").write_text("nothing")
facts["bad_file"] = refusal(bpy.ops.mvmocap.receive_take, filepath=str(folder / "bad.zip"))
facts["unchanged"] = scene.mvmocap.take_folder == ""
facts["takes"] = []
for _ in range(2):
    bpy.ops.mvmocap.receive_take(filepath=str(sent))
    facts["takes"].append(scene.mvmocap.take_folder)
facts["videos_are_there"] = all(path.is_file() for path in scene.mvmocap.video_paths())
facts["n_videos"] = len(scene.mvmocap.videos)
facts["verdict"] = bpy.context.window_manager.mvmocap.verdict
finish(facts)
