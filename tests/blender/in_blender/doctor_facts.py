"""[FOLDER]: register the add-on, ask the Doctor, and say what the preferences then hold.

FOLDER: packages that come before all others in the worker, as another extension's do.
"""

from pathlib import Path

import bpy
from bench import arguments, finish

import blender_addon
from blender_addon import preferences, session
from blender_addon.worker_process import worker_launch

session.launch = lambda: worker_launch([Path(folder) for folder in arguments()])
bpy.ops.wm.read_factory_settings(use_empty=True)
for _ in range(2):  # a second time, as when an animator disables and enables it
    blender_addon.register()
    try:
        result = bpy.ops.mvmocap.doctor()
    except RuntimeError as error:  # how Blender tells scripts of a reported error
        result = {str(error)}
    doctor = bpy.context.window_manager.mvmocap_doctor
    facts = {
        "result": sorted(result),
        "is_running": doctor.is_running,
        "text": doctor.text,
        "problem": doctor.problem,
        "has_preferences": preferences.MVMOCAP_AP_preferences.is_registered,
        "cache_folder": str(preferences.cache_folder(bpy.context)),
    }
    blender_addon.unregister()
facts["is_gone"] = not hasattr(bpy.types.WindowManager, "mvmocap_doctor")
finish(facts)
