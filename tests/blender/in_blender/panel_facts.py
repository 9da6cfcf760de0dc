"""Register the extension, and look at its panels and operators."""

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
finish(
    {
        "left_over": left_over,
        "tabs": sorted({panel.bl_category for panel in panels if hasattr(panel, "bl_category")}),
        "panels": [panel.bl_label for panel in panels],
        "tips": {
            operator.idname_py(): operator.get_rna_type().description for operator in operators
        },
    }
)
