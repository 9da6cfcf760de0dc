"""Enable the extension where the libraries of a solve cannot be imported.

Blender may have imported numpy itself, so whether it is loaded afterwards says nothing.
"""

import json
import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
bpy.ops.wm.read_factory_settings(use_empty=True)
for name in ("numpy", "scipy", "torch", "mediapipe", "av", "cv2", "matplotlib", "tqdm", "jinja2"):
    sys.modules[name] = None  # importing it fails from now on

import blender_addon  # noqa: E402 - the start is what is looked at

blender_addon.register()
Path(sys.argv[1]).write_text(json.dumps({"is_enabled": hasattr(bpy.types.Scene, "mvmocap")}))
os._exit(0)
