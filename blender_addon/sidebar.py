"""The sidebars of the 3D views, in which the extension lives."""

import bpy


def redraw_sidebars() -> None:
    """Draw the sidebars anew, and leave the 3D views beside them alone: those take long."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
