"""Registers everything that Blender has to know, in a stated order, and takes it back in reverse.

A module takes part by `CLASSES`, and may have `POINTERS` (owner, attribute, property group) and
`register()` / `unregister()` of its own for what is neither.
"""

from importlib import import_module
from types import ModuleType

import bpy

MODULES = (
    "properties",
    "bake_properties",
    "clean_properties",
    "correct_properties",
    "thumbnails",
    "confidence_strip",
    "preferences",
    "operators.doctor",
    "operators.gpu_solver",
    "session",
    "operators.import_views",
    "operators.solve",
    "operators.cancel_solve",
    "operators.open_take",
    "operators.send_take",
    "operators.scene",
    "operators.clean_up",
    "operators.save_clip",
    "take_corrections",
    "keypoint_overlay",
    "operators.keypoints",
    "correct_tool",
    "operators.corrections",
    "operators.identities",
    "operators.solve_again",
    "operators.bake",
    "operators.link",
    "operators.export",
    "operators.report",
    "operators.moments",
    "panels",
)
"""In the order of registration: what others refer to comes first."""


def register() -> None:
    """Make the extension known to Blender: all of it, or nothing where a part fails."""
    done: list[ModuleType] = []
    try:
        for module in _modules():
            done.append(module)
            _register_module(module)
    except BaseException:
        for module in reversed(done):
            _unregister_module(module)
        raise


def unregister() -> None:
    """Take everything back."""
    for module in reversed(_modules()):
        _unregister_module(module)


def _modules() -> list[ModuleType]:
    return [import_module(f".{name}", __package__) for name in MODULES]


def _register_module(module: ModuleType) -> None:
    for cls in module.CLASSES:
        bpy.utils.register_class(cls)
    for owner, name, group in getattr(module, "POINTERS", ()):
        setattr(owner, name, bpy.props.PointerProperty(type=group))
    if hasattr(module, "register"):
        module.register()


def _unregister_module(module: ModuleType) -> None:
    if hasattr(module, "unregister"):
        module.unregister()
    for owner, name, _ in getattr(module, "POINTERS", ()):
        if hasattr(owner, name):
            delattr(owner, name)
    for cls in reversed(module.CLASSES):
        if cls.is_registered:
            bpy.utils.unregister_class(cls)
