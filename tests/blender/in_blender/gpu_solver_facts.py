"""FOLDER: install a small GPU solver from an index on this machine, and remove it again."""

import json
import os
from dataclasses import replace
from pathlib import Path

import bpy
from bench import arguments, finish
from local_index import CARD, build_of, fake_wheel, served

import blender_addon
from blender_addon import preferences, session
from blender_addon.gpu_solver.builds import GpuSolverError
from blender_addon.gpu_solver.install import NOTE_FILE
from blender_addon.operators import gpu_solver

FILES = {"/torch.whl": fake_wheel("torch")}


def first_path() -> str:
    """The folder of packages that a worker looks at first."""
    return session.launch().environment["PYTHONPATH"].split(os.pathsep)[0]


def ask(operator) -> list[str]:
    """Run an operator and give its result, also where it reported an error."""
    try:
        return sorted(operator())
    except RuntimeError:  # how Blender tells scripts of a reported error
        return ["CANCELLED"]


def no_card(_build):
    raise GpuSolverError("No NVIDIA graphics card")


bpy.ops.wm.read_factory_settings(use_empty=True)
blender_addon.register()
preferences._own_folder = lambda: Path(arguments()[0])
facts = {"folder": str(preferences.gpu_solver_folder())}
bpy.context.preferences.system.use_online_access = False
facts["can_install_offline"] = bpy.ops.mvmocap.install_gpu_solver.poll()
bpy.context.preferences.system.use_online_access = True
gpu_solver.find_card = lambda _build: CARD
with served(FILES) as address:
    build = build_of(address, FILES)
    gpu_solver.build_for_this_machine = lambda: build
    facts["installed"] = ask(bpy.ops.mvmocap.install_gpu_solver)
    facts["note"] = json.loads((Path(facts["folder"]) / NOTE_FILE).read_text())
    facts["first_path"] = first_path()
    wrong = replace(build, wheels=(replace(build.wheels[0], sha256="0" * 64),))
    gpu_solver.build_for_this_machine = lambda: wrong
    facts["wrong_hash"] = ask(bpy.ops.mvmocap.install_gpu_solver)
    facts["problem"] = bpy.context.window_manager.mvmocap_gpu_solver.problem
    facts["first_path_after"] = first_path()
facts["removed"] = ask(bpy.ops.mvmocap.remove_gpu_solver)
facts["can_remove_again"] = bpy.ops.mvmocap.remove_gpu_solver.poll()
facts["first_path_at_last"] = first_path()
gpu_solver.find_card = no_card
try:
    facts["no_card"] = str(bpy.ops.mvmocap.install_gpu_solver())
except RuntimeError as error:
    facts["no_card"] = str(error)
blender_addon.unregister()
finish(facts)
