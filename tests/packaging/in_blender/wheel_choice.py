"""RESULT LOCK: which of the locked wheels Blender itself would unpack on each platform."""

import json
import os
import sys
import sysconfig
import tomllib
from pathlib import Path

import bpy  # noqa: TID251 - Blender's own choice is what is tested
from bl_pkg import bl_extension_ops

SYSTEMS = {
    "linux-x64": "linux-x86_64",
    "windows-x64": "win-amd64",
    "macos-arm64": "macosx-11.0-arm64",
}

result, lock = map(Path, sys.argv[1:])
wheels = tomllib.loads(lock.read_text(encoding="utf-8"))["wheel"]
own_version = sys.version_info
chosen = {}
for platform, system in SYSTEMS.items():
    for python in ((3, 11), (3, 13)):
        files = [f"./wheels/{wheel['file']}" for wheel in wheels if platform in wheel["platforms"]]
        sysconfig.get_platform = lambda system=system: system
        sys.version_info = (*python, 0)
        kept = bl_extension_ops._extensions_wheel_filter_for_this_system(files)
        sys.version_info = own_version
        chosen[f"{platform} {python[0]}.{python[1]}"] = [file.rpartition("/")[2] for file in kept]
result.write_text(json.dumps({"blender": bpy.app.version_string, "chosen": chosen}))
sys.stdout.flush()
os._exit(0)
