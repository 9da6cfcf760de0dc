"""RESULT PROFILE ZIP RIVAL|- [VIDEO VIDEO]: install the extension into an empty profile, use it."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

result, profile, zip_path, rival, *videos = sys.argv[1:]
os.environ["BLENDER_USER_RESOURCES"] = profile

import bpy  # noqa: E402, TID251 - reads the profile's place when imported

PACKAGE = "bl_ext.user_default.mvmocap"

installed = bpy.ops.extensions.package_install_files(
    filepath=zip_path, repo="user_default", enable_on_install=True
)
facts = {
    "installed": sorted(installed),
    "is_enabled": PACKAGE in bpy.context.preferences.addons,
    "heavy_modules": sorted({"scipy", "mediapipe", "cv2", "av", "torch"} & sys.modules.keys()),
    "wheel_folders": [path for path in sys.path if ".local" in Path(path).parts],
}
if rival != "-":
    bpy.ops.extensions.package_install_files(
        filepath=rival, repo="user_default", enable_on_install=True
    )
with suppress(RuntimeError):  # so a script hears of the problem, which is told below
    bpy.ops.mvmocap.doctor()
doctor = bpy.context.window_manager.mvmocap_doctor
facts.update(text=doctor.text, problem=doctor.problem)
if videos:
    settings = bpy.context.scene.mvmocap
    for video in videos:
        settings.videos.add().filepath = video
    settings.use_range, settings.start_s, settings.end_s = True, 0.5, 2.0
    facts["solved"] = sorted(bpy.ops.mvmocap.solve())
    facts["take"] = settings.take_folder
    facts["error"] = bpy.context.window_manager.mvmocap.error
bpy.ops.preferences.addon_disable(module=PACKAGE)
facts["is_gone"] = not hasattr(bpy.types.Scene, "mvmocap")
Path(result).write_text(json.dumps(facts), encoding="utf-8")
sys.stdout.flush()
os._exit(0)  # some versions hang or crash in their own exit
