"""Register the extension, and look at its panels and operators."""

import inspect

import bpy
from bench import finish
from registered import empty_scene

import blender_addon

empty_scene()
blender_addon.unregister()
left_over = [name for name in dir(bpy.types) if name.startswith("MVMOCAP_")]
blender_addon.register()
panels = [getattr(bpy.types, name) for name in dir(bpy.types) if name.startswith("MVMOCAP_PT_")]
operators = [getattr(bpy.ops.mvmocap, name) for name in dir(bpy.ops.mvmocap)]
classes = {
    f"{found.bl_idname}": found
    for found in (getattr(bpy.types, name) for name in dir(bpy.types) if "MVMOCAP_OT_" in name)
}


def tells(operator: type) -> bool:
    """Whether it, or what it is made of, reports."""
    ours = [base for base in operator.__mro__ if base.__module__.startswith("blender_addon")]
    return any("self.report(" in inspect.getsource(base) for base in ours)


finish(
    {
        "left_over": left_over,
        "tabs": sorted({panel.bl_category for panel in panels if hasattr(panel, "bl_category")}),
        "panels": [panel.bl_label for panel in panels],
        "silent": sorted(name for name, found in classes.items() if not tells(found)),
        "without_undo": sorted(
            name
            for name, found in classes.items()
            if "UNDO" not in getattr(found, "bl_options", ())
        ),
        "tips": {
            operator.idname_py(): operator.get_rna_type().description for operator in operators
        },
    }
)
