"""The part of the panel Solve that says when to trust the motion, and where to look first."""

from collections.abc import Sequence
from typing import Any

import bpy

from . import panel_text
from .confidence_strip import COLUMNS, columns, level, tile_icon

_TILE_PX = 20
_MARGIN_PX = 30


def draw_trust(context: bpy.types.Context, layout: bpy.types.UILayout, state: Any) -> None:
    """Draw the strip, its ends and the worst moments, each of which is a button."""
    if not len(state.trust):
        return
    scale = context.preferences.system.ui_scale
    room_px = context.region.width - _MARGIN_PX * scale
    column = layout.column(align=True)
    _draw_strip(column, state, max(4, int(room_px / (_TILE_PX * scale))))
    ends = column.row()
    ends.scale_y = 0.8
    ends.label(text=panel_text.length(state.motion_start_s), translate=False)
    end = ends.row()
    end.alignment = "RIGHT"
    end.label(text=panel_text.length(state.motion_end_s), translate=False)
    if len(state.moments):
        layout.label(text="Look first at")
        buttons = layout.column(align=True)
        for moment in state.moments:
            icon = tile_icon([level(moment.trust, state.firm, state.weak)])
            text = f"{panel_text.length(moment.time_s)}  {moment.joints}"
            button = buttons.operator("mvmocap.go_to_moment", text=text, icon_value=icon)
            button.time_s, button.hint = moment.time_s, _hint(moment.joints)


def _draw_strip(layout: bpy.types.UILayout, state: Any, n_tiles: int) -> None:
    trust = [item.trust for item in state.trust]
    shown = columns(trust, n_tiles)
    strip = layout.row(align=True)
    for tile in range(n_tiles):
        bins = shown[tile * COLUMNS : (tile + 1) * COLUMNS]
        levels = [level(_lowest(trust, part), state.firm, state.weak) for part in bins]
        worst = min((place for part in bins for place in part), key=trust.__getitem__)
        button = strip.operator(
            "mvmocap.go_to_moment", text="", icon_value=tile_icon(levels), emboss=False
        )
        duration_s = state.motion_end_s - state.motion_start_s
        button.time_s = state.motion_start_s + (worst + 0.5) / len(trust) * duration_s


def _lowest(trust: Sequence[float], bins: Sequence[int]) -> float:
    return min(trust[place] for place in bins)


def _hint(joints: str) -> str:
    return f"Go to this moment: {joints} may be wrong" if joints else "Go to this moment"
